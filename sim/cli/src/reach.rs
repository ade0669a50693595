//! `sim reach`: looks for the shortest way to something, and for what nothing reaches.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::load::app as find_app;
use super::seek_args::{ASSUME, SeekArgs};
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::app::{AppDescriptor, LogValues};
use lockstep_core::output::Range;
use lockstep_engine::diagnostic::Diagnostic;
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::search::RuleSet;
use lockstep_engine::source::Source;
use lockstep_rules::goals::{Answer, Answers, ReachQuery, Way};
use lockstep_rules::parser::parse;

/// What makes a rule of what is to be reached.
const AT_SOME_TIME: &str = " at some time";

/// Look for the shortest way to something, such as `log lock on` or `lamp is 100`.
///
/// A mode of the app is a log here: `log MODE VARIANT`.
///
/// It is looked for what takes the fewest actions, done where the app wakes and in the tick after
/// something was done, and then at random. The board comes up well and is not reset unless
/// `--resets` is given.
#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    /// What is to be reached, as a rule says it: `log lock on`, `lamp becomes 100`.
    #[arg(required_unless_present = "dead")]
    what: Option<String>,

    /// Look for all that the app declares: levels of outputs, words of logs and variants of modes that
    /// nothing reaches.
    #[arg(long, conflicts_with_all = ["what", "out"])]
    dead: bool,

    /// The app; the first one by default.
    #[arg(long)]
    app: Option<String>,

    /// Write the scenario to this file.
    #[arg(long, value_name = "FILE.scn")]
    out: Option<PathBuf>,

    #[command(flatten)]
    seek: SeekArgs,

    #[command(flatten)]
    limit: TimeLimit,
}

