//! The apps that can be played, their descriptors checked.

mod ports;

use std::collections::BTreeSet;
use std::fmt::{self, Debug};
use std::sync::Arc;

use lockstep_core::app::{App, AppDescriptor, LogKind, LogValues};
use lockstep_core::output::Range;
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
use crate::trace::RESET;
use crate::waking::Waking;

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
    panic_guard: PanicGuard,
    has_tasks: bool,
    waking: Option<Waking>,
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
pub type Started = Result<Option<Box<dyn DynRunner>>, AppFailure>;

/// How an app comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot<'a> {
    /// At tick 0, its tick counter at this value.
    PowerUp(Instant),
    /// By a reset, in a run that goes on. Its outputs are not observed yet.
    Reset(BeforeReset<'a>),
}

type Start = dyn Fn(Boot<'_>, BootCondition, &AppEntry, &mut dyn Observer) -> Started + Send + Sync;

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
        Self::built_by(build, A::new, capabilities)
    }

    /// An app made by `power_up`, with its tick counter at the given value, and by `after_reset`:
    /// for apps that can be built in more than one way.
    pub fn built_by<A: App + 'static>(
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
            start: Arc::new(move |boot, condition, entry: &Self, observer| {
                let (panic_guard, waking) = (entry.panic_guard, entry.waking);
                let started = panic_guard.run(|| {
                    let build = {
                        let after_reset = Arc::clone(&after_reset);
                        move || {
                            let provoked = waking.and_then(|waking| capabilities.provoked(waking));
                            provoked.unwrap_or_else(|| after_reset())
                        }
                    };
                    let runner = match boot {
                        Boot::PowerUp(clock) => {
                            let app = match waking {
                                None => power_up(clock)?,
                                Some(_) if clock == Instant::ZERO => build(),
                                Some(_) => return None,
                            };
                            Runner::power_up(app, build, condition, observer)
                        }
                        Boot::Reset(before) => {
                            Runner::rebooted(build(), build, &before, condition, observer)
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
            has_tasks: capabilities.has_provoked_wakeups(),
            waking: None,
        }
    }

    /// The same app, brought up by `start` instead: somewhere else than in this process.
    #[must_use]
    pub fn started_by(
        self,
        start: impl Fn(Boot<'_>, BootCondition, Option<Waking>, &mut dyn Observer) -> Started
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            start: Arc::new(move |boot, condition, entry: &Self, observer| {
                start(boot, condition, entry.waking, observer)
            }),
            ..self
        }
    }

    /// The same app, its tasks woken so; `None` of an app that has no tasks.
    #[must_use]
    pub fn with_waking(&self, waking: Waking) -> Option<Self> {
        self.has_tasks.then(|| Self {
            waking: Some(waking),
            ..self.clone()
        })
    }

    /// The same app, one of its outputs drawn in this colour; others are red.
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

    /// The colour an output of this name is drawn in.
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
    ) -> Started {
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
            if !names.insert(descriptor.name()) {
                return Err(DescriptorError::new(
                    descriptor,
                    "another app has the same name".to_owned(),
                ));
            }
        }
        Ok(Self { apps })
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

fn check_descriptor(descriptor: &'static AppDescriptor) -> Result<(), DescriptorError> {
    let refuse = |problem| Err(DescriptorError::new(descriptor, problem));
    let inputs = descriptor.buttons().iter().copied();
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let logs = descriptor.logs().iter().map(|log| log.name());

    let conditions = descriptor.boot_conditions().iter().copied();
    let problem = check_lower_case("the app", descriptor.name())
        .or_else(|| {
            descriptor
                .buttons()
                .iter()
                .find_map(|name| check_name("button", name))
        })
        .or_else(|| {
            outputs
                .clone()
                .find_map(|name| check_lower_case("output", name))
        })
        .or_else(|| logs.clone().find_map(|name| check_lower_case("log", name)))
        .or_else(|| {
            conditions
                .clone()
                .find_map(|name| check_lower_case("boot condition", name))
        })
        .or_else(|| {
            let most = AppDescriptor::MAX_BOOT_CONDITIONS;
            check_list("boot condition", conditions, most)
        })
        .or_else(|| check_list("button", inputs, AppDescriptor::MAX_BUTTONS))
        .or_else(|| check_list("output", outputs, AppDescriptor::MAX_OUTPUTS))
        .or_else(|| check_list("log", logs, AppDescriptor::MAX_LOGS))
        .or_else(|| ports::problem(descriptor));
    if let Some(problem) = problem {
        return refuse(problem);
    }
    if descriptor.buttons().contains(&RESET) {
        return refuse(format!("no button can be called `{RESET}`"));
    }
    if descriptor
        .boot_conditions()
        .contains(&BootCondition::OK_NAME)
    {
        return refuse(
            "no boot condition can be called `ok`: that is what all is well is called".to_owned(),
        );
    }
    // In an expectation, these words are keywords.
    const SUBJECTS: &[&str] = &["log", "no", "only"];
    const AFTER_A_WORD: &[&str] = &["within", "for"];
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let lines = descriptor.serial_lines().iter().map(|line| line.name());
    let matrices = descriptor.matrices().iter().map(|matrix| matrix.name());
    for (what, name, taken) in outputs
        .map(|name| ("output", name, SUBJECTS))
        .chain(lines.map(|name| ("serial line", name, SUBJECTS)))
        .chain(matrices.map(|name| ("matrix", name, SUBJECTS)))
        .chain(words(descriptor).map(|word| ("word of a log", word, AFTER_A_WORD)))
    {
        if taken.contains(&name) {
            return refuse(format!("no {what} can be called `{name}`"));
        }
    }
    for output in descriptor.outputs() {
        if matches!(output.range(), Range::Analog { max: 0 | 1 }) {
            return refuse(format!(
                "output `{}` is analog with at most two levels; declare it digital",
                output.name()
            ));
        }
    }
    for log in descriptor.logs() {
        if let LogValues::Words(words) = log.values() {
            let problem = words
                .iter()
                .find_map(|word| check_lower_case("word", word))
                .or_else(|| check_list("word", words.iter().copied(), LogKind::MAX_WORDS));
            if let Some(problem) = problem {
                return refuse(format!("log `{}`: {problem}", log.name()));
            }
        }
    }
    Ok(())
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
            format!("a colour is given for `{name}`, which is no output of the app"),
        )),
    }
}

