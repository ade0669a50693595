//! The ticks of a run: milliseconds since it began, by the clock of the firmware.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering};

use critical_section::Mutex;
use embassy_time::{Duration, Instant, TICK_HZ};

/// No tick at all.
const NEVER: u32 = u32::MAX;

/// Ticks of a run in a second.
const RATE: u64 = 1_000;

/// The tick that began last. An atomic, because a debugger reads it at any time.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
static LOCKSTEP_TICK: AtomicU32 = AtomicU32::new(0);

/// The tick that was told last. An atomic, because a debugger reads it at any time. Like the two below it
/// outlives a reset within a run, and [`forget`] gives it its first value.
// SAFETY: the symbol is unique in the link; cortex-m-rt puts the section into RAM that start-up leaves alone.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".uninit.lockstep_output_tick")]
static LOCKSTEP_OUTPUT_TICK: AtomicU32 = AtomicU32::new(0);

/// The tick before whose sample [`lockstep_tick_hook`] is called. A debugger writes it.
// SAFETY: as above.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".uninit.lockstep_sample_break")]
static LOCKSTEP_SAMPLE_BREAK_TICK: AtomicU32 = AtomicU32::new(0);

/// The tick after which [`lockstep_tick_hook`] is called. A debugger writes it.
// SAFETY: as above.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".uninit.lockstep_output_break")]
static LOCKSTEP_OUTPUT_BREAK_TICK: AtomicU32 = AtomicU32::new(0);

/// Where a debugger stops the core at a tick of its choice, to change pins or to read them.
// SAFETY: the symbol is unique in the link.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lockstep_tick_hook() {
    // A function without an effect would be optimised out.
    cortex_m::asm::nop();
}

/// When which tick began: that of the start of the firmware.
static BASE: Mutex<Cell<Option<(Instant, u32)>>> = Mutex::new(Cell::new(None));

/// No tick was told, and no debugger wants to stop at one.
pub(crate) fn forget() {
    for tick in [
        &LOCKSTEP_OUTPUT_TICK,
        &LOCKSTEP_SAMPLE_BREAK_TICK,
        &LOCKSTEP_OUTPUT_BREAK_TICK,
    ] {
        tick.store(NEVER, Ordering::Relaxed);
    }
}

/// The tick that began last.
pub(crate) fn begun() -> u32 {
    LOCKSTEP_TICK.load(Ordering::Relaxed)
}

/// This tick begins now.
pub(crate) fn begin_at(tick: u32) {
    let base = Some((Instant::now(), tick));
    critical_section::with(|cs| BASE.borrow(cs).set(base));
    LOCKSTEP_TICK.store(tick, Ordering::Relaxed);
}

/// The present tick.
pub(crate) fn now() -> u32 {
    let Some((base, tick)) = critical_section::with(|cs| BASE.borrow(cs).get()) else {
        return 0;
    };
    let passed = Instant::now().saturating_duration_since(base).as_ticks();
    let (seconds, rest) = (passed / TICK_HZ, passed % TICK_HZ);
    let passed = seconds
        .saturating_mul(RATE)
        .saturating_add(rest * RATE / TICK_HZ);
    tick.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX))
}

/// When the agent looks at this tick: in its middle, when what the firmware does where it begins is done.
pub(crate) fn middle(tick: u32) -> Instant {
    let base = critical_section::with(|cs| BASE.borrow(cs).get());
    let (base, first) = base.unwrap_or((Instant::MIN, 0));
    let ticks = u64::from(tick.saturating_sub(first));
    let (seconds, rest) = (ticks / RATE, ticks % RATE);
    let begin = seconds.saturating_mul(TICK_HZ) + rest * TICK_HZ / RATE;
    base + Duration::from_ticks(begin) + Duration::from_ticks(TICK_HZ / RATE / 2)
}

/// This tick is about to be sampled.
pub(crate) fn sampled(tick: u32) {
    if LOCKSTEP_SAMPLE_BREAK_TICK.load(Ordering::Relaxed) == tick {
        stop_for_debugger();
    }
    LOCKSTEP_TICK.store(tick, Ordering::Relaxed);
}

/// This tick was told.
pub(crate) fn told(tick: u32) {
    LOCKSTEP_OUTPUT_TICK.store(tick, Ordering::Relaxed);
    if LOCKSTEP_OUTPUT_BREAK_TICK.load(Ordering::Relaxed) == tick {
        stop_for_debugger();
    }
}

/// The board stands still.
pub(crate) fn stand_still() {
    LOCKSTEP_TICK.store(0, Ordering::Relaxed);
}

fn stop_for_debugger() {
    // A debugger that steps out of the hook must not step into an interrupt.
    critical_section::with(|_| lockstep_tick_hook());
}