impl ReachArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        let app = match find_app(self.app.as_deref(), registry, report) {
            Ok(app) => app,
            Err(exit) => return exit,
        };
        // The modes come after the logs of the app itself.
        let own_logs = app.descriptor().logs().len();
        let (app, registry) = (&app.for_questions(), &registry.for_questions());
        match &self.what {
            Some(what) => self.one(what, app, registry, report),
            None => self.all(app, own_logs, registry, report),
        }
    }

    fn one(&self, what: &str, app: &AppEntry, registry: &Registry, report: &Report) -> Exit {
        let start = Instant::now();
        let whats = [what.to_owned()];
        let preface = self.seek.preface(app.descriptor().name(), self.seek.resets);
        let query = ways_to(&whats, &preface, (app, &self.seek), registry, report);
        let (answer, answers) = match query {
            Ok((mut found, answers)) => (found.pop(), answers),
            Err(exit) => return exit,
        };
        let seconds = start.elapsed().as_secs_f64();
        let extent = extent(&answers);
        match answer {
            Some(Answer::Found(way)) => {
                let scenario = format!("# {what}\n{}", way.scenario);
                if let Err(error) = output::write(self.out.as_deref(), scenario.as_bytes()) {
                    return report.error(error);
                }
                let at = app.descriptor().tick().length(way.script.end());
                let least = match (way.is_shortest, self.seek.every_tick) {
                    (true, true) => "; nothing is sooner",
                    (true, false) => "; none of those looked at takes fewer actions",
                    (false, _) => "; found at random, there may be a shorter way",
                };
                report.print(&format!(
                    "reached at {at}, found in {extent}, {seconds:.1} s{least}"
                ));
                Exit::Held
            }
            Some(Answer::Never) => {
                report.print(&report.plain("it is never reached", None));
                Exit::Failed
            }
            _ => {
                let message = format!("no way was found in {extent}, {seconds:.1} s");
                let further = "`--assume` leaves out what is not needed, `--states` and `--time` \
                               look further, `--every-tick` looks at every tick";
                let still = self.seek.unassumed(app.descriptor()).next();
                let help = match still {
                    Some(range) => format!(
                        "numbers stay as they are, unless they are assumed to move: `--assume \
                         '{range}'`; {further}"
                    ),
                    None => further.to_owned(),
                };
                report.print(&report.plain(&message, Some(&help)));
                Exit::Failed
            }
        }
    }

    fn all(&self, app: &AppEntry, own_logs: usize, registry: &Registry, report: &Report) -> Exit {
        let start = Instant::now();
        let whats = declared(app.descriptor());
        let preface = self.seek.wide_preface(app.descriptor());
        let query = ways_to(&whats, &preface, (app, &self.seek), registry, report);
        let (found, answers) = match query {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let unlisted = match self.unlisted(app, own_logs, registry, report) {
            Ok(unlisted) => unlisted,
            Err(exit) => return exit,
        };
        let mut text = String::new();
        let mut exit = Exit::Held;
        for (what, answer) in whats.iter().zip(&found) {
            // Writing to a string cannot fail.
            let _ = match answer {
                Answer::Found(way) => {
                    let at = app.descriptor().tick().length(way.script.end());
                    writeln!(text, "reached  {what}, at {at}")
                }
                Answer::Never => writeln!(text, "DEAD     {what}: nothing reaches it"),
                Answer::NotFound => writeln!(text, "NOT SEEN {what}"),
            };
            if !matches!(answer, Answer::Found(_)) {
                exit = Exit::Failed;
            }
        }
        for way in &unlisted {
            let at = app.descriptor().tick().length(way.script.end());
            let _ = writeln!(text, "UNLISTED {}, at {at}", problem_of(app, way));
            exit = Exit::Failed;
        }
        let is_open = found
            .iter()
            .any(|answer| matches!(answer, Answer::NotFound));
        if is_open && !self.seek.every_tick {
            report.print("help: `--every-tick` tells what nothing reaches from what was not seen");
        }
        let seconds = start.elapsed().as_secs_f64();
        let _ = writeln!(text, "looked at {}, {seconds:.1} s", extent(&answers));
        match output::write(None, text.as_bytes()) {
            Ok(()) => exit,
            Err(error) => report.error(error),
        }
    }

    /// Ways to modes in variants that they do not list. It is looked for them briefly, because an app
    /// that is right has none, and what is never found is looked for to the end.
    fn unlisted(
        &self,
        app: &AppEntry,
        own_logs: usize,
        registry: &Registry,
        report: &Report,
    ) -> Result<Vec<Way>, Exit> {
        let whats = unlisted(app.descriptor(), own_logs);
        if whats.is_empty() {
            return Ok(Vec::new());
        }
        let seek = self.seek.clone().briefly();
        let preface = seek.wide_preface(app.descriptor());
        let (found, _) = ways_to(&whats, &preface, (app, &seek), registry, report)?;
        let ways = found.into_iter().filter_map(|answer| match answer {
            Answer::Found(way) => Some(*way),
            _ => None,
        });
        Ok(ways.collect())
    }
}

/// Looks for ways to all of these, as rules say them.
pub(super) fn ways_to(
    whats: &[String],
    preface: &str,
    (app, seek): (&AppEntry, &SeekArgs),
    registry: &Registry,
    report: &Report,
) -> Result<(Vec<Answer>, Answers), Exit> {
    let mut all = Vec::new();
    let mut last = None;
    for some in whats.chunks(RuleSet::MAX) {
        let mut text = preface.to_owned();
        for what in some {
            text += &format!("{what}{AT_SOME_TIME}\n");
        }
        let rules =
            parse(&text, registry).map_err(|diagnostics| refuse(&text, diagnostics, report))?;
        let inputs = &rules.assumptions().inputs;
        inputs.check().map_err(|too_many| report.error(too_many))?;
        let query = ReachQuery {
            monitor: &rules.monitor(),
            goals: rules.goals(),
            inputs,
        };
        let mut answers = seek.seek(app, &query, registry);
        all.extend(answers.goals.drain(..).map(|(_, answer)| answer));
        last = Some(answers);
    }
    match last {
        Some(last) => Ok((all, last)),
        None => Err(Exit::Held),
    }
}

