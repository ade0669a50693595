//! Real time: the machine runs in short slices, and rests where it is ahead of the wall clock.
//!
//! The emulator skips a core's sleep, so it is as a rule ahead after each slice. Time that it
//! loses, to stops at ticks or to a busy host, it catches up by resting less.

use std::time::{Duration, Instant};

/// The most that the machine may be behind and still catch up; what it lacks beyond that is lost.
pub(crate) const MAX_LAG: Duration = Duration::from_millis(200);
/// The longest rest of a machine that has run too far ahead; beyond that it stays ahead.
const MAX_REST: Duration = Duration::from_secs(1);
/// How much of its own time a slice is to take.
const SLICE_TARGET: Duration = Duration::from_millis(5);
/// The bounds of the wall time of a slice, and its first.
const MIN_SLICE: Duration = Duration::from_micros(50);
const MAX_SLICE: Duration = Duration::from_millis(5);
const FIRST_SLICE: Duration = Duration::from_micros(200);
/// How long a machine that stops by itself may go without a look at its clock.
const MAX_UNCHECKED: Duration = Duration::from_millis(2);

/// Decides when a machine runs and when it rests.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// A point of the wall clock, and the time of the machine that belongs to it.
    origin: Option<(Instant, Duration)>,
    /// The time of the machine at the last look.
    checked: Option<(Instant, Duration)>,
    /// The wall time of a slice.
    slice: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Stopped,
    Running { since: Instant },
    Resting { until: Instant },
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            origin: None,
            checked: None,
            slice: FIRST_SLICE,
            state: State::Stopped,
        }
    }
}

impl Throttle {
    /// The machine was stopped, by a breakpoint or for its debugger.
    pub(crate) fn stopped(&mut self) {
        self.state = State::Stopped;
    }

    /// The time that a debugger has halted the core for is not caught up.
    pub(crate) fn restart(&mut self) {
        self.origin = None;
        self.checked = None;
    }

    /// The machine runs from now on.
    pub(crate) fn running(&mut self, now: Instant) {
        self.state = State::Running { since: now };
    }

    /// Whether the machine has run for its slice and must be stopped.
    pub(crate) fn slice_is_over(&self, now: Instant) -> bool {
        matches!(self.state, State::Running { since } if now >= since + self.slice)
    }

    /// Whether the machine rests, and whether that is long enough.
    pub(crate) fn rest_is_over(&self, now: Instant) -> Option<bool> {
        match self.state {
            State::Resting { until } => Some(now >= until),
            _ => None,
        }
    }

    /// Whether the clock of a machine that has stopped by itself is due for a look.
    pub(crate) fn check_is_due(&self, now: Instant) -> bool {
        self.checked
            .is_none_or(|(checked, _)| now.duration_since(checked) >= MAX_UNCHECKED)
    }

    /// Takes the time of the machine, which is stopped: true where it must rest.
    pub(crate) fn check(&mut self, now: Instant, time: Duration) -> bool {
        self.adjust_slice(now, time);
        self.checked = Some((now, time));
        let (wall, own) = *self.origin.get_or_insert((now, time));
        let due = own + now.duration_since(wall);
        if time <= due {
            if due - time > MAX_LAG {
                self.origin = Some((now, time + MAX_LAG));
            }
            return false;
        }
        let ahead = time - due;
        if ahead > MAX_REST {
            self.origin = Some((now + MAX_REST, time));
        }
        let until = now + ahead.min(MAX_REST);
        self.state = State::Resting { until };
        true
    }

    /// When the machine has to be looked after next.
    pub(crate) fn next_event(&self) -> Option<Instant> {
        match self.state {
            State::Stopped => None,
            State::Running { since } => Some(since + self.slice),
            State::Resting { until } => Some(until),
        }
    }

    /// Fits the slice to the speed of this machine on this host.
    fn adjust_slice(&mut self, now: Instant, time: Duration) {
        let (Some((_, before)), true) = (self.checked, self.slice_is_over(now)) else {
            return;
        };
        let progress = time.saturating_sub(before);
        if progress > 2 * SLICE_TARGET {
            self.slice = (self.slice / 2).max(MIN_SLICE);
        } else if progress < SLICE_TARGET / 2 {
            self.slice = (self.slice * 2).min(MAX_SLICE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Plays a machine that runs `speed` times as fast as the wall clock, and is stopped for
    /// `overhead` after each slice; gives its own time after `wall`.
    fn play(speed: u32, overhead: Duration, wall: Duration) -> Duration {
        let start = Instant::now();
        let (mut now, mut time) = (start, 5 * MS);
        let mut throttle = Throttle::default();
        while now < start + wall {
            throttle.running(now);
            let slice = throttle.next_event().unwrap() - now;
            now += slice;
            time += slice * speed;
            assert!(throttle.slice_is_over(now));
            if throttle.check(now, time) {
                now = throttle.next_event().unwrap();
                assert_eq!(throttle.rest_is_over(now), Some(true));
            }
            now += overhead;
        }
        time - 5 * MS
    }

    #[test]
    fn a_fast_machine_keeps_real_time() {
        for overhead in [Duration::ZERO, MS / 10, MS] {
            let wall = 1000 * MS;
            let time = play(20, overhead, wall);
            let off = time.abs_diff(wall);
            assert!(off < 25 * MS, "{overhead:?}: {time:?}");
        }
    }

    #[test]
    fn time_that_was_lost_is_caught_up_within_the_bound() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        throttle.running(start);
        assert!(!throttle.check(start, Duration::ZERO));
        // It is 100 ms behind, and runs those without a rest.
        assert!(!throttle.check(start + 100 * MS, Duration::ZERO));
        assert!(!throttle.check(start + 100 * MS, 100 * MS));
        assert!(throttle.check(start + 100 * MS, 101 * MS));
        // It is 1000 ms behind, of which it owes no more than the bound.
        let later = start + 1101 * MS;
        assert!(!throttle.check(later, 101 * MS));
        assert!(!throttle.check(later, 101 * MS + MAX_LAG));
        assert!(throttle.check(later, 102 * MS + MAX_LAG));
    }

    #[test]
    fn a_machine_far_ahead_rests_for_the_bound_and_no_longer() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        throttle.check(start, Duration::ZERO);
        assert!(throttle.check(start, 60 * MAX_REST));
        assert_eq!(throttle.rest_is_over(start + MAX_REST), Some(true));
        assert!(!throttle.check(start + MAX_REST, 60 * MAX_REST));
    }

    #[test]
    fn the_time_of_a_halt_is_not_caught_up() {
        let start = Instant::now();
        let mut throttle = Throttle::default();
        throttle.check(start, Duration::ZERO);
        throttle.stopped();
        throttle.restart();
        assert_eq!(throttle.next_event(), None);
        let later = start + 100 * MS;
        throttle.running(later);
        assert!(!throttle.check(later, MS));
        assert!(throttle.check(later, 2 * MS), "it owes nothing");
    }

    #[test]
    fn slices_fit_the_speed_of_the_machine() {
        let settled = |speed: u32| {
            let (mut now, mut time) = (Instant::now(), Duration::ZERO);
            let mut throttle = Throttle::default();
            for _ in 0..20 {
                throttle.running(now);
                now += throttle.slice;
                time += throttle.slice * speed;
                throttle.check(now, time);
            }
            throttle.slice * speed
        };
        for speed in [2, 20] {
            let own = settled(speed);
            assert!((2 * MS..=10 * MS).contains(&own), "{own:?}");
        }
        assert_eq!(settled(500), MIN_SLICE * 500);
    }
}
