//! What the type of an app can do beyond the contract.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use lockstep_core::app::App;
use lockstep_search::state_space::{AppSpace, StateSpace};

use crate::task_wakeups::{FaultyWakeups, WakeupFault};

/// What the type of an app can do beyond [`App`]; each makes more possible.
///
/// [`app!`](crate::app!) finds out by itself. By hand:
///
/// ```
/// use lockstep_engine::capabilities::Capabilities;
/// # use lockstep_apps::toggle::Toggle;
///
/// let capabilities = Capabilities::<Toggle>::none().with_copies().with_state();
/// assert!(capabilities.has_copies());
/// ```
#[derive(Debug)]
pub struct Capabilities<A> {
    copy: Option<fn(&A) -> A>,
    state: Option<fn(&A) -> String>,
    space: Option<MakeSpace<A>>,
    situation: Option<fn(&A) -> u64>,
    with_fault: Option<fn(WakeupFault) -> A>,
}

/// Makes the situations of an app from what it is after a reset, and from how one is printed.
type MakeSpace<A> = fn(Arc<dyn Fn() -> A + Send + Sync>, Option<fn(&A) -> String>) -> BoxedSpace;

/// All situations of some app.
type BoxedSpace = Box<dyn StateSpace>;

impl<A: App> Capabilities<A> {
    /// Nothing beyond the contract: going back is playing again, and no state is shown.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            copy: None,
            state: None,
            space: None,
            situation: None,
            with_fault: None,
        }
    }

    /// It can be copied: going back is a copy.
    #[must_use]
    pub fn with_copies(self) -> Self
    where
        A: Clone,
    {
        Self {
            copy: Some(A::clone),
            ..self
        }
    }

    /// Its state can be printed.
    #[must_use]
    pub fn with_state(self) -> Self
    where
        A: Debug,
    {
        Self {
            state: Some(|app| format!("{app:#?}")),
            ..self
        }
    }

    /// It can be copied and compared, in any thread: its behaviours can be explored.
    #[must_use]
    pub fn with_comparison(self) -> Self
    where
        A: Clone + Eq + Hash + Send + Sync + 'static,
    {
        Self {
            space: Some(|build, state| Box::new(AppSpace::new(move || build(), state))),
            situation: Some(|app| {
                let counted = app.clone().counted_from_now();
                let mut hasher = DefaultHasher::new();
                counted.as_ref().unwrap_or(app).hash(&mut hasher);
                hasher.finish()
            }),
            ..self
        }
    }

    /// The wake-ups of its tasks can be provoked.
    #[must_use]
    pub const fn with_wakeup_faults(self) -> Self
    where
        A: FaultyWakeups,
    {
        Self {
            with_fault: Some(A::with_fault),
            ..self
        }
    }

    /// Whether it can be copied.
    #[must_use]
    pub const fn has_copies(&self) -> bool {
        self.copy.is_some()
    }

    /// Whether its state can be printed.
    #[must_use]
    pub const fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// Whether it can be copied and compared.
    #[must_use]
    pub const fn has_comparison(&self) -> bool {
        self.space.is_some()
    }

    /// The situations of an app that is this after a reset; `None` where it cannot be compared.
    pub(crate) fn space_of(
        &self,
        build: impl Fn() -> A + Send + Sync + 'static,
    ) -> Option<BoxedSpace> {
        self.space.map(|space| space(Arc::new(build), self.state))
    }

    /// Whether it has tasks whose wake-ups can be provoked.
    #[must_use]
    pub const fn has_wakeup_faults(&self) -> bool {
        self.with_fault.is_some()
    }

    pub(crate) fn with_fault(&self, fault: WakeupFault) -> Option<A> {
        self.with_fault.map(|with_fault| with_fault(fault))
    }

    pub(crate) fn copy_of(&self, app: &A) -> Option<A> {
        self.copy.map(|copy| copy(app))
    }

    pub(crate) fn situation_of(&self, app: &A) -> Option<u64> {
        self.situation.map(|situation| situation(app))
    }

    pub(crate) fn state_of(&self, app: &A) -> Option<String> {
        self.state.map(|state| state(app))
    }
}

impl<A> Clone for Capabilities<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Capabilities<A> {}

