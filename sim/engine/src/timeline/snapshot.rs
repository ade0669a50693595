//! What can be seen of an app at one tick.

use lockstep_core::contacts::Contacts;
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;

use crate::dyn_runner::DynRunner;
use crate::play;

/// An app as it was at the end of one tick. Nothing is played in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    tick: RunTicks,
    levels: Vec<Level>,
    contacts: Contacts,
    numbers: Vec<i32>,
    state: Option<String>,
}

impl Snapshot {
    pub(super) fn of(runner: &dyn DynRunner) -> Self {
        Self {
            tick: runner.now(),
            levels: runner.levels().to_vec(),
            contacts: runner.contacts(),
            numbers: runner.numbers().to_vec(),
            state: play::state_of(runner),
        }
    }

    /// The tick.
    #[must_use]
    pub fn tick(&self) -> RunTicks {
        self.tick
    }

    /// The levels of all outputs, in the order in which the app declares them.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Whether the contact of a button was closed.
    #[must_use]
    pub fn is_closed(&self, button: ButtonId) -> bool {
        self.contacts.is_closed(button)
    }

    /// What the number inputs were, in the order in which the app declares them.
    #[must_use]
    pub fn numbers(&self) -> &[i32] {
        &self.numbers
    }

    /// The state of the app, as its `Debug` prints it, or why it could not be printed; `None` of
    /// an app that has no `Debug`.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}