/// Shows each problem in the argument that it is of, and not in the rules that were made of it.
fn refuse(rules: &str, diagnostics: Vec<Diagnostic>, report: &Report) -> Exit {
    for mut diagnostic in diagnostics {
        let line = rules.lines().nth(diagnostic.span.line.saturating_sub(1));
        let line = line.unwrap_or_default();
        let (name, said, before) = match line.strip_prefix(ASSUME) {
            Some(assumed) => ("--assume", assumed, ASSUME.len()),
            None => ("WHAT", line.strip_suffix(AT_SOME_TIME).unwrap_or(line), 0),
        };
        let last = said.chars().count() + 1;
        let column = diagnostic.span.column.saturating_sub(before);
        diagnostic.span.line = 1;
        diagnostic.span.column = column.clamp(1, last);
        diagnostic.span.width = diagnostic.span.width.min(last - diagnostic.span.column);
        let source = Source {
            name: name.to_owned(),
            bytes: said.as_bytes().to_vec(),
        };
        report.print(&report.diagnostics(&source, &[diagnostic]));
    }
    Exit::BadInput
}

/// The levels of outputs and the words of logs that an app declares, as rules say them.
pub(super) fn declared(descriptor: &AppDescriptor) -> Vec<String> {
    let mut all = Vec::new();
    for output in descriptor.outputs() {
        let name = output.name();
        match output.range() {
            Range::Digital => all.extend(["on", "off"].map(|level| format!("{name} is {level}"))),
            range => {
                let scale = range.scale();
                let (least, most) = (scale.min(), scale.max());
                let unit = match scale.unit() {
                    "" => String::new(),
                    unit => format!(" {unit}"),
                };
                let shown = [least, most].map(|level| scale.shown(level).to_string());
                all.extend(shown.map(|level| format!("{name} is {level}{unit}")));
            }
        }
    }
    for log in descriptor.logs() {
        let name = log.name();
        match log.values() {
            LogValues::Words(words) => {
                all.extend(words.iter().map(|word| format!("log {name} {word}")));
            }
            _ => all.push(format!("log {name}")),
        }
    }
    all
}

/// That a mode is in a variant that it does not list, of each mode, as rules say it.
fn unlisted(descriptor: &AppDescriptor, own_logs: usize) -> Vec<String> {
    let modes = descriptor.logs().iter().skip(own_logs);
    modes
        .filter_map(|mode| match mode.values() {
            LogValues::Words(variants) => {
                let name = mode.name();
                let others = variants.iter();
                let others = others.map(|variant| format!(" and not log {name} {variant}"));
                Some(format!("log {name}{}", others.collect::<String>()))
            }
            _ => None,
        })
        .collect()
}

/// What breaks the contract of an app where this way leads.
fn problem_of(app: &AppEntry, way: &Way) -> String {
    match play::trace(app, &way.script, &mut |_| ControlFlow::Continue(())) {
        Err(PlayError::ContractBroken { problem, .. }) => problem,
        Err(error) => error.to_string(),
        Ok(_) => "a mode is in a variant that it does not list".to_owned(),
    }
}

/// How much was looked at.
pub(super) fn extent(answers: &Answers) -> String {
    let states = answers.explored.as_ref().map_or(0, |it| it.progress.states);
    match answers.played.runs {
        0 => format!("{states} states"),
        runs => format!("{states} states and {runs} runs at random"),
    }
}

#[cfg(test)]
mod tests {
    use lockstep_core::app::{App, Sink};
    use lockstep_core::event::{BootCondition, Event};
    use lockstep_core::modes::{Mode, Modes, WithModes};
    use lockstep_core::output::{Level, Output};
    use lockstep_engine::app;

    use super::*;

