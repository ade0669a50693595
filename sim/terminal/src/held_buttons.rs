//! Which buttons are held down, and by what.

use lockstep_core::event::ButtonId;
use lockstep_core::time::{RunTicks, TickPeriod};

/// How long a key press holds a button where the terminal does not report its release:
/// longer than any debounce, shorter than any long press.
pub(super) const fn tap(tick: TickPeriod) -> RunTicks {
    tick.run_ticks(60_000)
}

/// What holds a button down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A tap, which ends at this tick.
    Tap(RunTicks),
    /// A key, until it is released.
    Key,
    /// The mouse, until its button is released.
    Mouse,
    /// A latch: the button stays down until it is pressed again.
    Latch,
}

/// The buttons that are held down at the end of the current branch.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldButtons {
    held: Vec<(ButtonId, Holder)>,
}

impl HeldButtons {
    pub(super) fn hold(&mut self, button: ButtonId, holder: Holder) {
        self.release(button);
        self.held.push((button, holder));
    }

    pub(super) fn release(&mut self, button: ButtonId) {
        self.held.retain(|(held, _)| *held != button);
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    pub(super) fn holder(&self, button: ButtonId) -> Option<Holder> {
        let mut held = self.held.iter();
        held.find(|(held, _)| *held == button)
            .map(|(_, holder)| *holder)
    }

    pub(super) fn held_by(&self, holder: Holder) -> Vec<ButtonId> {
        let held = self.held.iter().filter(|(_, by)| *by == holder);
        held.map(|(button, _)| *button).collect()
    }

    /// When the next tap ends, and of which button.
    pub(super) fn next_release(&self) -> Option<(RunTicks, ButtonId)> {
        let taps = self
            .held
            .iter()
            .filter_map(|(button, holder)| match holder {
                Holder::Tap(until) => Some((*until, *button)),
                Holder::Key | Holder::Mouse | Holder::Latch => None,
            });
        taps.min()
    }
}
