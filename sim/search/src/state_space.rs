//! All situations of one app, behind one type.

use std::hash::Hash;
use std::sync::Arc;

use lockstep_core::app::App;

use crate::explorer;
use crate::settings::{Exploration, Settings};

/// All situations that an app can come into.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use lockstep_apps::toggle::Toggle;
/// use lockstep_core::app::App;
/// use lockstep_search::input_model::InputModel;
/// use lockstep_search::monitor::RuleSet;
/// use lockstep_search::settings::{Ending, Settings};
/// use lockstep_search::state_space::{AppSpace, StateSpace};
///
/// let inputs = InputModel::free(1, &[], 0);
/// let space = AppSpace::new(<Toggle as App>::new, None);
/// let explored = space.explore(&Settings::new(&inputs, &()));
/// assert_eq!(explored.ending, Ending::Complete);
/// assert_eq!(explored.progress.states, 4);
/// ```
pub trait StateSpace: Send + Sync {
    /// Explores the behaviours of the app.
    fn explore(&self, settings: &Settings<'_>) -> Exploration;
}

/// The situations of an app of one type.
#[derive(Clone)]
pub struct AppSpace<A> {
    build: Arc<dyn Fn() -> A + Send + Sync>,
    state: Option<fn(&A) -> String>,
}

impl<A> AppSpace<A> {
    /// The situations of the app that `build` makes as it is after a reset; `state` shows one.
    pub fn new(
        build: impl Fn() -> A + Send + Sync + 'static,
        state: Option<fn(&A) -> String>,
    ) -> Self {
        Self {
            build: Arc::new(build),
            state,
        }
    }
}

impl<A: App + Clone + Eq + Hash + Send + Sync> StateSpace for AppSpace<A> {
    fn explore(&self, settings: &Settings<'_>) -> Exploration {
        explorer::explore(self.build.as_ref(), self.state, settings)
    }
}