    /// A door that opens, and is never locked.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    enum Door {
        Closed,
        Open,
        Jammed,
        Locked,
    }

    impl App for Door {
        const DESCRIPTOR: AppDescriptor = AppDescriptor::new("door", "1.0.0")
            .with_buttons(&["push"])
            .with_outputs(&[Output::digital("led")])
            .with_boot_conditions(&["no-motor"]);
        type Outputs = [Level; 1];

        fn new() -> Self {
            Self::Closed
        }

        fn handle(&mut self, event: Event, _: &mut dyn Sink) {
            *self = match (event, *self) {
                (Event::Init(BootCondition(1)), _) => Self::Jammed,
                (Event::Press(_), Self::Closed) => Self::Open,
                (Event::Release(_), Self::Open) => Self::Closed,
                // Every press has opened it before.
                (Event::Release(_), Self::Closed) => Self::Locked,
                (_, same) => same,
            };
        }

        fn outputs(&self) -> [Level; 1] {
            [(*self == Self::Open).into()]
        }
    }

    impl Modes for Door {
        const MODES: &'static [Mode] =
            &[Mode::new("leaf", &["closed", "open", "jammed", "locked"])];

        fn variant(&self, _mode: usize) -> usize {
            match self {
                Self::Closed => 0,
                Self::Open => 1,
                Self::Jammed => 2,
                Self::Locked => 3,
            }
        }
    }

    /// The door, which forgets to list that it is open.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Forgetful(Door);

    impl App for Forgetful {
        const DESCRIPTOR: AppDescriptor = Door::DESCRIPTOR;
        type Outputs = [Level; 1];

        fn new() -> Self {
            Self(Door::new())
        }

        fn handle(&mut self, event: Event, out: &mut dyn Sink) {
            self.0.handle(event, out);
        }

        fn outputs(&self) -> [Level; 1] {
            self.0.outputs()
        }
    }

    impl Modes for Forgetful {
        const MODES: &'static [Mode] = &[Mode::new("leaf", &["closed"])];

        fn variant(&self, mode: usize) -> usize {
            self.0.variant(mode)
        }
    }

    #[test]
    fn a_variant_that_is_not_listed_is_found_where_one_is() {
        for (entry, expected) in [
            (
                app!(Forgetful).with_modes(app!(WithModes<Forgetful>)),
                Some("log `leaf` has value 1, and declares 1 words"),
            ),
            (app!(Door).with_modes(app!(WithModes<Door>)), None),
        ] {
            let own_logs = entry.descriptor().logs().len();
            let registry = Registry::new(vec![entry]).unwrap().for_questions();
            let door = registry.find("door").unwrap();
            let seek = SeekArgs::assuming(Vec::new()).briefly();
            let whats = unlisted(door.descriptor(), own_logs);
            let preface = seek.preface("door", false);
            let report = Report::to_stderr();
            let (answers, _) =
                ways_to(&whats, &preface, (door, &seek), &registry, &report).unwrap();
            let [answer] = &answers[..] else {
                unreachable!("it has one mode");
            };
            let problem = match answer {
                Answer::Found(way) => Some(problem_of(door, way)),
                _ => None,
            };
            assert_eq!(problem.as_deref(), expected);
        }
    }

    #[test]
    fn a_variant_that_nothing_reaches_is_told_from_those_that_something_does() {
        let registry = Registry::new(vec![app!(Door).with_modes(app!(WithModes<Door>))]).unwrap();
        let registry = registry.for_questions();
        let door = registry.find("door").unwrap();
        let seek = SeekArgs::assuming(Vec::new()).briefly();
        let whats = declared(door.descriptor());
        let preface = seek.wide_preface(door.descriptor());
        let report = Report::to_stderr();
        let (answers, _) = ways_to(&whats, &preface, (door, &seek), &registry, &report).unwrap();
        let reached = whats.iter().zip(&answers);
        let reached: Vec<_> = reached
            .map(|(what, answer)| (what.as_str(), matches!(answer, Answer::Found(_))))
            .collect();
        assert_eq!(
            reached,
            [
                ("led is on", true),
                ("led is off", true),
                ("log leaf closed", true),
                ("log leaf open", true),
                ("log leaf jammed", true),
                ("log leaf locked", false),
            ]
        );
    }
}
