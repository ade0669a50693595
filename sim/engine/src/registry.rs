//! The apps that can be played, their descriptors checked.

mod descriptor_check;
mod mode_check;
mod ports;

use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::sync::Arc;

use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::runner::{BeforeReset, Runner};
use lockstep_core::time::{Instant, TickPeriod};
use lockstep_search::state_space::StateSpace;
use thiserror::Error;

use crate::app_failure::AppFailure;
use crate::capabilities::Capabilities;
use crate::diagnostic::one_of;
use crate::dyn_runner::{AppRunner, DynRunner, Observer};
use crate::output_color::OutputColor;
use crate::panic_guard::PanicGuard;
use crate::sanitize::excerpt;
use crate::script::BootCondition;
use crate::task_wakeups::WakeupFault;

use descriptor_check::check_descriptor;
pub(crate) use descriptor_check::check_name;
use mode_check::check_modes;

/// The longest name in a descriptor, in bytes.
pub const MAX_NAME: usize = 32;

/// An app that can be played.
#[derive(Clone)]
pub struct AppEntry {
    descriptor: &'static AppDescriptor,
    colors: Vec<(&'static str, OutputColor)>,
    start: Arc<Start>,
    space: Option<Arc<dyn StateSpace>>,
    mutants: Option<fn() -> Vec<Mutant>>,
    with_modes: Option<Arc<Self>>,
    panic_guard: PanicGuard,
    has_tasks: bool,
    fault: Option<WakeupFault>,
}

/// An app that is wrong on purpose, to see whether a test notices.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// What is another, such as `debounce + 1`.
    pub name: String,
    /// The app.
    pub app: AppEntry,
}

/// What powering up gives: `None` of an app that cannot start its tick counter there.
pub type StartResult = Result<Option<Box<dyn DynRunner>>, AppFailure>;

/// How an app comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot<'a> {
    /// At tick 0, its tick counter at this value.
    PowerUp(Instant),
    /// By a reset, in a run that goes on. Its outputs are not observed yet.
    Reset(BeforeReset<'a>),
}

