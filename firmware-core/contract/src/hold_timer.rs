//! A condition that has to last.

use crate::time::{Instant, Ticks};
use crate::timer::Timer;
use crate::wakeup::Wakeup;

/// Notices that a condition has been true for a while without interruption: two buttons
/// held together, a voltage that stays low.
///
/// ```
/// use lockstep_core::hold_timer::HoldTimer;
/// use lockstep_core::time::{Instant, Ticks};
///
/// let mut hold = HoldTimer::new(Ticks::from_secs(2));
/// assert!(!hold.poll(Instant(100), true));
/// assert!(!hold.poll(Instant(2_099), true));
/// assert!(hold.poll(Instant(2_100), true));
/// assert!(!hold.poll(Instant(9_999), true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HoldTimer {
    length: Ticks,
    met: bool,
    lasting: Timer,
}

impl HoldTimer {
    /// Asks for a condition to last `length`, at least one tick.
    #[must_use]
    pub const fn new(length: Ticks) -> Self {
        Self {
            length,
            met: false,
            lasting: Timer::stopped(),
        }
    }

    /// True once, when `condition` has been true for the length; after that not before
    /// the condition was false. A condition that ends at the very tick has lasted long
    /// enough. To be called every tick.
    pub fn poll(&mut self, now: Instant, condition: bool) -> bool {
        let lasted = self.lasting.poll(now);
        if condition != self.met {
            self.met = condition;
            if condition {
                self.lasting.start(now, self.length);
            } else {
                self.lasting.stop();
            }
        }
        lasted
    }

    /// The same timer, its times counted from `now`.
    #[must_use]
    pub const fn counted_from(self, now: Instant) -> Self {
        Self {
            lasting: self.lasting.counted_from(now),
            ..self
        }
    }

    /// When the condition has lasted long enough, if it stays as it was polled last.
    #[must_use]
    pub const fn next_wakeup(&self, now: Instant) -> Wakeup {
        self.lasting.next_wakeup(now)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn an_interruption_starts_the_count_anew() {
        let mut hold = HoldTimer::new(Ticks(10));
        assert!(!hold.poll(Instant(0), true));
        assert!(!hold.poll(Instant(9), false));
        assert!(!hold.poll(Instant(10), true));
        assert!(!hold.poll(Instant(19), true));
        assert!(hold.poll(Instant(20), true));
    }

    #[test]
    fn it_is_noticed_again_only_after_it_was_false() {
        let mut hold = HoldTimer::new(Ticks(10));
        hold.poll(Instant(0), true);
        assert!(hold.poll(Instant(10), true));
        assert!(!hold.poll(Instant(20), true));
        hold.poll(Instant(21), false);
        hold.poll(Instant(22), true);
        assert!(hold.poll(Instant(32), true));
    }

    #[test]
    fn a_condition_that_ends_at_the_very_tick_has_lasted_long_enough() {
        let mut hold = HoldTimer::new(Ticks(10));
        hold.poll(Instant(0), true);
        assert!(hold.poll(Instant(10), false));
        assert!(!hold.poll(Instant(20), false));
    }

    proptest! {
        #[test]
        fn it_wakes_exactly_when_the_condition_has_lasted(
            start: u32,
            length in 1..50_u32,
            runs in proptest::collection::vec((any::<bool>(), 1..100_u32), 0..12),
        ) {
            let mut hold = HoldTimer::new(Ticks(length));
            let mut now = Instant(start);
            for (condition, run) in runs {
                now = now.next();
                hold.poll(now, condition);
                for _ in 1..run {
                    let idle = hold.next_wakeup(now).idle_ticks();
                    let shifted = hold.counted_from(now).next_wakeup(Instant::ZERO);
                    prop_assert_eq!(shifted, hold.next_wakeup(now));
                    now = now.next();
                    prop_assert_eq!(hold.poll(now, condition), idle == Ticks::ZERO);
                }
            }
        }

        #[test]
        fn every_run_of_true_that_is_long_enough_counts_once(
            start: u32,
            length in 1..12_u32,
            runs in proptest::collection::vec((1..20_u32, 1..20_u32), 0..12),
        ) {
            let mut hold = HoldTimer::new(Ticks(length));
            let mut now = Instant(start);
            let mut noticed = Vec::new();
            let mut expected = Vec::new();
            for (on, off) in runs {
                // The poll that sees the condition first is at the start of its run.
                if on >= length {
                    expected.push(now + Ticks(length));
                }
                for condition in std::iter::repeat_n(true, on as usize)
                    .chain(std::iter::repeat_n(false, off as usize))
                {
                    if hold.poll(now, condition) {
                        noticed.push(now);
                    }
                    now = now.next();
                }
            }
            prop_assert_eq!(noticed, expected);
        }
    }
}
