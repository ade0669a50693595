//! A [`Runner`] of any app behind one type, with what only the host needs: the state as text,
//! and independent copies, of an app that can do either.

use lockstep_core::action::Action;
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;
use lockstep_core::runner::Runner;
pub use lockstep_core::runner::{Observation, Observer};
use lockstep_core::time::RunTicks;
use lockstep_core::wakeup::Wakeup;

use crate::capabilities::Capabilities;
use crate::panic_guard::PanicGuard;

/// A running app of any type.
pub trait DynRunner {
    /// What the app declares.
    fn descriptor(&self) -> &'static AppDescriptor;

    /// The tick that was played last.
    fn now(&self) -> RunTicks;

    /// Plays up to and including `tick`, without inputs. Ticks in which the app says that nothing
    /// happens are passed over.
    fn advance(&mut self, tick: RunTicks, observer: &mut dyn Observer);

    /// Plays up to and including `tick`, without inputs, and every tick of it.
    fn advance_ticking(&mut self, tick: RunTicks, observer: &mut dyn Observer);

    /// When the app says that it can change next by itself.
    fn next_wakeup(&self) -> Wakeup;

    /// Applies an action at the present tick.
    fn apply(&mut self, action: Action, observer: &mut dyn Observer);

    /// Reports the outputs that the actions of the present tick have changed.
    fn flush_outputs(&mut self, observer: &mut dyn Observer);

    /// The levels of all outputs.
    fn levels(&self) -> &[Level];

    /// Whether the contact of a button is closed.
    fn is_closed(&self, button: ButtonId) -> bool;

    /// The state of the app, as its `Debug` prints it over several lines; `None` of an app that
    /// has none.
    fn state(&self) -> Option<String>;

    /// An independent copy; `None` of an app that cannot be copied.
    fn fork(&self) -> Option<Box<dyn DynRunner>>;

    /// How the code of the app is run.
    fn panic_guard(&self) -> PanicGuard;
}

/// A running app of one type; `B` makes it as it is after a reset.
pub(crate) struct AppRunner<A: App, B> {
    pub(crate) runner: Runner<A, B>,
    pub(crate) capabilities: Capabilities<A>,
    pub(crate) panic_guard: PanicGuard,
}

impl<A: App + 'static, B: Fn() -> A + Clone + 'static> DynRunner for AppRunner<A, B> {
    fn descriptor(&self) -> &'static AppDescriptor {
        const { &A::DESCRIPTOR }
    }

    fn now(&self) -> RunTicks {
        self.runner.now()
    }

    fn advance(&mut self, tick: RunTicks, observer: &mut dyn Observer) {
        self.runner.advance(tick, observer);
    }

    fn advance_ticking(&mut self, tick: RunTicks, observer: &mut dyn Observer) {
        while self.runner.now() < tick {
            self.runner.tick(observer);
        }
    }

    fn next_wakeup(&self) -> Wakeup {
        self.runner.app().next_wakeup()
    }

    fn apply(&mut self, action: Action, observer: &mut dyn Observer) {
        self.runner.apply(action, observer);
    }

    fn flush_outputs(&mut self, observer: &mut dyn Observer) {
        self.runner.flush_outputs(observer);
    }

    fn levels(&self) -> &[Level] {
        self.runner.levels()
    }

    fn is_closed(&self, button: ButtonId) -> bool {
        self.runner.is_closed(button)
    }

    fn state(&self) -> Option<String> {
        self.capabilities.state_of(self.runner.app())
    }

    fn fork(&self) -> Option<Box<dyn DynRunner>> {
        let runner = self.runner.copied(|app| self.capabilities.copy_of(app))?;
        Some(Box::new(Self { runner, ..*self }))
    }

    fn panic_guard(&self) -> PanicGuard {
        self.panic_guard
    }
}
