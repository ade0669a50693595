//! What the app and its firmware share: the pins, and what the firmware says.

use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use critical_section::Mutex;
use heapless::Vec;
use lockstep_core::event::ButtonId;
use lockstep_core::log::Log;
use lockstep_core::output::Level;

use crate::waiting::Waiting;

/// How many buttons, and how many outputs, a firmware can have.
const PINS: usize = 16;

/// How many logs it can say at once: in a tick, or because of an input.
const LOGS: usize = 8;

/// A pin that a button moves. The atomics have one user, the main loop, and are atomic only because
/// they are static.
pub(crate) struct InputState {
    is_closed: AtomicBool,
    pub(crate) closed: Edges,
    pub(crate) opened: Edges,
    /// Who waits for any of them.
    pub(crate) waiting: Waiting,
    /// Whether a port has it already.
    pub(crate) is_taken: AtomicBool,
}

impl InputState {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

/// The edges of one direction.
pub(crate) struct Edges {
    /// How many there were: one is seen, however short the pulse.
    count: AtomicU32,
    pub(crate) waiting: Waiting,
}

impl Edges {
    const fn new() -> Self {
        Self {
            count: AtomicU32::new(0),
            waiting: Waiting::new(),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }
}

pub(crate) struct OutputState {
    level: AtomicI32,
    pub(crate) is_taken: AtomicBool,
}

static INPUTS: [InputState; PINS] = [const {
    InputState {
        is_closed: AtomicBool::new(false),
        closed: Edges::new(),
        opened: Edges::new(),
        waiting: Waiting::new(),
        is_taken: AtomicBool::new(false),
    }
}; PINS];

static OUTPUTS: [OutputState; PINS] = [const {
    OutputState {
        level: AtomicI32::new(0),
        is_taken: AtomicBool::new(false),
    }
}; PINS];

static SAID: Mutex<RefCell<Vec<Log, LOGS>>> = Mutex::new(RefCell::new(Vec::new()));

/// # Panics
///
/// Where the firmware has more buttons than there is room for.
pub(crate) fn input(index: usize) -> &'static InputState {
    let Some(input) = INPUTS.get(index) else {
        panic!("a firmware on a board has at most {PINS} buttons")
    };
    input
}

/// # Panics
///
/// Where the firmware has more outputs than there is room for.
pub(crate) fn output(index: usize) -> &'static OutputState {
    let Some(output) = OUTPUTS.get(index) else {
        panic!("a firmware on a board has at most {PINS} outputs")
    };
    output
}

/// Moves a contact, and wakes whoever waits for it.
pub(crate) fn move_contact(button: ButtonId, is_closed: bool) {
    let input = input(usize::from(button.0));
    input.is_closed.store(is_closed, Ordering::Relaxed);
    let edges = match is_closed {
        true => &input.closed,
        false => &input.opened,
    };
    let count = edges.count().wrapping_add(1);
    edges.count.store(count, Ordering::Relaxed);
    // As by an interrupt that is set to what is waited for: the other edge wakes nobody.
    edges.waiting.wake_all();
    input.waiting.wake_all();
}

pub(crate) fn set_level(index: usize, level: Level) {
    output(index).level.store(level.0, Ordering::Relaxed);
}

pub(crate) fn level(index: usize) -> Level {
    let output = OUTPUTS.get(index);
    output.map_or(Level::OFF, |it| Level(it.level.load(Ordering::Relaxed)))
}

/// Says what happened.
///
/// # Panics
///
/// Where more is said at once than there is room for.
pub(crate) fn log(log: Log) {
    let said = critical_section::with(|cs| SAID.borrow_ref_mut(cs).push(log));
    assert!(said.is_ok(), "a firmware says at most {LOGS} logs at once");
}

/// Takes what was said since the last time, in order.
pub(crate) fn take_logs(mut take: impl FnMut(Log)) {
    let said = critical_section::with(|cs| core::mem::take(&mut *SAID.borrow_ref_mut(cs)));
    for log in said {
        take(log);
    }
}
