//! A [`Runner`] of any app behind one type, with what only the host needs: the state as text,
//! and independent copies.

use lockstep_core::action::Action;
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::output::Level;
use lockstep_core::runner::Runner;
pub use lockstep_core::runner::{Observation, Observer};
use lockstep_core::time::Ticks;

use crate::panic_guard::PanicGuard;

/// A running app of any type.
pub trait DynRunner {
    /// What the app declares.
    fn descriptor(&self) -> &'static AppDescriptor;

    /// The tick that was played last.
    fn now(&self) -> Ticks;

    /// Plays up to and including `tick`, without inputs.
    fn advance(&mut self, tick: Ticks, observer: &mut dyn Observer);

    /// Applies an action at the present tick.
    fn apply(&mut self, action: Action, observer: &mut dyn Observer);

    /// Reports the outputs that the actions of the present tick have changed.
    fn flush_outputs(&mut self, observer: &mut dyn Observer);

    /// The levels of all outputs.
    fn levels(&self) -> &[Level];

    /// Whether the contact of a button is closed.
    fn is_closed(&self, button: ButtonId) -> bool;

    /// The state of the app, as its `Debug` prints it over several lines.
    fn state(&self) -> String;

    /// An independent copy.
    fn fork(&self) -> Box<dyn DynRunner>;

    /// How the code of the app is run.
    fn panic_guard(&self) -> PanicGuard;
}

/// A running app of one type.
#[derive(Clone, Debug)]
pub struct AppRunner<A: App> {
    runner: Runner<A>,
    panic_guard: PanicGuard,
}

impl<A: App + 'static> AppRunner<A> {
    /// Powers up `app` at tick 0 under this boot condition; a later reset starts `after_reset`.
    pub fn power_up(
        app: A,
        after_reset: A,
        condition: BootCondition,
        observer: &mut dyn Observer,
    ) -> Self {
        Self {
            runner: Runner::power_up(app, after_reset, condition, observer),
            panic_guard: PanicGuard::default(),
        }
    }

    /// The same runner, the code of its app run under this guard.
    #[must_use]
    pub fn with_panic_guard(self, panic_guard: PanicGuard) -> Self {
        Self {
            panic_guard,
            ..self
        }
    }
}

impl<A: App + 'static> DynRunner for AppRunner<A> {
    fn descriptor(&self) -> &'static AppDescriptor {
        const { &A::DESCRIPTOR }
    }

    fn now(&self) -> Ticks {
        self.runner.now()
    }

    fn advance(&mut self, tick: Ticks, observer: &mut dyn Observer) {
        while self.runner.now() < tick {
            self.runner.tick(observer);
        }
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

    fn state(&self) -> String {
        format!("{:#?}", self.runner.app())
    }

    fn fork(&self) -> Box<dyn DynRunner> {
        Box::new(self.clone())
    }

    fn panic_guard(&self) -> PanicGuard {
        self.panic_guard
    }
}
