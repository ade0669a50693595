//! From a contact that bounces to a button that is pressed or not.

use crate::time::{Instant, Ticks};
use crate::timer::Timer;
use crate::wakeup::Wakeup;

/// A change of a debounced button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// It went down.
    Pressed,
    /// It came up.
    Released,
}

/// A button that believes its contact only after it has been quiet for a while.
///
/// A change is accepted once the contact has differed from the accepted state for the
/// settle time without interruption. Whatever is shorter vanishes, and each bounce
/// starts the settle time anew.
///
/// ```
/// use lockstep_core::debounce::{Debounce, Edge};
/// use lockstep_core::time::{Instant, Ticks};
///
/// let mut button = Debounce::new(Ticks::from_ms(20));
/// button.raw(Instant(100), true);
/// assert_eq!(button.poll(Instant(119)), None);
/// assert_eq!(button.poll(Instant(120)), Some(Edge::Pressed));
/// assert!(button.is_pressed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Debounce {
    settle: Ticks,
    pressed: bool,
    /// Runs exactly while the contact differs from `pressed`.
    settling: Timer,
}

impl Debounce {
    /// A button that is up, with its contact open. With a settle time of zero a change
    /// is accepted by the next poll.
    #[must_use]
    pub const fn new(settle: Ticks) -> Self {
        Self {
            settle,
            pressed: false,
            settling: Timer::stopped(),
        }
    }

    /// Takes an edge of the contact. An edge to the state the contact is in already is
    /// none, and disturbs nothing.
    pub const fn raw(&mut self, now: Instant, closed: bool) {
        if closed == self.pressed {
            self.settling.stop();
        } else if !self.settling.is_running() {
            self.settling.start(now, self.settle);
        }
    }

    /// The change that is accepted now, if any. To be called every tick, before the
    /// edges of that tick.
    pub fn poll(&mut self, now: Instant) -> Option<Edge> {
        if !self.settling.poll(now) {
            return None;
        }
        self.pressed = !self.pressed;
        Some(if self.pressed {
            Edge::Pressed
        } else {
            Edge::Released
        })
    }

    /// The same button, its times counted from `now`.
    #[must_use]
    pub const fn counted_from(self, now: Instant) -> Self {
        Self {
            settling: self.settling.counted_from(now),
            ..self
        }
    }

    /// When a change is accepted, if the contact stays as it is.
    #[must_use]
    pub const fn next_wakeup(&self, now: Instant) -> Wakeup {
        self.settling.next_wakeup(now)
    }

    /// Whether the button is down, as far as it is believed.
    #[must_use]
    pub const fn is_pressed(&self) -> bool {
        self.pressed
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    const SETTLE: u32 = 20;

    /// Plays raw edges, by tick, through a button whose counter starts at `start`, and
    /// lists what it accepts.
    fn accepted(start: u32, edges: &[(u32, bool)], until: u32) -> Vec<(u32, Edge)> {
        let mut button = Debounce::new(Ticks(SETTLE));
        let mut accepted = Vec::new();
        for tick in 0..=until {
            let now = Instant(start) + Ticks(tick);
            accepted.extend(button.poll(now).map(|edge| (tick, edge)));
            for &(_, closed) in edges.iter().filter(|&&(at, _)| at == tick) {
                button.raw(now, closed);
            }
        }
        accepted
    }

    #[test]
    fn a_clean_press_is_accepted_after_the_settle_time() {
        assert_eq!(
            accepted(0, &[(100, true), (200, false)], 300),
            [(120, Edge::Pressed), (220, Edge::Released)]
        );
    }

    #[test]
    fn a_glitch_shorter_than_the_settle_time_vanishes() {
        assert_eq!(accepted(0, &[(100, true), (119, false)], 300), []);
    }

    #[test]
    fn a_contact_that_opens_at_the_tick_of_acceptance_was_closed_long_enough() {
        assert_eq!(
            accepted(0, &[(100, true), (120, false)], 300),
            [(120, Edge::Pressed), (140, Edge::Released)]
        );
    }

    #[test]
    fn each_bounce_starts_the_settle_time_anew() {
        let bouncing = [
            (100, true),
            (105, false),
            (110, true),
            (115, false),
            (118, true),
        ];
        assert_eq!(accepted(0, &bouncing, 300), [(138, Edge::Pressed)]);
    }

    #[test]
    fn a_bounce_within_one_tick_starts_the_settle_time_anew() {
        let bouncing = [(100, true), (110, false), (110, true)];
        assert_eq!(accepted(0, &bouncing, 300), [(130, Edge::Pressed)]);
    }

    #[test]
    fn an_edge_that_changes_nothing_disturbs_nothing() {
        assert_eq!(
            accepted(0, &[(100, true), (110, true)], 300),
            [(120, Edge::Pressed)]
        );
    }

    proptest! {
        #[test]
        fn it_wakes_exactly_when_a_change_is_accepted(
            start: u32,
            moves in proptest::collection::vec((0..2 * SETTLE, any::<bool>()), 0..12),
        ) {
            let mut button = Debounce::new(Ticks(SETTLE));
            let mut now = Instant(start);
            for (gap, closed) in moves {
                for _ in 0..gap {
                    let idle = button.next_wakeup(now).idle_ticks();
                    let shifted = button.counted_from(now).next_wakeup(Instant::ZERO);
                    prop_assert_eq!(shifted, button.next_wakeup(now));
                    now = now.next();
                    let is_accepted = button.poll(now).is_some();
                    prop_assert_eq!(is_accepted, idle == Ticks::ZERO);
                }
                button.raw(now, closed);
            }
        }

        #[test]
        fn exactly_what_lasts_is_accepted(
            start in prop_oneof![Just(0), (u32::MAX - 600)..=u32::MAX],
            gaps in proptest::collection::vec(1..2 * SETTLE, 0..15),
        ) {
            let mut edges = vec![];
            let mut tick = 0;
            for (n, gap) in gaps.iter().enumerate() {
                tick += gap;
                edges.push((tick, n % 2 == 0));
            }
            let until = tick + SETTLE;

            // The contact's level at each tick, and the acceptance rule in its plainest
            // form: the last SETTLE levels all differ from the accepted one.
            let level = |at: u32| edges.iter().rev().find(|e| e.0 <= at).is_some_and(|e| e.1);
            let mut pressed = false;
            let mut expected = vec![];
            for now in SETTLE..=until {
                if (now - SETTLE..now).all(|at| level(at) != pressed) {
                    pressed = !pressed;
                    expected.push((now, if pressed { Edge::Pressed } else { Edge::Released }));
                }
            }

            prop_assert_eq!(accepted(start, &edges, until), expected);
        }
    }
}
