//! Apps that break.

use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::Level;
use lockstep_engine::registry::AppEntry;

/// If this is in the environment, the binary of these tests is a simulator of these apps.
pub(crate) const AS_SIMULATOR: &str = "LOCKSTEP_TEST_AS_SIMULATOR";

pub(crate) fn all() -> Vec<AppEntry> {
    vec![AppEntry::of::<Shaky>(), AppEntry::of::<Fragile>()]
}

/// Panics when its button is pressed: a fault of an app, which is shown on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shaky;

impl App for Shaky {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("shaky", "1.0.0").with_buttons(&["A"]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        assert!(!matches!(event, Event::Press(_)), "do not press me");
    }

    fn outputs(&self) -> [Level; 0] {
        []
    }
}

/// Panics when it is copied after its button was pressed. The UI is not guarded against that,
/// so that it stands for a fault of the UI.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Fragile {
    pressed: bool,
}

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(!self.pressed, "do not copy me");
        Self { ..*self }
    }
}

impl App for Fragile {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("fragile", "1.0.0").with_buttons(&["A"]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self { pressed: false }
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        self.pressed |= matches!(event, Event::Press(_));
    }

    fn outputs(&self) -> [Level; 0] {
        []
    }
}