type Start =
    dyn Fn(Boot<'_>, BootCondition, &AppEntry, &mut dyn Observer) -> StartResult + Send + Sync;

impl AppEntry {
    /// The app of this type, which can be copied and printed. [`app!`](crate::app!) takes any.
    #[must_use]
    pub fn of<A: App + Clone + Debug + 'static>() -> Self {
        Self::with_capabilities::<A>(Capabilities::none().with_copies().with_state())
    }

    /// The app of this type, with what it can do beyond the contract.
    #[must_use]
    pub fn with_capabilities<A: App + 'static>(capabilities: Capabilities<A>) -> Self {
        let build = |clock| match clock {
            Instant::ZERO => Some(A::new()),
            clock => A::starting_at(clock),
        };
        Self::with_builder(build, A::new, capabilities)
    }

    /// An app made by `power_up`, with its tick counter at the given value, and by `after_reset`:
    /// for apps that can be built in more than one way.
    pub fn with_builder<A: App + 'static>(
        power_up: impl Fn(Instant) -> Option<A> + Send + Sync + 'static,
        after_reset: impl Fn() -> A + Send + Sync + 'static,
        capabilities: Capabilities<A>,
    ) -> Self {
        let after_reset = Arc::new(after_reset);
        let space = {
            let after_reset = Arc::clone(&after_reset);
            capabilities.space_of(move || after_reset())
        };
        Self {
            descriptor: const { &A::DESCRIPTOR },
            colors: Vec::new(),
            space: space.map(Arc::from),
            mutants: None,
            with_modes: None,
            start: Arc::new(move |boot, condition, entry: &Self, observer| {
                let (panic_guard, fault) = (entry.panic_guard, entry.fault);
                let started = panic_guard.run(|| {
                    let build = {
                        let after_reset = Arc::clone(&after_reset);
                        move || {
                            let provoked = fault.and_then(|fault| capabilities.with_fault(fault));
                            provoked.unwrap_or_else(|| after_reset())
                        }
                    };
                    let runner = match boot {
                        Boot::PowerUp(clock) => {
                            let app = match fault {
                                None => power_up(clock)?,
                                Some(_) if clock == Instant::ZERO => build(),
                                Some(_) => return None,
                            };
                            Runner::power_up(app, build, condition, observer)
                        }
                        Boot::Reset(before) => {
                            Runner::resume_after_reset(build(), build, &before, condition, observer)
                        }
                    };
                    let runner: Box<dyn DynRunner> = Box::new(AppRunner {
                        runner,
                        capabilities,
                        panic_guard,
                    });
                    Some(runner)
                });
                started.map_err(AppFailure::Panicked)
            }),
            panic_guard: PanicGuard::default(),
            has_tasks: capabilities.has_wakeup_faults(),
            fault: None,
        }
    }

    /// The same app, brought up by `start` instead: somewhere else than in this process.
    #[must_use]
    pub fn with_start(
        self,
        start: impl Fn(Boot<'_>, BootCondition, Option<WakeupFault>, &mut dyn Observer) -> StartResult
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            start: Arc::new(move |boot, condition, entry: &Self, observer| {
                start(boot, condition, entry.fault, observer)
            }),
            ..self
        }
    }

    /// The same app, its tasks woken so; `None` of an app that has no tasks.
    #[must_use]
    pub fn with_wakeup_fault(&self, fault: WakeupFault) -> Option<Self> {
        self.has_tasks.then(|| Self {
            fault: Some(fault),
            ..self.clone()
        })
    }

    /// The same app, one of its outputs drawn in this color; others are red.
    ///
    /// [`Registry::new`] refuses a name that is not an output of the app.
    #[must_use]
    pub fn with_output_color(mut self, output: &'static str, color: OutputColor) -> Self {
        self.colors.push((output, color));
        self
    }

    /// The same app, with mutants of it: apps with the same descriptor, of which one constant is
    /// another.
    #[must_use]
    pub fn with_mutants(self, mutants: fn() -> Vec<Mutant>) -> Self {
        Self {
            mutants: Some(mutants),
            ..self
        }
    }

    /// The mutants of the app; none if it was given none.
    #[must_use]
    pub fn mutants(&self) -> Vec<Mutant> {
        self.mutants.map_or(Vec::new(), |mutants| mutants())
    }

    /// The same app, with modes: another entry of it, which also says them.
    /// [`Registry::new`] refuses one of another app.
    ///
    /// ```
    /// # use lockstep_core::app::{App, AppDescriptor, Sink};
    /// # use lockstep_core::event::Event;
    /// use lockstep_core::modes::{Mode, Modes, WithModes};
    /// use lockstep_engine::app;
    /// # #[derive(Clone, Debug)]
    /// # struct Door { is_open: bool }
    /// # impl App for Door {
    /// #     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("door", "1.0.0");
    /// #     type Outputs = [lockstep_core::output::Level; 0];
    /// #     fn new() -> Self { Self { is_open: false } }
    /// #     fn handle(&mut self, _: Event, _: &mut dyn Sink) {}
    /// #     fn outputs(&self) -> Self::Outputs { [] }
    /// # }
    ///
    /// impl Modes for Door {
    ///     const MODES: &'static [Mode] = &[Mode::new("leaf", &["closed", "open"])];
    ///
    ///     fn variant(&self, _mode: usize) -> usize {
    ///         usize::from(self.is_open)
    ///     }
    /// }
    ///
    /// let entry = app!(Door).with_modes(app!(WithModes<Door>));
    /// assert_eq!(entry.for_questions().descriptor().logs()[0].name(), "leaf");
    /// ```
    #[must_use]
    pub fn with_modes(self, with_modes: Self) -> Self {
        Self {
            with_modes: Some(Arc::new(with_modes)),
            ..self
        }
    }

    /// The app as questions play it: with its modes as logs, if it has any.
    #[must_use]
    pub fn for_questions(&self) -> Self {
        match &self.with_modes {
            Some(with_modes) => Self {
                colors: self.colors.clone(),
                panic_guard: self.panic_guard,
                ..Self::clone(with_modes)
            },
            None => self.clone(),
        }
    }

    /// The color an output of this name is drawn in.
    #[must_use]
    pub fn output_color(&self, output: &str) -> OutputColor {
        let found = self.colors.iter().rev().find(|(name, _)| *name == output);
        found.map_or(OutputColor::default(), |(_, color)| *color)
    }

    /// The same app, its code run under this guard.
    #[must_use]
    pub fn with_panic_guard(self, panic_guard: PanicGuard) -> Self {
        Self {
            panic_guard,
            ..self
        }
    }

    /// How the code of the app is run.
    #[must_use]
    pub fn panic_guard(&self) -> PanicGuard {
        self.panic_guard
    }

    /// All situations of the app, to be explored in this process; `None` of an app that cannot be
    /// copied and compared.
    #[must_use]
    pub fn state_space(&self) -> Option<&dyn StateSpace> {
        self.space.as_deref()
    }

    /// What the app declares.
    #[must_use]
    pub fn descriptor(&self) -> &'static AppDescriptor {
        self.descriptor
    }

    /// Brings the app up; `None` if its tick counter cannot start there.
    ///
    /// # Errors
    ///
    /// An [`AppFailure`].
    pub fn start(
        &self,
        boot: Boot<'_>,
        condition: BootCondition,
        observer: &mut dyn Observer,
    ) -> StartResult {
        (self.start)(boot, condition, self, observer)
    }
}

impl Debug for AppEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppEntry")
            .field(&self.descriptor.name())
            .finish()
    }
}

/// Apps whose descriptors have been checked.
#[derive(Clone, Debug)]
pub struct Registry {
    apps: Vec<AppEntry>,
}

