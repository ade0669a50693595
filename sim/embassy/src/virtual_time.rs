//! The time driver of `embassy-time`: time stands still until it is set, by the app or by code that
//! blocks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use embassy_time_driver::{Driver, TICK_HZ};
use lockstep_core::time::TickPeriod;

use crate::stack::{self, Blocked};

struct VirtualTime {
    state: Mutex<State>,
}

struct State {
    /// In ticks of `embassy-time`.
    now: u64,
    /// How far the app lets time pass.
    limit: u64,
    /// In the order in which they were set.
    timers: Vec<Timer>,
    /// How often the clock was read since a task was last polled, or last set a timer.
    reads: u32,
    /// How often something was shown since then.
    shown: u32,
    /// Whether a timer that its task did not ask for again is taken back.
    takes_back: bool,
}

/// What wakes a task: as in Embassy's own queue, one for each task, at the earliest time that it asked
/// for.
struct Timer {
    at: u64,
    waker: Waker,
    /// The earliest time that was asked for since the task was polled last.
    asked: Option<u64>,
}

/// How often the clock is read in vain before that takes time.
const FREE_READS: u32 = 1_000;

/// How many of them are free again once something was shown: a loop is over then, and what follows it
/// begins at its time.
const READS_AFTER: u32 = 8;

/// What a read takes then: a microsecond, or a tick of `embassy-time` if that is longer.
const READ: u64 = if TICK_HZ > 1_000_000 {
    TICK_HZ / 1_000_000
} else {
    1
};

embassy_time_driver::time_driver_impl!(static TIME: VirtualTime = VirtualTime {
    state: Mutex::new(State {
        now: 0,
        limit: 0,
        timers: Vec::new(),
        reads: 0,
        shown: 0,
        takes_back: false,
    }),
});

impl VirtualTime {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver for VirtualTime {
    fn now(&self) -> u64 {
        let mut state = self.state();
        state.reads = state.reads.saturating_add(1);
        let now = state.now;
        let takes_time = state.reads > FREE_READS && stack::is_firmware();
        drop(state);
        if takes_time {
            block_until(now.saturating_add(READ));
            return self::now();
        }
        now
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        let mut state = self.state();
        state.reads = 0;
        if at <= state.now {
            drop(state);
            return waker.wake_by_ref();
        }
        let waiting = state.timers.iter_mut();
        let mut waiting = waiting.filter(|timer| timer.waker.will_wake(waker));
        match waiting.next() {
            // It asks again for what it still waits for.
            Some(timer) => {
                timer.at = timer.at.min(at);
                timer.asked = Some(timer.asked.map_or(at, |asked| asked.min(at)));
            }
            None => state.timers.push(Timer {
                at,
                waker: waker.clone(),
                asked: Some(at),
            }),
        }
    }
}

/// Starts over: at time zero, with no timer set.
pub(crate) fn start_over(takes_back: bool) {
    *TIME.state() = State {
        now: 0,
        limit: 0,
        timers: Vec::new(),
        reads: 0,
        shown: 0,
        takes_back,
    };
}

/// A task is polled from now on: the one whose wakers have this pointer, shortened.
pub(crate) fn poll_begins(task: u32) {
    let mut state = TIME.state();
    (state.reads, state.shown) = (0, 0);
    if state.takes_back {
        for timer in &mut state.timers {
            if timer.is_of(task) {
                timer.asked = None;
            }
        }
    }
}

/// The firmware sets an output, or sends something.
pub(crate) fn something_shown() {
    let mut state = TIME.state();
    // A loop that shows something each time, and reads the clock, has an end too.
    if state.shown < FREE_READS {
        state.shown += 1;
        state.reads = state.reads.min(FREE_READS - READS_AFTER);
    }
}

/// The task was polled.
pub(crate) fn poll_ends(task: u32) {
    let mut state = TIME.state();
    if state.takes_back {
        state
            .timers
            .retain(|timer| !timer.is_of(task) || timer.asked.is_some());
        for timer in &mut state.timers {
            timer.at = timer.asked.unwrap_or(timer.at);
        }
    }
}

impl Timer {
    fn is_of(&self, task: u32) -> bool {
        crate::tasks::shortened(self.waker.data().addr()) == task
    }
}

/// When the next timer is due; `None` if none is set.
pub(crate) fn next_timer() -> Option<u64> {
    TIME.state().timers.iter().map(|timer| timer.at).min()
}

pub(crate) fn now() -> u64 {
    TIME.state().now
}

/// Sets the time, and wakes whoever waited for it: in the order of the times, of one time in the order
/// in which they were set.
pub(crate) fn set(now: u64) {
    let mut due: Vec<Timer> = {
        let mut state = TIME.state();
        state.now = now;
        state
            .timers
            .extract_if(.., |timer| timer.at <= now)
            .collect()
    };
    due.sort_by_key(|timer| timer.at);
    for timer in due {
        timer.waker.wake();
    }
}

/// Lets time pass up to then, and no further, where code blocks.
pub(crate) fn allow(limit: u64) {
    TIME.state().limit = limit;
}

/// Blocks the firmware until then: time passes, and no task is polled.
pub(crate) fn block_until(at: u64) {
    loop {
        let (now, limit) = {
            let state = TIME.state();
            (state.now, state.limit)
        };
        if at <= limit {
            return set(at.max(now));
        }
        set(limit.max(now));
        stack::block(Blocked::Until(at));
    }
}

/// A task that waits until then is woken.
pub(crate) fn wake_at(at: u64, waker: &Waker) {
    TIME.schedule_wake(at, waker);
}

/// So many ticks of `embassy-time` last at least this long.
pub(crate) fn ticks_of(ns: u64) -> u64 {
    let ticks = (u128::from(ns) * u128::from(TICK_HZ)).div_ceil(1_000_000_000);
    u64::try_from(ticks).unwrap_or(u64::MAX)
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
