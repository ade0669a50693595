//! The two buttons, the chord of both, and the lock.

use super::context::Context;
use super::messages;
use super::tuning::Tuning;
use lockstep_core::debounce::{Debounce, Edge};
use lockstep_core::event::ButtonId;
use lockstep_core::gesture::{Config, Gesture, GestureDetector};
use lockstep_core::hold_timer::HoldTimer;
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::wakeup::Wakeup;

/// Everything between the contacts and the light.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Controls {
    a: Button,
    b: Button,
    chord: HoldTimer,
    locked: bool,
}

/// What the buttons ask for at one tick.
pub(super) struct Request {
    /// A button was pressed that is not locked.
    pub(super) touched: bool,
    pub(super) a: Option<Gesture>,
    pub(super) b: Option<Gesture>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Button {
    contact: Debounce,
    detector: GestureDetector,
}

impl Controls {
    pub(super) const fn new(tuning: &Tuning) -> Self {
        Self {
            a: Button::new(tuning, Some(tuning.double_press)),
            b: Button::new(tuning, None),
            chord: HoldTimer::new(tuning.lock_hold),
            locked: false,
        }
    }

    pub(super) const fn locked(&self) -> bool {
        self.locked
    }

    /// Takes an edge of a contact; buttons that the lamp does not have say nothing.
    pub(super) const fn raw(&mut self, now: Instant, button: ButtonId, closed: bool) {
        match button {
            ButtonId(0) => self.a.contact.raw(now, closed),
            ButtonId(1) => self.b.contact.raw(now, closed),
            ButtonId(_) => {}
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Request {
        let now = context.now;
        let edge_a = self.a.contact.poll(now);
        let edge_b = self.b.contact.poll(now);
        let both = self.a.contact.is_pressed() && self.b.contact.is_pressed();

        let pressed_a = edge_a == Some(Edge::Pressed);
        let pressed_b = edge_b == Some(Edge::Pressed);
        if self.locked {
            if pressed_a {
                context.say(messages::IGNORED_A);
            }
            if pressed_b {
                context.say(messages::IGNORED_B);
            }
        }

        // Withholding the edges is enough to silence a button until it is pressed anew:
        // a detector that was cancelled has nothing to say of a release.
        let (a, b) = if self.locked || both {
            self.a.detector.cancel();
            self.b.detector.cancel();
            (None, None)
        } else {
            (
                self.a.detector.poll(now, edge_a),
                self.b.detector.poll(now, edge_b),
            )
        };
        let touched = !self.locked && (pressed_a || pressed_b);

        if self.chord.poll(now, both) {
            self.locked = !self.locked;
            context.say(messages::lock(self.locked));
        }
        Request { touched, a, b }
    }

    pub(super) fn counted_from(self, now: Instant) -> Self {
        Self {
            a: self.a.counted_from(now),
            b: self.b.counted_from(now),
            chord: self.chord.counted_from(now),
            ..self
        }
    }

    pub(super) fn next_wakeup(&self, now: Instant) -> Wakeup {
        let buttons = self.a.next_wakeup(now).min(self.b.next_wakeup(now));
        buttons.min(self.chord.next_wakeup(now))
    }
}

impl Button {
    const fn new(tuning: &Tuning, double: Option<Ticks>) -> Self {
        Self {
            contact: Debounce::new(tuning.debounce),
            detector: GestureDetector::new(Config {
                long: tuning.long_press,
                double,
            }),
        }
    }

    fn counted_from(self, now: Instant) -> Self {
        Self {
            contact: self.contact.counted_from(now),
            detector: self.detector.counted_from(now),
        }
    }

    fn next_wakeup(&self, now: Instant) -> Wakeup {
        let contact = self.contact.next_wakeup(now);
        contact.min(self.detector.next_wakeup(now))
    }
}
