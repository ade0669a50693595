//! The time driver of `embassy-time`: time stands still until the app sets it, by its ticks.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::{Driver, TICK_HZ};
use heapless::Vec;
use lockstep_core::time::TickPeriod;

/// How many tasks can wait for a time.
const TIMERS: usize = 16;

/// How often the clock is read while tasks are polled before that counts as waiting for it.
const READS: u32 = 1_000;

struct BoardTime {
    state: Mutex<RefCell<State>>,
    reads: Mutex<Cell<u32>>,
}

struct State {
    /// In ticks of `embassy-time`.
    now: u64,
    /// In the order in which they were set.
    timers: Vec<Timer, TIMERS>,
}

/// What wakes a task: as in Embassy's own queue, one for each task, at the earliest time that it asked
/// for.
struct Timer {
    at: u64,
    waker: Waker,
}

embassy_time_driver::time_driver_impl!(static TIME: BoardTime = BoardTime {
    state: Mutex::new(RefCell::new(State {
        now: 0,
        timers: Vec::new(),
    })),
    reads: Mutex::new(Cell::new(0)),
});

impl BoardTime {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        critical_section::with(|cs| act(&mut self.state.borrow_ref_mut(cs)))
    }

    fn set_reads(&self, change: impl FnOnce(u32) -> u32) -> u32 {
        critical_section::with(|cs| {
            let reads = self.reads.borrow(cs);
            reads.set(change(reads.get()));
            reads.get()
        })
    }
}

impl Driver for BoardTime {
    fn now(&self) -> u64 {
        let reads = self.set_reads(|reads| reads.saturating_add(1));
        assert!(
            reads <= READS,
            "the firmware waits for the clock without `.await`: on a board of Lockstep that has no end"
        );
        now()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        let is_full = self.with(|state| {
            if at <= state.now {
                waker.wake_by_ref();
                return false;
            }
            let mut waiting = state.timers.iter_mut();
            match waiting.find(|timer| timer.waker.will_wake(waker)) {
                // It asks again for what it still waits for.
                Some(timer) => {
                    timer.at = timer.at.min(at);
                    false
                }
                None => {
                    let waker = waker.clone();
                    state.timers.push(Timer { at, waker }).is_err()
                }
            }
        });
        assert!(!is_full, "more than {TIMERS} tasks wait for a time");
    }
}

/// Tasks are polled from now on.
pub(crate) fn poll_begins() {
    TIME.set_reads(|_| 0);
}

/// When the next timer is due; `None` if none is set.
pub(crate) fn next_timer() -> Option<u64> {
    TIME.with(|state| state.timers.iter().map(|timer| timer.at).min())
}

pub(crate) fn now() -> u64 {
    TIME.with(|state| state.now)
}

/// Sets the time, and wakes whoever waited for it: in the order of the times, of one time in the order
/// in which they were set.
pub(crate) fn set(now: u64) {
    TIME.with(|state| {
        state.now = now;
        while let Some((index, _)) = earliest(&state.timers).filter(|(_, at)| *at <= now) {
            // Those that remain stay in their order.
            state.timers.remove(index).waker.wake();
        }
    });
}

/// The place of the timer that is due first, and when: of those of one time the one that was set first.
fn earliest(timers: &[Timer]) -> Option<(usize, u64)> {
    let timers = timers.iter().map(|timer| timer.at).enumerate();
    timers.min_by_key(|(_, at)| *at)
}

/// A task that waits until then is woken.
pub(crate) fn wake_at(at: u64, waker: &Waker) {
    TIME.schedule_wake(at, waker);
}

/// So many ticks of `embassy-time` last at least this long.
pub(crate) fn ticks_of(ns: u64) -> u64 {
    let whole = (ns / NS).saturating_mul(TICK_HZ);
    whole.saturating_add((ns % NS * TICK_HZ).div_ceil(NS))
}

const NS: u64 = 1_000_000_000;
const US: u64 = 1_000_000;

// A part of a second, in nanoseconds, times the rate fits.
const _: () = assert!(TICK_HZ <= NS);

/// The time at which a tick of the app ends, in ticks of `embassy-time`.
pub(crate) fn end_of(tick: u64, period: TickPeriod) -> u64 {
    let per_tick = u64::from(period.as_us()) * TICK_HZ;
    if per_tick.is_multiple_of(US) {
        return tick.saturating_mul(per_tick / US);
    }
    // In two parts, so that nothing overflows before the clock does.
    let (high, low) = (tick / US, tick % US);
    high.saturating_mul(per_tick)
        .saturating_add(low.saturating_mul(per_tick) / US)
}

/// The tick of the app in which a time lies.
pub(crate) fn tick_of(time: u64, period: TickPeriod) -> u64 {
    let per_tick = u64::from(period.as_us()) * TICK_HZ;
    if per_tick.is_multiple_of(US) {
        return time.div_ceil(per_tick / US);
    }
    let (high, low) = (time / per_tick, time % per_tick);
    high.saturating_mul(US)
        .saturating_add(low.saturating_mul(US).div_ceil(per_tick))
}