/// The words of all logs.
fn words(descriptor: &'static AppDescriptor) -> impl Iterator<Item = &'static str> {
    descriptor.logs().iter().flat_map(|log| match log.values() {
        LogValues::Words(words) => words.iter().copied(),
        LogValues::Number | LogValues::Text => [].iter().copied(),
    })
}

fn check_lower_case(what: &str, name: &str) -> Option<String> {
    if name.contains(|c: char| c.is_ascii_uppercase()) {
        return Some(format!("{what} name `{name}` is not in lower case"));
    }
    check_name(what, name)
}

/// What is wrong with a name, if anything.
pub(crate) fn check_name(what: &str, name: &str) -> Option<String> {
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !well_formed {
        Some(format!(
            "{what} name `{name}` must be letters, digits, `-` and `_`, beginning with a letter"
        ))
    } else if name.len() > MAX_NAME {
        Some(format!(
            "{what} name `{name}` has {} bytes; at most {MAX_NAME} are allowed",
            name.len()
        ))
    } else {
        None
    }
}

/// What is wrong with a list of names, if anything: two that are the same, or too many.
fn check_list(
    what: &str,
    names: impl Iterator<Item = &'static str>,
    most: usize,
) -> Option<String> {
    let plural = match what {
        "matrix" => "matrices".to_owned(),
        _ => format!("{what}s"),
    };
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for name in names {
        if !seen.insert(name) {
            return Some(format!("two {plural} are called `{name}`"));
        }
        count += 1;
    }
    (count > most).then(|| format!("it has {count} {plural}; at most {most} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shipped;
    use lockstep_apps::toggle;
    use lockstep_core::app::LogKind;
    use lockstep_core::output::Output;

    const GOOD: AppDescriptor = AppDescriptor::new("good", "1.0.0")
        .with_buttons(&["A", "B"])
        .with_outputs(&[Output::digital("led")])
        .with_logs(&[LogKind::words("power", &["off", "on"])]);

    #[test]
    fn the_shipped_apps_are_usable() {
        Registry::new(shipped()).unwrap();
    }

    #[test]
    fn a_colour_for_an_unknown_output_is_refused() {
        let toggle = AppEntry::of::<toggle::Firmware>();
        let green = toggle.clone().with_output_color("led", OutputColor::Green);
        assert_eq!(green.output_color("led"), OutputColor::Green);
        Registry::new(vec![green]).unwrap();
        let none = toggle.with_output_color("lamp", OutputColor::Green);
        let problem = Registry::new(vec![none]).unwrap_err().problem;
        assert!(problem.contains("`lamp`"), "{problem}");
    }

    #[test]
    fn the_same_name_twice_is_refused() {
        let twice = vec![AppEntry::of::<toggle::Firmware>(); 2];
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

    /// So many names of one kind, each different, and lower case.
    fn names(count: usize) -> &'static [&'static str] {
        let names = (0..count).map(|index| -> &'static str { format!("n{index}").leak() });
        names.collect::<Vec<_>>().leak()
    }

    #[test]
    fn a_descriptor_has_at_most_max_items_of_a_kind() {
        let problem = |descriptor: AppDescriptor| {
            let checked = check_descriptor(Box::leak(Box::new(descriptor)));
            checked.err().map(|error| error.problem)
        };
        type WithCount = fn(usize) -> AppDescriptor;
        let with: [(WithCount, usize, &str); 5] = [
            (
                |count| GOOD.with_buttons(names(count)),
                AppDescriptor::MAX_BUTTONS,
                "buttons",
            ),
            (
                |count| {
                    let outputs = names(count).iter().map(|name| Output::digital(name));
                    GOOD.with_outputs(outputs.collect::<Vec<_>>().leak())
                },
                AppDescriptor::MAX_OUTPUTS,
                "outputs",
            ),
            (
                |count| {
                    let logs = names(count).iter().map(|name| LogKind::number(name));
                    GOOD.with_logs(logs.collect::<Vec<_>>().leak())
                },
                AppDescriptor::MAX_LOGS,
                "logs",
            ),
            (
                |count| GOOD.with_logs(vec![LogKind::words("power", names(count))].leak()),
                LogKind::MAX_WORDS,
                "words",
            ),
            (
                |count| GOOD.with_boot_conditions(names(count)),
                AppDescriptor::MAX_BOOT_CONDITIONS,
                "boot conditions",
            ),
        ];
        for (with, most, what) in with {
            assert_eq!(problem(with(most)), None, "{what}");
            let refused = problem(with(most + 1)).unwrap_or_default();
            let expected = format!("{} {what}; at most {most} are allowed", most + 1);
            assert!(refused.ends_with(&expected), "{refused}");
        }
    }

    #[test]
    fn a_name_has_at_most_max_name_bytes() {
        assert_eq!(check_name("button", &"a".repeat(MAX_NAME)), None);
        let problem = check_name("button", &"a".repeat(MAX_NAME + 1)).unwrap_or_default();
        assert!(
            problem.ends_with("has 33 bytes; at most 32 are allowed"),
            "{problem}"
        );
    }

    #[test]
    fn unusable_descriptors_are_refused_with_the_cause() {
        const OFF_OFF: &[LogKind] = &[LogKind::words("power", &["off", "off"])];
        const NAMED_LOG: &[Output] = &[Output::digital("log")];
        const SAYS_WITHIN: &[LogKind] = &[LogKind::words("power", &["within"])];
        const NARROW: &[Output] = &[Output::analog("led", 1)];
        const SPACE: &[Output] = &[Output::digital("the led")];
        assert_eq!(check_descriptor(const { &GOOD }), Ok(()));
        for (descriptor, cause) in [
            (
                const { &AppDescriptor::new("Good", "1.0.0") },
                "not in lower case",
            ),
            (
                const { &AppDescriptor::new("", "1.0.0") },
                "beginning with a letter",
            ),
            (const { &GOOD.with_buttons(&["A", "A"]) }, "two buttons"),
            (const { &GOOD.with_outputs(NAMED_LOG) }, "`log`"),
            (const { &GOOD.with_logs(SAYS_WITHIN) }, "`within`"),
            (const { &GOOD.with_buttons(&["reset"]) }, "`reset`"),
            (const { &GOOD.with_buttons(&["A"; 65]) }, "two buttons"),
            (const { &GOOD.with_outputs(SPACE) }, "`the led`"),
            (const { &GOOD.with_outputs(NARROW) }, "digital"),
            (const { &GOOD.with_logs(OFF_OFF) }, "two words"),
            (const { &GOOD.with_boot_conditions(&["ok"]) }, "`ok`"),
            (
                const { &GOOD.with_boot_conditions(&["a", "a"]) },
                "two boot conditions",
            ),
            (
                const { &GOOD.with_boot_conditions(&["Clock"]) },
                "not in lower case",
            ),
        ] {
            let problem = check_descriptor(descriptor).unwrap_err().problem;
            assert!(problem.contains(cause), "{problem}");
        }
    }
}
