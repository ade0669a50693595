//! Between the tick interrupt and the main loop: the interrupt samples the buttons once a tick.

use core::cell::RefCell;
use core::sync::atomic::{AtomicU32, Ordering};

use critical_section::Mutex;
use heapless::{Deque, Vec};
use lockstep_core::contacts::Contacts;
use lockstep_core::time::{RunTicks, Ticks};

use crate::pins::PORTS;
use crate::statics::Kept;

/// How many ticks the main loop can be behind before samples are lost.
const DEPTH: usize = 32;

/// The most buttons of an app: a sample has a bit for each.
const MAX_BUTTONS: usize = 64;

/// No tick at all: a run is over before it comes so far.
const NEVER: u32 = u32::MAX;

/// The tick of the run that was sampled last; 0 while the run is stopped.
///
/// An atomic, because a debugger and a crash read it at any time. Only the interrupt writes it,
/// and the start of a run while that is masked, so load and store are enough.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_TICK: AtomicU32 = AtomicU32::new(0);

/// The last tick of a run that is sampled: before the next one the run waits until a bench moves
/// this. An atomic, because a debugger writes it at any time; the firmware only reads it.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_TICK_LIMIT: AtomicU32 = AtomicU32::new(NEVER);

/// The tick before whose sample [`lockstep_tick_hook`] is called. An atomic, because a debugger
/// writes it at any time; the firmware only reads it.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_SAMPLE_BREAK_TICK: AtomicU32 = AtomicU32::new(NEVER);

/// The tick after whose outputs [`lockstep_tick_hook`] is called. An atomic, because a debugger
/// writes it at any time; the firmware only reads it.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_OUTPUT_BREAK_TICK: AtomicU32 = AtomicU32::new(NEVER);

/// The tick whose outputs were set last. An atomic, because a debugger reads it at any time.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_OUTPUT_TICK: AtomicU32 = AtomicU32::new(NEVER);

/// Where a debugger stops the core at a tick of its choice, to change pins or to read them.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_tick_hook() {
    // A function without an effect would be optimised out.
    cortex_m::asm::nop();
}

/// Samples that wait for the main loop. A critical section, because both sides change the
/// queue and a Cortex-M0 has no compare-and-swap; it lasts a few dozen cycles.
static QUEUE: Mutex<RefCell<Queue>> = Mutex::new(RefCell::new(Queue {
    samples: Deque::new(),
    passed: 0,
    lost: 0,
    stopped: false,
}));

struct Queue {
    /// A bit for each contact that is closed.
    samples: Deque<u64, DEPTH>,
    /// Ticks that are passed over before the next sample.
    passed: u32,
    lost: u32,
    stopped: bool,
}

/// The pins of the buttons. A critical section, because they are set once and read by the
/// interrupt.
static BUTTONS: Mutex<RefCell<Buttons>> = Mutex::new(RefCell::new(Buttons {
    pins: Vec::new(),
    active_low: true,
}));

struct Buttons {
    pins: Vec<u32, MAX_BUTTONS>,
    active_low: bool,
}

impl Buttons {
    /// A bit for each contact that is closed at these levels of all pins.
    fn closed(&self, ports: [u32; PORTS]) -> u64 {
        let mut closed = 0;
        for (index, pin) in self.pins.iter().enumerate() {
            let port = ports.get((pin / 32) as usize).copied().unwrap_or_default();
            let is_high = port >> (pin % 32) & 1 != 0;
            closed |= u64::from(is_high != self.active_low) << index;
        }
        closed
    }
}

/// Sets the pins of the buttons, in the order of the app's buttons. A pin is one number: its port,
/// times 32, and its place in the port.
pub fn watch(pins: impl Iterator<Item = u32>, active_low: bool) {
    critical_section::with(|cs| {
        *BUTTONS.borrow_ref_mut(cs) = Buttons {
            pins: pins.collect(),
            active_low,
        };
    });
}

/// The sample of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The contacts.
    pub contacts: Contacts,
    /// How many samples were lost since the last one was taken from the queue: they are later
    /// than all that still wait.
    pub lost: u32,
}

/// Notes that the outputs of this tick are set. To be called from the main loop, and only there.
pub fn outputs_set(tick: RunTicks) {
    // What debuggers read has 32 bits; no run that a bench plays is longer.
    let tick = u32::try_from(tick.0).unwrap_or(NEVER);
    LOCKSTEP_OUTPUT_TICK.store(tick, Ordering::Relaxed);
    if LOCKSTEP_OUTPUT_BREAK_TICK.load(Ordering::Relaxed) == tick {
        // A debugger that steps out of the hook must not step into an interrupt that calls it
        // again.
        critical_section::with(|_| lockstep_tick_hook());
    }
}

