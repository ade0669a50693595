//! What the app and its firmware share: the pins, the numbers, the serial lines, and what the firmware says.

use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use critical_section::Mutex;
use heapless::Vec;
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::log::Log;
use lockstep_core::output::Level;
use lockstep_core::sink::Sink;

use crate::number::NumberState;
use crate::serial::ReceiveState;
use crate::wait_queue::WaitQueue;

/// How many buttons, and how many outputs, a firmware can have.
pub(crate) const PINS: usize = 16;

/// How many numbers, and how many serial lines.
pub(crate) const NUMBERS: usize = 4;
pub(crate) const SERIAL_LINES: usize = 2;

/// How many logs and pieces of what it sends it can say at once: in a tick, or because of an input.
const SAID: usize = 8;

/// How many bytes a piece of what it sends has.
const PIECE: usize = 64;

/// What the firmware said.
enum FirmwareOutput {
    Log(Log),
    Bytes(SerialId, Vec<u8, PIECE>),
}

/// A pin that a button moves. The atomics have one user, the main loop, and are atomic only because
/// they are static.
pub(crate) struct InputState {
    is_closed: AtomicBool,
    pub(crate) closed: Edges,
    pub(crate) opened: Edges,
    /// Who waits for any of them.
    pub(crate) waiting: WaitQueue,
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
    pub(crate) waiting: WaitQueue,
}

impl Edges {
    const fn new() -> Self {
        Self {
            count: AtomicU32::new(0),
            waiting: WaitQueue::new(),
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
        waiting: WaitQueue::new(),
        is_taken: AtomicBool::new(false),
    }
}; PINS];

static OUTPUTS: [OutputState; PINS] = [const {
    OutputState {
        level: AtomicI32::new(0),
        is_taken: AtomicBool::new(false),
    }
}; PINS];

static NUMBER_INPUTS: [NumberState; NUMBERS] = [const { NumberState::new() }; NUMBERS];

static RECEIVED: [ReceiveState; SERIAL_LINES] = [const { ReceiveState::new() }; SERIAL_LINES];

/// In order.
static ALL_SAID: Mutex<RefCell<Vec<FirmwareOutput, SAID>>> = Mutex::new(RefCell::new(Vec::new()));

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

/// # Panics
///
/// Where the firmware has more numbers than there is room for.
pub(crate) fn number(index: usize) -> &'static NumberState {
    let Some(number) = NUMBER_INPUTS.get(index) else {
        panic!("a firmware on a board has at most {NUMBERS} numbers")
    };
    number
}

/// Numbers are as the descriptor says that they begin.
pub(crate) fn start_numbers(descriptor: &AppDescriptor) {
    for (index, declared) in descriptor.numbers().iter().enumerate() {
        number(index).start_at(declared.start());
    }
}

pub(crate) fn set_number(id: NumberId, value: i32) {
    number(usize::from(id.0)).set(value);
}

/// # Panics
///
/// Where the firmware has more serial lines than there is room for.
pub(crate) fn received(line: SerialId) -> &'static ReceiveState {
    let Some(state) = RECEIVED.get(usize::from(line.0)) else {
        panic!("a firmware on a board has at most {SERIAL_LINES} serial lines")
    };
    state
}

/// Sends on a serial line.
///
/// # Panics
///
/// Where more is said at once than there is room for.
pub(crate) fn send(line: SerialId, mut bytes: &[u8]) {
    critical_section::with(|cs| {
        let mut said = ALL_SAID.borrow_ref_mut(cs);
        while !bytes.is_empty() {
            // Where one call ends and the next begins, nobody sees.
            if let Some(FirmwareOutput::Bytes(of, piece)) = said.last_mut()
                && *of == line
                && !piece.is_full()
            {
                let (now, later) = bytes.split_at(bytes.len().min(PIECE - piece.len()));
                let _ = piece.extend_from_slice(now);
                bytes = later;
            } else {
                say(&mut said, FirmwareOutput::Bytes(line, Vec::new()));
            }
        }
    });
}

/// Says what happened.
///
/// # Panics
///
/// Where more is said at once than there is room for.
pub(crate) fn log(log: Log) {
    critical_section::with(|cs| say(&mut ALL_SAID.borrow_ref_mut(cs), FirmwareOutput::Log(log)));
}

fn say(all: &mut Vec<FirmwareOutput, SAID>, said: FirmwareOutput) {
    assert!(
        all.push(said).is_ok(),
        "a firmware says at most {SAID} logs, and pieces of {PIECE} bytes on serial lines, at once"
    );
}

/// Tells what was said since the last time, in order.
pub(crate) fn tell_all(out: &mut dyn Sink) {
    // Each is taken for itself, since telling it takes time.
    while let Some(said) = critical_section::with(|cs| {
        let mut all = ALL_SAID.borrow_ref_mut(cs);
        (!all.is_empty()).then(|| all.remove(0))
    }) {
        match said {
            FirmwareOutput::Log(log) => out.log(log),
            FirmwareOutput::Bytes(line, bytes) => out.send(line, &bytes),
        }
    }
}
