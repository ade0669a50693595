//! The time driver of `embassy-time`: time stands still until it is set.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use embassy_time_driver::{Driver, TICK_HZ};
use lockstep_core::time::TickPeriod;

struct VirtualTime {
    state: Mutex<State>,
}

struct State {
    /// In ticks of `embassy-time`.
    now: u64,
    /// In the order in which they were set.
    timers: Vec<Timer>,
}

struct Timer {
    at: u64,
    waker: Waker,
}

embassy_time_driver::time_driver_impl!(static TIME: VirtualTime = VirtualTime {
    state: Mutex::new(State { now: 0, timers: Vec::new() }),
});

impl VirtualTime {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver for VirtualTime {
    fn now(&self) -> u64 {
        self.state().now
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        let mut state = self.state();
        let waiting = state.timers.iter_mut();
        let mut waiting = waiting.filter(|timer| timer.waker.will_wake(waker));
        match waiting.next() {
            // It asks again for what it still waits for.
            Some(timer) => timer.at = timer.at.min(at),
            None => state.timers.push(Timer {
                at,
                waker: waker.clone(),
            }),
        }
    }
}

/// Starts over: at time zero, with no timer set.
pub(crate) fn start_over() {
    let mut state = TIME.state();
    state.now = 0;
    state.timers.clear();
}

/// When the next timer is due; `None` if none is set.
pub(crate) fn next_timer() -> Option<u64> {
    TIME.state().timers.iter().map(|timer| timer.at).min()
}

pub(crate) fn now() -> u64 {
    TIME.state().now
}

/// The milliseconds since the app was made.
pub(crate) fn milliseconds() -> u64 {
    let ms = u128::from(now()) * 1_000 / u128::from(TICK_HZ);
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// Sets the time, and wakes whoever waited for it.
pub(crate) fn set(now: u64) {
    let due: Vec<Timer> = {
        let mut state = TIME.state();
        state.now = now;
        state
            .timers
            .extract_if(.., |timer| timer.at <= now)
            .collect()
    };
    for timer in due {
        timer.waker.wake();
    }
}

/// The time at which a tick of the app ends, in ticks of `embassy-time`.
pub(crate) fn end_of(tick: u64, period: TickPeriod) -> u64 {
    let ticks = u128::from(tick) * u128::from(period.as_us()) * u128::from(TICK_HZ) / 1_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// The tick of the app in which a time lies.
pub(crate) fn tick_of(time: u64, period: TickPeriod) -> u64 {
    let us = (u128::from(time) * 1_000_000).div_ceil(u128::from(TICK_HZ));
    let tick = us.div_ceil(u128::from(period.as_us()));
    u64::try_from(tick).unwrap_or(u64::MAX)
}
