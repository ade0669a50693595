//! What the tick interrupt leaves for the main loop: one sample of the contacts a tick.

use core::cell::RefCell;
use core::sync::atomic::{AtomicU32, Ordering};

use critical_section::Mutex;
use heapless::{Deque, Vec};
use lockstep_core::app::AppDescriptor;

/// How many ticks the main loop can be behind before samples are lost.
const DEPTH: usize = 32;

/// The tick of the run that was sampled last; 0 while the board stands still.
///
/// An atomic, because a debugger and a crash read it at any time; only the interrupt, and the
/// start of a run while it is masked, write it, so load and store are enough.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_TICK: AtomicU32 = AtomicU32::new(0);

/// Samples that wait for the main loop. A critical section, because both sides change the
/// queue and a Cortex-M0 has no compare-and-swap; it lasts a few dozen cycles.
static WAITING: Mutex<RefCell<Waiting>> = Mutex::new(RefCell::new(Waiting {
    samples: Deque::new(),
    lost: 0,
    still: false,
}));

struct Waiting {
    samples: Deque<u64, DEPTH>,
    lost: u32,
    still: bool,
}

/// Where the contacts are. A critical section, because it is set once and read by the
/// interrupt.
static CONTACTS: Mutex<RefCell<Contacts>> = Mutex::new(RefCell::new(Contacts {
    pins: Vec::new(),
    active_low: true,
}));

struct Contacts {
    pins: Vec<u32, { AppDescriptor::MAX_ITEMS }>,
    active_low: bool,
}

impl Contacts {
    /// A bit for each closed contact.
    fn closed(&self, ports: [u32; 2]) -> u64 {
        let levels = u64::from(ports[1]) << 32 | u64::from(ports[0]);
        let active = if self.active_low { !levels } else { levels };
        let mut closed = 0;
        for (index, pin) in self.pins.iter().enumerate() {
            closed |= (active >> pin & 1) << index;
        }
        closed
    }
}

/// From now on these pins are sampled, in the order of the app's buttons. A pin is one number,
/// its port above its place in the port.
pub fn watch(pins: impl Iterator<Item = u32>, active_low: bool) {
    critical_section::with(|cs| {
        *CONTACTS.borrow_ref_mut(cs) = Contacts {
            pins: pins.collect(),
            active_low,
        };
    });
}

/// What was sampled in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The closed contacts, a bit a button.
    pub contacts: u64,
    /// How many samples were lost since the last one was taken: they would come after all that
    /// still wait.
    pub lost: u32,
}

/// The tick of an alarm that never comes.
const NEVER: u32 = u32::MAX;

/// The tick before whose sample the firmware comes by [`lockstep_alarm`]. An atomic, because a
/// debugger writes it at any time; the firmware only reads it.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_ALARM: AtomicU32 = AtomicU32::new(NEVER);

/// The tick after whose outputs the firmware comes by [`lockstep_alarm`]. An atomic, because a
/// debugger writes it at any time; the firmware only reads it.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_SHOWN_ALARM: AtomicU32 = AtomicU32::new(NEVER);

/// The tick whose outputs were shown last. An atomic, because a debugger reads it at any time.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
static LOCKSTEP_SHOWN: AtomicU32 = AtomicU32::new(NEVER);

/// Where a debugger stops the core at a tick of its choice, to move pins or to look at them.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_alarm() {
    // What has an effect is not left out.
    cortex_m::asm::nop();
}

/// The outputs of this tick are shown: to be called from the main loop, and only from there.
pub fn shown(tick: u32) {
    LOCKSTEP_SHOWN.store(tick, Ordering::Relaxed);
    if LOCKSTEP_SHOWN_ALARM.load(Ordering::Relaxed) == tick {
        // A step out of the alarm must not be one into an interrupt, which would come back to it.
        critical_section::with(|_| lockstep_alarm());
    }
}

/// Takes the sample of a tick: to be called from the tick interrupt, and only from there.
/// `ports` reads the levels of all pins at once. While the board stands still no run is there
/// to have a tick; the interrupt wakes the main loop all the same.
pub fn tick(ports: impl FnOnce() -> [u32; 2]) {
    critical_section::with(|cs| {
        let mut waiting = WAITING.borrow_ref_mut(cs);
        if waiting.still {
            return;
        }
        let tick = now().wrapping_add(1);
        if LOCKSTEP_ALARM.load(Ordering::Relaxed) == tick {
            lockstep_alarm();
        }
        LOCKSTEP_TICK.store(tick, Ordering::Relaxed);
        let contacts = CONTACTS.borrow_ref(cs).closed(ports());
        if waiting.samples.push_back(contacts).is_err() {
            waiting.lost = waiting.lost.saturating_add(1);
        }
    });
}

/// The closed contacts at these levels of all pins, a bit a button.
pub fn contacts(ports: [u32; 2]) -> u64 {
    critical_section::with(|cs| CONTACTS.borrow_ref(cs).closed(ports))
}

/// The tick of the run that was sampled last.
pub fn now() -> u32 {
    LOCKSTEP_TICK.load(Ordering::Relaxed)
}

/// The next sample that waits.
pub fn next() -> Option<Sample> {
    critical_section::with(|cs| {
        let mut waiting = WAITING.borrow_ref_mut(cs);
        let contacts = waiting.samples.pop_front()?;
        let lost = core::mem::take(&mut waiting.lost);
        Some(Sample { contacts, lost })
    })
}

/// Begins a run: no sample waits, the tick is 0, and `start_ticks` sets the timer anew, all
/// before the interrupt can come again.
pub fn restart(start_ticks: impl FnOnce()) {
    critical_section::with(|cs| {
        *WAITING.borrow_ref_mut(cs) = Waiting {
            samples: Deque::new(),
            lost: 0,
            still: false,
        };
        LOCKSTEP_TICK.store(0, Ordering::Relaxed);
        start_ticks();
    });
}

/// The board stands still until the next [`restart`]: no sample waits, and none is taken.
pub fn stand_still() {
    critical_section::with(|cs| {
        *WAITING.borrow_ref_mut(cs) = Waiting {
            samples: Deque::new(),
            lost: 0,
            still: true,
        };
        LOCKSTEP_TICK.store(0, Ordering::Relaxed);
    });
}

/// Sleeps until an interrupt comes, unless a sample is waiting already. The look and the sleep
/// are one critical section, so that a tick between them is not slept through: a masked
/// interrupt still wakes the core.
pub fn wait() {
    critical_section::with(|cs| {
        if WAITING.borrow_ref(cs).samples.is_empty() {
            cortex_m::asm::wfi();
        }
    });
}
