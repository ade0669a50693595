//! Things that come due: once, or again and again.
//!
//! Both are polled with the current reading of the tick counter and keep no clock of
//! their own. They measure how much time has passed and never compare two readings, so
//! the wrap of the counter does not touch them. A timer that is polled every tick is
//! right for every length up to [`Ticks::MAX`]; one polled more rarely needs a length
//! that leaves as much room below 2^32 ticks as lies between two polls.

use crate::time::{Instant, Ticks};
use crate::wakeup::Wakeup;

/// A one-shot timer.
///
/// ```
/// use lockstep_core::time::{Instant, Ticks};
/// use lockstep_core::timer::Timer;
///
/// let mut timer = Timer::stopped();
/// timer.start(Instant(100), Ticks(50));
/// assert!(!timer.poll(Instant(149)));
/// assert!(timer.poll(Instant(150)));
/// assert!(!timer.poll(Instant(151)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer {
    span: Option<Span>,
}

/// Start and length, because a deadline alone cannot tell a length above half the
/// counter's range from a deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Span {
    start: Instant,
    length: Ticks,
}

impl Timer {
    /// A timer that is not running.
    #[must_use]
    pub const fn stopped() -> Self {
        Self { span: None }
    }

    /// Runs for `length` from `now`, whatever the timer did before. A length of zero is
    /// due at the next poll.
    pub const fn start(&mut self, now: Instant, length: Ticks) {
        self.span = Some(Span { start: now, length });
    }

    /// Stops without coming due.
    pub const fn stop(&mut self) {
        self.span = None;
    }

    /// Whether the timer was started and has neither been stopped nor come due.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.span.is_some()
    }

    /// The time left until the timer is due; zero once it is, and when it is stopped.
    #[must_use]
    pub const fn remaining(&self, now: Instant) -> Ticks {
        match self.span {
            Some(Span { start, length }) => length.saturating_sub(now.since(start)),
            None => Ticks::ZERO,
        }
    }

    /// The same timer, its times counted from `now`.
    #[must_use]
    pub const fn counted_from(self, now: Instant) -> Self {
        match self.span {
            Some(Span { start, length }) => Self {
                span: Some(Span {
                    start: start.counted_from(now),
                    length,
                }),
            },
            None => self,
        }
    }

    /// When the timer is due: [`Wakeup::NEVER`] while it is stopped.
    #[must_use]
    pub const fn next_wakeup(&self, now: Instant) -> Wakeup {
        match self.span {
            Some(_) => Wakeup::after(self.remaining(now)),
            None => Wakeup::NEVER,
        }
    }

    /// True at the first poll at or after the deadline, which also stops the timer.
    pub fn poll(&mut self, now: Instant) -> bool {
        let due = self
            .span
            .is_some_and(|Span { start, length }| now.since(start) >= length);
        if due {
            self.stop();
        }
        due
    }
}

/// A timer that comes due every `period`, counted from deadline to deadline: a late poll
/// delays what it reports and moves nothing after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Periodic {
    last: Instant,
    period: Ticks,
}

impl Periodic {
    /// A timer that is first due one `period` after `now`. A period of zero is due at
    /// every poll.
    #[must_use]
    pub const fn starting(now: Instant, period: Ticks) -> Self {
        Self { last: now, period }
    }

    /// The same timer, its times counted from `now`.
    #[must_use]
    pub const fn counted_from(self, now: Instant) -> Self {
        Self {
            last: self.last.counted_from(now),
            period: self.period,
        }
    }

    /// When the timer is due next.
    #[must_use]
    pub const fn next_wakeup(&self, now: Instant) -> Wakeup {
        Wakeup::after(self.period.saturating_sub(now.since(self.last)))
    }

