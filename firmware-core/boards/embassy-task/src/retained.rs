//! What outlives a reset of the chip that the agent itself makes: why it was made, and the agent.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use cortex_m::peripheral::SCB;
use lockstep_core::agent::Agent;
use lockstep_core::protocol::RunParameters;

use crate::app::{Beside, Firmware};
use crate::identity;

/// How many events a bench can schedule ahead.
pub(crate) const QUEUE: usize = 32;

/// Why the chip was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// To stand still with all pins as after power-up, and wait for a bench.
    Hold,
    /// To begin the run that was ordered.
    Start,
    /// Because the run has a reset in it: it goes on.
    Resume,
}

/// Marks [`LOCKSTEP_RETAINED`] as written by this crate, whatever RAM holds after power-up.
const MAGIC: u32 = 0x4c6b_5374;

/// Magic, reason and the first word of the build id, in memory that no start-up code writes.
struct Retained(UnsafeCell<[u32; 3]>);

// SAFETY: it is accessed at boot, before anything else runs, and with interrupts off right before a reset.
unsafe impl Sync for Retained {}

// SAFETY: `memory.x` puts the section into RAM that start-up leaves alone; every value of a word is valid.
#[unsafe(link_section = ".retained.lockstep")]
static RETAINED: Retained = Retained(UnsafeCell::new([0; 3]));

/// What is kept beside the reason.
pub(crate) struct Kept<F: Firmware> {
    pub(crate) agent: Agent<Beside<F>, QUEUE>,
    /// The run that was ordered.
    pub(crate) ordered: Option<RunParameters>,
}

/// Room for a [`Kept`] of any firmware: a static cannot be generic.
#[repr(align(8))]
struct Memory(UnsafeCell<MaybeUninit<[u8; ROOM]>>);

const ROOM: usize = 2_560;

// SAFETY: `memory` is called once, and gives all of it away.
unsafe impl Sync for Memory {}

// SAFETY: cortex-m-rt puts the section into RAM that start-up leaves alone.
#[unsafe(link_section = ".uninit.lockstep")]
static MEMORY: Memory = Memory(UnsafeCell::new(MaybeUninit::uninit()));

/// Where a [`Kept`] is.
pub(crate) fn memory<F: Firmware>() -> *mut Kept<F> {
    const {
        assert!(
            size_of::<Kept<F>>() <= ROOM && align_of::<Kept<F>>() <= align_of::<Memory>(),
            "the firmware has too many outputs for the agent beside it"
        );
    }
    MEMORY.0.get().cast()
}

fn build() -> u32 {
    let first = identity::image().first_chunk().copied();
    u32::from_le_bytes(first.unwrap_or_default())
}

/// Why this image has reset the chip; `None` where something else has. Says it once.
pub(crate) fn take_reason() -> Option<Reason> {
    let words = RETAINED.0.get();
    // SAFETY: nothing else accesses it now: this is called at boot, before the firmware starts.
    let [magic, reason, build] = unsafe { words.read_volatile() };
    // SAFETY: as above.
    unsafe { words.write_volatile([0; 3]) };
    if magic != MAGIC || build != self::build() {
        return None;
    }
    match reason {
        1 => Some(Reason::Hold),
        2 => Some(Reason::Start),
        3 => Some(Reason::Resume),
        _ => None,
    }
}

/// Resets the chip.
pub(crate) fn reset(reason: Reason) -> ! {
    cortex_m::interrupt::disable();
    let reason = match reason {
        Reason::Hold => 1,
        Reason::Start => 2,
        Reason::Resume => 3,
    };
    // SAFETY: interrupts are off, and nothing runs after this.
    unsafe { RETAINED.0.get().write_volatile([MAGIC, reason, build()]) };
    SCB::sys_reset()
}
