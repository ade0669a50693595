//! From presses and releases to what a person meant by them.

use crate::debounce::Edge;
use crate::time::{Instant, Ticks};
use crate::wakeup::Wakeup;

/// What a person did with one button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gesture {
    /// A press that was let go before it was long, and was not the first of a double.
    Short,
    /// A press that has become long; it may still be held.
    Long,
    /// A second press soon after a first one; it is still held.
    Double,
}

/// How long the gestures of a button are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// A press becomes long when it has lasted this; at least one tick.
    pub long: Ticks,
    /// A press is a double when it comes at most this after the release of the one
    /// before. `None` for a button that knows no doubles.
    pub double: Option<Ticks>,
}

/// Recognises the gestures of one debounced button.
///
/// - [`Gesture::Long`] is reported while the button is held, exactly [`Config::long`]
///   after the press. The release then says nothing. A release at that very tick is
///   too late to make the press a short one.
/// - [`Gesture::Short`] is reported at the release where there are no doubles, and
///   otherwise exactly [`Config::double`] after the release.
/// - [`Gesture::Double`] is reported at the second press, also when it comes at the
///   last tick of the window. After that the button says nothing until it is pressed
///   anew.
///
/// ```
/// use lockstep_core::debounce::Edge;
/// use lockstep_core::gesture::{Config, Gesture, GestureDetector};
/// use lockstep_core::time::{Instant, Ticks};
///
/// let mut button = GestureDetector::new(Config { long: Ticks(800), double: None });
/// assert_eq!(button.poll(Instant(100), Some(Edge::Pressed)), None);
/// assert_eq!(button.poll(Instant(200), Some(Edge::Released)), Some(Gesture::Short));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GestureDetector {
    config: Config,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Up, or down with nothing left to say.
    Idle,
    /// Down for the first time, and not long yet.
    Held { since: Instant },
    /// Up again, and a second press would make it a double.
    Waiting { since: Instant },
}

impl GestureDetector {
    /// A button that is up.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Idle,
        }
    }

    /// Takes the edge of this tick, if there is one, and gives the gesture that is
    /// recognised now. To be called every tick.
    pub fn poll(&mut self, now: Instant, edge: Option<Edge>) -> Option<Gesture> {
        let (state, gesture) = match self.state {
            State::Idle => (afresh(now, edge), None),
            State::Held { since } => self.held(now, since, edge),
            State::Waiting { since } => self.waiting(now, since, edge),
        };
        self.state = state;
        gesture
    }

    /// The same detector, its times counted from `now`.
    #[must_use]
    pub const fn counted_from(self, now: Instant) -> Self {
        let state = match self.state {
            State::Idle => State::Idle,
            State::Held { since } => State::Held {
                since: since.counted_from(now),
            },
            State::Waiting { since } => State::Waiting {
                since: since.counted_from(now),
            },
        };
        Self { state, ..self }
    }

    /// When a gesture is recognised, if the button stays as it is.
    #[must_use]
    pub const fn next_wakeup(&self, now: Instant) -> Wakeup {
        match self.state {
            State::Idle => Wakeup::NEVER,
            State::Held { since } => {
                Wakeup::after(self.config.long.saturating_sub(now.since(since)))
            }
            State::Waiting { since } => {
                Wakeup::after(self.window().saturating_sub(now.since(since)))
            }
        }
    }

    /// Abandons what is under way: nothing is reported before the button is pressed
    /// anew.
    pub const fn cancel(&mut self) {
        self.state = State::Idle;
    }

    /// How long a second press is waited for.
    const fn window(&self) -> Ticks {
        match self.config.double {
            Some(window) => window,
            None => Ticks::ZERO,
        }
    }

    fn held(&self, now: Instant, since: Instant, edge: Option<Edge>) -> (State, Option<Gesture>) {
        if now.since(since) >= self.config.long {
            return (State::Idle, Some(Gesture::Long));
        }
        match (edge, self.config.double) {
            (Some(Edge::Released), Some(_)) => (State::Waiting { since: now }, None),
            (Some(Edge::Released), None) => (State::Idle, Some(Gesture::Short)),
            _ => (self.state, None),
        }
    }

    fn waiting(
        &self,
        now: Instant,
        since: Instant,
        edge: Option<Edge>,
    ) -> (State, Option<Gesture>) {
        let waited = now.since(since);
        let window = self.window();
        if edge == Some(Edge::Pressed) && waited <= window {
            (State::Idle, Some(Gesture::Double))
        } else if waited >= window {
            (afresh(now, edge), Some(Gesture::Short))
        } else {
            (self.state, None)
        }
    }
}