/// Makes an [`AppEntry`](crate::registry::AppEntry) of any [`App`]: it is copied if it is `Clone`,
/// shows its state if it is `Debug`, can be explored if it is also `Eq` and `Hash`, and `Send` and
/// `Sync`, and has its tasks woken otherwise if it is [`FaultyWakeups`].
///
/// ```
/// use lockstep_engine::registry::Registry;
/// # use lockstep_apps::toggle::Toggle;
///
/// let apps = Registry::new(vec![lockstep_engine::app!(Toggle)])?;
/// assert_eq!(apps.apps()[0].descriptor().name(), "toggle");
/// # Ok::<(), lockstep_engine::registry::DescriptorError>(())
/// ```
#[macro_export]
macro_rules! app {
    ($app:ty) => {{
        #[allow(unused_imports, reason = "which of the two is used depends on the app")]
        use $crate::capabilities::detection::{Absent as _, Present as _};
        let capabilities = $crate::capabilities::Capabilities::<$app>::none();
        let capabilities = (&$crate::capabilities::detection::Copies(capabilities)).detected();
        let capabilities = (&$crate::capabilities::detection::State(capabilities)).detected();
        let capabilities = (&$crate::capabilities::detection::Comparison(capabilities)).detected();
        let capabilities = (&$crate::capabilities::detection::Tasks(capabilities)).detected();
        $crate::registry::AppEntry::with_capabilities::<$app>(capabilities)
    }};
}

/// Which traits a type has, found by how a method is looked up: one that takes `&self` of the type
/// comes before one that takes `&self` of a reference to it.
#[doc(hidden)]
pub mod detection {
    use super::{App, Capabilities, Debug, FaultyWakeups, Hash};

    pub struct Copies<A>(pub Capabilities<A>);
    pub struct State<A>(pub Capabilities<A>);
    pub struct Comparison<A>(pub Capabilities<A>);
    pub struct Tasks<A>(pub Capabilities<A>);

    pub trait Present<A> {
        fn detected(&self) -> Capabilities<A>;
    }

    pub trait Absent<A> {
        fn detected(&self) -> Capabilities<A>;
    }

    impl<A: App + Clone> Present<A> for Copies<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0.with_copies()
        }
    }

    impl<A: App> Absent<A> for &Copies<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0
        }
    }

    impl<A: App + Debug> Present<A> for State<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0.with_state()
        }
    }

    impl<A: App> Absent<A> for &State<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0
        }
    }

    impl<A: App + Clone + Eq + Hash + Send + Sync + 'static> Present<A> for Comparison<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0.with_comparison()
        }
    }

    impl<A: App> Absent<A> for &Comparison<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0
        }
    }

    impl<A: FaultyWakeups> Present<A> for Tasks<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0.with_wakeup_faults()
        }
    }

    impl<A: App> Absent<A> for &Tasks<A> {
        fn detected(&self) -> Capabilities<A> {
            self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Capabilities;
    use super::detection::{Absent as _, Comparison, Copies, Present as _, State};
    use lockstep_core::app::{App, AppDescriptor, Sink};
    use lockstep_core::event::Event;
    use lockstep_core::output::Level;

    macro_rules! silent_app {
        ($name:ident) => {
            impl App for $name {
                const DESCRIPTOR: AppDescriptor = AppDescriptor::new("silent", "1.0.0");
                type Outputs = [Level; 0];
                fn new() -> Self {
                    Self
                }
                fn handle(&mut self, _: Event, _: &mut dyn Sink) {}
                fn outputs(&self) -> [Level; 0] {
                    []
                }
            }
        };
    }

    struct Bare;
    #[derive(Clone)]
    struct Copied;
    #[derive(Debug)]
    struct Printed;
    #[derive(Clone, Debug)]
    struct Both;
    silent_app!(Bare);
    silent_app!(Copied);
    silent_app!(Printed);
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Compared;
    silent_app!(Both);
    silent_app!(Compared);

    #[test]
    fn what_a_type_can_do_is_detected() {
        macro_rules! detected {
            ($app:ty) => {{
                let capabilities = Capabilities::<$app>::none();
                let capabilities = (&Copies(capabilities)).detected();
                let capabilities = (&State(capabilities)).detected();
                let capabilities = (&Comparison(capabilities)).detected();
                (
                    capabilities.has_copies(),
                    capabilities.has_state(),
                    capabilities.has_comparison(),
                )
            }};
        }
        assert_eq!(detected!(Bare), (false, false, false));
        assert_eq!(detected!(Copied), (true, false, false));
        assert_eq!(detected!(Printed), (false, true, false));
        assert_eq!(detected!(Both), (true, true, false));
        assert_eq!(detected!(Compared), (true, false, true));
    }
}