/// No app has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no app `{}`, expected {}", excerpt(.name), one_of(.known.iter().copied()))]
#[non_exhaustive]
pub struct UnknownApp {
    /// The name that was asked for.
    pub name: String,
    /// The names of the apps there are.
    pub known: Vec<&'static str>,
}

impl Registry {
    /// A registry of these apps.
    ///
    /// # Errors
    ///
    /// A [`DescriptorError`] for the first descriptor that cannot be used.
    pub fn new(apps: Vec<AppEntry>) -> Result<Self, DescriptorError> {
        // No `HashSet`: its keys, drawn here, would be those of all players that are forked, and hide an
        // app that depends on them.
        let mut names = BTreeSet::new();
        for app in &apps {
            let descriptor = app.descriptor();
            check_descriptor(descriptor)?;
            check_colors(app)?;
            check_modes(app)?;
            if !names.insert(descriptor.name()) {
                return Err(DescriptorError::new(
                    descriptor,
                    "another app has the same name".to_owned(),
                ));
            }
        }
        Ok(Self { apps })
    }

    /// The same apps, as questions play them: [`AppEntry::for_questions`].
    #[must_use]
    pub fn for_questions(&self) -> Self {
        Self {
            apps: self.apps.iter().map(AppEntry::for_questions).collect(),
        }
    }

    /// The same apps, their code run under this guard.
    #[must_use]
    pub fn with_panic_guard(self, panic_guard: PanicGuard) -> Self {
        let apps = self.apps.into_iter();
        Self {
            apps: apps.map(|app| app.with_panic_guard(panic_guard)).collect(),
        }
    }

    /// What catches the panics of apps, and of decoders.
    #[must_use]
    pub fn panic_guard(&self) -> PanicGuard {
        self.apps
            .first()
            .map(AppEntry::panic_guard)
            .unwrap_or_default()
    }

    /// The apps, in the order they were given.
    #[must_use]
    pub fn apps(&self) -> &[AppEntry] {
        &self.apps
    }

    /// How long the ticks of an app are; of none, or of one that is not known, a millisecond.
    #[must_use]
    pub fn tick_of(&self, app: Option<&str>) -> TickPeriod {
        let app = app.and_then(|app| self.find(app).ok());
        app.map_or(TickPeriod::MILLISECOND, |app| app.descriptor().tick())
    }

    /// The app of this name.
    ///
    /// # Errors
    ///
    /// [`UnknownApp`] if there is none.
    pub fn find(&self, name: &str) -> Result<&AppEntry, UnknownApp> {
        self.apps
            .iter()
            .find(|app| app.descriptor().name() == name)
            .ok_or_else(|| UnknownApp {
                name: name.to_owned(),
                known: self
                    .apps
                    .iter()
                    .map(|app| app.descriptor().name())
                    .collect(),
            })
    }
}

/// The descriptor of an app cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the descriptor of app `{app}` cannot be used: {problem}")]
#[non_exhaustive]
pub struct DescriptorError {
    /// The app.
    pub app: &'static str,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl DescriptorError {
    fn new(descriptor: &'static AppDescriptor, problem: String) -> Self {
        Self {
            app: descriptor.name(),
            problem,
        }
    }
}

fn check_colors(app: &AppEntry) -> Result<(), DescriptorError> {
    let outputs = app.descriptor.outputs().iter().map(|output| output.name());
    let matrices = app.descriptor.matrices().iter().map(|matrix| matrix.name());
    let known = outputs.chain(matrices);
    let unknown = |(name, _): &&(&str, OutputColor)| known.clone().all(|known| known != *name);
    match app.colors.iter().find(unknown) {
        None => Ok(()),
        Some((name, _)) => Err(DescriptorError::new(
            app.descriptor,
            format!("a color is given for `{name}`, which is not an output of the app"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shipped;
    use lockstep_apps::toggle;

    #[test]
    fn the_shipped_apps_are_usable() {
        Registry::new(shipped()).unwrap();
    }

    #[test]
    fn a_color_for_an_unknown_output_is_refused() {
        let toggle = AppEntry::of::<toggle::Toggle>();
        let green = toggle.clone().with_output_color("led", OutputColor::Green);
        assert_eq!(green.output_color("led"), OutputColor::Green);
        Registry::new(vec![green]).unwrap();
        let none = toggle.with_output_color("lamp", OutputColor::Green);
        let problem = Registry::new(vec![none]).unwrap_err().problem;
        assert!(problem.contains("`lamp`"), "{problem}");
    }

    #[test]
    fn the_same_name_twice_is_refused() {
        let twice = vec![AppEntry::of::<toggle::Toggle>(); 2];
        let error = Registry::new(twice).unwrap_err();
        assert_eq!(error.app, "toggle");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let registry = Registry::new(shipped()).unwrap();
        let error = registry.find("togle").unwrap_err();
        assert_eq!(error.name, "togle");
        assert!(error.known.contains(&"toggle"));
    }
}