    /// True once for each period that has passed: after a late poll the next ones
    /// catch up.
    pub fn poll(&mut self, now: Instant) -> bool {
        let due = now.since(self.last) >= self.period;
        if due {
            self.last = self.last + self.period;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stopped_timer_never_comes_due() {
        let mut timer = Timer::stopped();
        assert!(!timer.is_running());
        assert!(!timer.poll(Instant(u32::MAX)));

        timer.start(Instant(5), Ticks(1));
        timer.stop();
        assert!(!timer.poll(Instant(6)));
        assert_eq!(timer, Timer::stopped());
    }

    #[test]
    fn starting_again_forgets_the_first_deadline() {
        let mut timer = Timer::stopped();
        timer.start(Instant(0), Ticks(10));
        timer.start(Instant(9), Ticks(10));
        assert!(!timer.poll(Instant(10)));
        assert!(timer.poll(Instant(19)));
    }

    #[test]
    fn the_longest_length_is_due_one_tick_before_its_start_comes_round_again() {
        let mut timer = Timer::stopped();
        timer.start(Instant(7), Ticks::MAX);
        assert!(!timer.poll(Instant(5)));
        assert!(timer.poll(Instant(6)));
    }

    #[test]
    fn a_length_of_zero_is_due_at_the_next_poll() {
        let mut timer = Timer::stopped();
        timer.start(Instant(7), Ticks::ZERO);
        assert!(timer.poll(Instant(7)));
    }

    #[test]
    fn a_late_poll_moves_no_later_deadline() {
        let mut beat = Periodic::starting(Instant(0), Ticks(10));
        assert!(beat.poll(Instant(14)));
        assert!(!beat.poll(Instant(19)));
        assert!(beat.poll(Instant(20)));
    }

    #[test]
    fn missed_periods_are_caught_up_one_a_poll() {
        let mut beat = Periodic::starting(Instant(0), Ticks(10));
        assert!(beat.poll(Instant(25)));
        assert!(beat.poll(Instant(25)));
        assert!(!beat.poll(Instant(25)));
    }

    proptest! {
        #[test]
        fn a_timer_is_due_once_and_on_time(
            start: u32,
            length: u32,
            mut polls in proptest::collection::vec(any::<u32>(), 1..20),
        ) {
            let mut timer = Timer::stopped();
            timer.start(Instant(start), Ticks(length));
            polls.sort_unstable();
            let mut due = false;
            for elapsed in polls {
                let now = Instant(start) + Ticks(elapsed);
                let left = if due { 0 } else { length.saturating_sub(elapsed) };
                prop_assert_eq!(timer.remaining(now), Ticks(left));
                prop_assert_eq!(timer.poll(now), !due && elapsed >= length);
                due |= elapsed >= length;
                prop_assert_eq!(timer.is_running(), !due);
            }
        }

        #[test]
        fn a_timer_wakes_exactly_when_it_is_due(start: u32, length in 1..2_000_u32, asked: u32) {
            let mut timer = Timer::stopped();
            prop_assert_eq!(timer.next_wakeup(Instant(start)), Wakeup::NEVER);
            timer.start(Instant(start), Ticks(length));
            let asked = asked % length;
            let now = Instant(start) + Ticks(asked);
            let shifted = timer.counted_from(now);
            prop_assert_eq!(timer.next_wakeup(now), Wakeup::after(Ticks(length - asked)));
            prop_assert_eq!(shifted.next_wakeup(Instant::ZERO), timer.next_wakeup(now));
            let idle = timer.next_wakeup(now).idle_ticks();
            prop_assert!(!timer.poll(now + idle));
            prop_assert!(timer.poll((now + idle).next()));
        }

        #[test]
        fn a_periodic_timer_wakes_exactly_when_it_is_due(
            start: u32,
            period in 1..2_000_u32,
            asked in 0..10_000_u32,
        ) {
            let mut beat = Periodic::starting(Instant(start), Ticks(period));
            let now = Instant(start) + Ticks(asked);
            while beat.poll(now) {}
            let shifted = beat.counted_from(now);
            prop_assert_eq!(shifted.next_wakeup(Instant::ZERO), beat.next_wakeup(now));
            let idle = beat.next_wakeup(now).idle_ticks();
            prop_assert!(!beat.poll(now + idle));
            prop_assert!(beat.poll((now + idle).next()));
        }

        #[test]
        fn a_periodic_timer_is_due_at_multiples_of_its_period(
            start in prop_oneof![any::<u32>(), (u32::MAX - 500)..=u32::MAX],
            period in 1..50_u32,
        ) {
            let mut beat = Periodic::starting(Instant(start), Ticks(period));
            for elapsed in 1..500 {
                let due = beat.poll(Instant(start) + Ticks(elapsed));
                prop_assert_eq!(due, elapsed % period == 0);
            }
        }
    }
}