/// Takes the sample of a tick. To be called from the tick interrupt, and only there. `ports` reads
/// the levels of all pins at once. While the run is stopped there is no tick to sample; the
/// interrupt wakes the main loop all the same.
pub fn tick(ports: impl FnOnce() -> [u32; PORTS]) {
    critical_section::with(|cs| {
        let mut queue = QUEUE.borrow_ref_mut(cs);
        if queue.stopped {
            return;
        }
        let before = now().wrapping_add(queue.passed);
        let tick = before.wrapping_add(1);
        if tick > LOCKSTEP_TICK_LIMIT.load(Ordering::Relaxed) {
            return;
        }
        queue.passed = 0;
        LOCKSTEP_TICK.store(before, Ordering::Relaxed);
        if LOCKSTEP_SAMPLE_BREAK_TICK.load(Ordering::Relaxed) == tick {
            lockstep_tick_hook();
        }
        LOCKSTEP_TICK.store(tick, Ordering::Relaxed);
        let closed = BUTTONS.borrow_ref(cs).closed(ports());
        if queue.samples.push_back(closed).is_err() {
            queue.lost = queue.lost.saturating_add(1);
        }
    });
}

/// Passes over at most so many ticks, of which the main loop knows that nothing happens in them,
/// and gives how many: none that a bench stops at, and none where a sample has come by now. `now`
/// is the tick that the main loop has done. `stretch_tick` lets the next interrupt come after so many
/// ticks, or gives false.
pub fn stretch(now: RunTicks, idle: Ticks, stretch_tick: impl FnOnce(u32) -> bool) -> Ticks {
    critical_section::with(|cs| {
        let mut queue = QUEUE.borrow_ref_mut(cs);
        let sampled = self::now();
        let is_current = RunTicks(sampled.into()) == now && queue.samples.is_empty();
        let before = |stop: u32| stop.saturating_sub(sampled).saturating_sub(1);
        // At the limit the run waits for events that nobody knows of yet: nothing is passed over.
        let limit = before(LOCKSTEP_TICK_LIMIT.load(Ordering::Relaxed));
        // A tick that is over stops nothing any more.
        let breaks = [&LOCKSTEP_SAMPLE_BREAK_TICK, &LOCKSTEP_OUTPUT_BREAK_TICK]
            .map(|stop| stop.load(Ordering::Relaxed))
            .into_iter()
            .filter(|stop| *stop > sampled);
        let free = breaks.map(before).fold(idle.0.min(limit), u32::min);
        if !is_current || queue.passed > 0 || free == 0 || !stretch_tick(free + 1) {
            return Ticks::ZERO;
        }
        queue.passed = free;
        Ticks(free)
    })
}

/// The contacts at these levels of all pins.
pub fn contacts(ports: [u32; PORTS]) -> Contacts {
    Contacts::from_bits(critical_section::with(|cs| {
        BUTTONS.borrow_ref(cs).closed(ports)
    }))
}

/// The tick of the run that was sampled last.
pub fn now() -> u32 {
    LOCKSTEP_TICK.load(Ordering::Relaxed)
}

/// The next sample in the queue.
pub fn next() -> Option<Sample> {
    critical_section::with(|cs| {
        let mut queue = QUEUE.borrow_ref_mut(cs);
        let contacts = Contacts::from_bits(queue.samples.pop_front()?);
        let lost = core::mem::take(&mut queue.lost);
        Some(Sample { contacts, lost })
    })
}

/// Starts a run: the queue is emptied, the tick is 0, and `start_ticks` restarts the timer, all
/// before the interrupt can come again.
pub fn restart(start_ticks: impl FnOnce()) {
    clear(false, start_ticks);
}

/// Stops the run until the next [`restart`]: the queue is emptied, and no sample is taken.
pub fn stop() {
    clear(true, || ());
}

fn clear(stopped: bool, and_then: impl FnOnce()) {
    critical_section::with(|cs| {
        *QUEUE.borrow_ref_mut(cs) = Queue {
            samples: Deque::new(),
            passed: 0,
            lost: 0,
            stopped,
        };
        LOCKSTEP_TICK.store(0, Ordering::Relaxed);
        and_then();
    });
}

/// Sleeps until an interrupt comes, unless a sample is waiting already. Both happen in one critical
/// section, so that a tick in between is not slept through: a masked interrupt still wakes the
/// core.
pub fn wait() {
    critical_section::with(|cs| {
        if QUEUE.borrow_ref(cs).samples.is_empty() {
            cortex_m::asm::wfi();
        }
    });
}

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> [Kept; 7] {
    [
        Kept::of(&LOCKSTEP_TICK),
        Kept::of(&LOCKSTEP_TICK_LIMIT),
        Kept::of(&LOCKSTEP_SAMPLE_BREAK_TICK),
        Kept::of(&LOCKSTEP_OUTPUT_BREAK_TICK),
        Kept::of(&LOCKSTEP_OUTPUT_TICK),
        Kept::of(&QUEUE),
        Kept::of(&BUTTONS),
    ]
}