/// Where an edge leads when nothing is under way.
const fn afresh(now: Instant, edge: Option<Edge>) -> State {
    match edge {
        Some(Edge::Pressed) => State::Held { since: now },
        Some(Edge::Released) | None => State::Idle,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    const LONG: u32 = 800;
    const WINDOW: u32 = 300;
    const DOUBLES: Config = Config {
        long: Ticks(LONG),
        double: Some(Ticks(WINDOW)),
    };
    const NO_DOUBLES: Config = Config {
        long: Ticks(LONG),
        double: None,
    };

    /// Plays presses, as the ticks of their edges in turn, through a detector whose
    /// counter starts at `start`, and lists what it reports.
    fn gestures(config: Config, start: u32, edges: &[u32]) -> Vec<(u32, Gesture)> {
        let mut detector = GestureDetector::new(config);
        let mut reported = Vec::new();
        let until = edges.last().map_or(0, |last| last + LONG + WINDOW);
        for tick in 0..=until {
            let edge = edges
                .iter()
                .position(|&at| at == tick)
                .map(|n| match n % 2 {
                    0 => Edge::Pressed,
                    _ => Edge::Released,
                });
            let now = Instant(start) + Ticks(tick);
            reported.extend(detector.poll(now, edge).map(|gesture| (tick, gesture)));
        }
        reported
    }

    #[test]
    fn without_doubles_a_short_press_is_reported_at_its_release() {
        assert_eq!(
            gestures(NO_DOUBLES, 0, &[100, 200]),
            [(200, Gesture::Short)]
        );
    }

    #[test]
    fn with_doubles_a_short_press_is_reported_when_the_window_has_passed() {
        assert_eq!(gestures(DOUBLES, 0, &[100, 200]), [(500, Gesture::Short)]);
    }

    #[test]
    fn a_long_press_is_reported_while_held_and_its_release_says_nothing() {
        for config in [DOUBLES, NO_DOUBLES] {
            assert_eq!(gestures(config, 0, &[100, 5_000]), [(900, Gesture::Long)]);
        }
    }

    #[test]
    fn a_release_makes_a_press_short_up_to_the_tick_before_it_is_long() {
        assert_eq!(
            gestures(NO_DOUBLES, 0, &[100, 899]),
            [(899, Gesture::Short)]
        );
        assert_eq!(gestures(NO_DOUBLES, 0, &[100, 900]), [(900, Gesture::Long)]);
    }

    #[test]
    fn the_last_tick_of_the_window_still_makes_a_double() {
        assert_eq!(
            gestures(DOUBLES, 0, &[100, 200, 500, 550]),
            [(500, Gesture::Double)]
        );
        assert_eq!(
            gestures(DOUBLES, 0, &[100, 200, 501, 550]),
            [(500, Gesture::Short), (850, Gesture::Short)]
        );
    }

    #[test]
    fn the_second_press_of_a_double_is_never_long() {
        assert_eq!(
            gestures(DOUBLES, 0, &[100, 200, 300, 5_000]),
            [(300, Gesture::Double)]
        );
    }

    #[test]
    fn a_third_press_begins_anew() {
        assert_eq!(
            gestures(DOUBLES, 0, &[100, 200, 300, 350, 400, 450]),
            [(300, Gesture::Double), (750, Gesture::Short)]
        );
    }

    #[test]
    fn a_late_press_after_a_missed_window_is_a_short_and_a_new_press() {
        let mut detector = GestureDetector::new(DOUBLES);
        detector.poll(Instant(0), Some(Edge::Pressed));
        detector.poll(Instant(10), Some(Edge::Released));
        assert_eq!(
            detector.poll(Instant(1_000), Some(Edge::Pressed)),
            Some(Gesture::Short)
        );
        assert_eq!(detector.poll(Instant(1_800), None), Some(Gesture::Long));
    }

    #[test]
    fn cancelling_a_held_press_silences_it_until_the_next() {
        let mut detector = GestureDetector::new(NO_DOUBLES);
        detector.poll(Instant(0), Some(Edge::Pressed));
        detector.cancel();
        assert_eq!(detector.poll(Instant(LONG), None), None);
        assert_eq!(detector.poll(Instant(1_000), Some(Edge::Released)), None);
        assert_eq!(detector.poll(Instant(1_100), Some(Edge::Pressed)), None);
        assert_eq!(
            detector.poll(Instant(1_200), Some(Edge::Released)),
            Some(Gesture::Short)
        );
    }

    #[test]
    fn cancelling_in_the_window_drops_the_short_press() {
        let mut detector = GestureDetector::new(DOUBLES);
        detector.poll(Instant(0), Some(Edge::Pressed));
        detector.poll(Instant(10), Some(Edge::Released));
        detector.cancel();
        assert_eq!(detector.poll(Instant(20), Some(Edge::Pressed)), None);
        assert_eq!(detector.poll(Instant(320), None), None);
    }

    /// What the rules say of whole presses, each `(pressed, released)`, without a state
    /// machine.
    fn by_the_rules(config: Config, presses: &[(u32, u32)]) -> Vec<(u32, Gesture)> {
        let mut reported = Vec::new();
        let mut presses = presses.iter().copied().peekable();
        while let Some((pressed, released)) = presses.next() {
            if released - pressed >= LONG {
                reported.push((pressed + LONG, Gesture::Long));
            } else if config.double.is_none() {
                reported.push((released, Gesture::Short));
            } else if let Some((second, _)) = presses.next_if(|p| p.0 - released <= WINDOW) {
                reported.push((second, Gesture::Double));
            } else {
                reported.push((released + WINDOW, Gesture::Short));
            }
        }
        reported
    }

    proptest! {
        #[test]
        fn it_wakes_when_a_gesture_is_recognised_and_never_too_late(
            start: u32,
            doubles: bool,
            gaps in proptest::collection::vec(1..2 * LONG, 0..8),
        ) {
            let mut detector =
                GestureDetector::new(if doubles { DOUBLES } else { NO_DOUBLES });
            let mut now = Instant(start);
            for (number, gap) in gaps.into_iter().enumerate() {
                for _ in 1..gap {
                    let idle = detector.next_wakeup(now).idle_ticks();
                    let shifted = detector.counted_from(now).next_wakeup(Instant::ZERO);
                    prop_assert_eq!(shifted, detector.next_wakeup(now));
                    now = now.next();
                    let is_recognised = detector.poll(now, None).is_some();
                    prop_assert_eq!(is_recognised, idle == Ticks::ZERO);
                }
                now = now.next();
                let edge = if number % 2 == 0 { Edge::Pressed } else { Edge::Released };
                detector.poll(now, Some(edge));
            }
        }

        #[test]
        fn gestures_follow_the_rules(
            start in prop_oneof![Just(0), (u32::MAX - 5_000)..=u32::MAX],
            doubles: bool,
            gaps in proptest::collection::vec((1..2 * WINDOW, 1..2 * LONG), 0..8),
        ) {
            let config = if doubles { DOUBLES } else { NO_DOUBLES };
            let mut tick = 0;
            let mut presses = Vec::new();
            for (up, down) in gaps {
                presses.push((tick + up, tick + up + down));
                tick += up + down;
            }
            let edges: Vec<u32> = presses.iter().flat_map(|&(p, r)| [p, r]).collect();
            prop_assert_eq!(gestures(config, start, &edges), by_the_rules(config, &presses));
        }
    }
}
