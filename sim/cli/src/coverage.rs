//! `sim coverage`: what an app can do that no scenario has it do.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::map::MapEffort;
use super::reach::{declared, ways_to};
use super::rule_args::RuleArgs;
use super::scenario_files::{ScenarioFile, make_folders, read_all};
use super::seek_args::SeekArgs;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Range;
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::Scenario;
use lockstep_engine::search::RuleSet;
use lockstep_engine::shell::quoted_path;
use lockstep_engine::trace::Trace;
use lockstep_rules::counterexample::inputs_of;
use lockstep_rules::files::LoadedRules;
use lockstep_rules::goals::{Answer, ReachQuery};
use lockstep_rules::map::states_of;
use lockstep_rules::parser::parse;
use lockstep_rules::trace_check::reached_in;
use lockstep_rules::{ExerciseMonitor, WakeMonitor};

/// Say what an app can do that no scenario has it do: levels of outputs and words of logs, rules
/// that are not exercised, what it does when a wait is over, and ways of its state diagram.
///
/// Lines of code are covered by `cargo llvm-cov` over the tests that play the scenarios.
#[derive(Debug, Args)]
pub(super) struct CoverageArgs {
    /// Scenarios (.scn), or folders of them, for one app.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The app to play scenarios with that do not name one.
    #[arg(long)]
    app: Option<String>,

    /// Write a scenario for each that is missing into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,

    /// What makes a state of the diagram: see `sim map`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    show: Vec<String>,

    /// Fail if something is missing.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    effort: MapEffort,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    seek: CoverageSeekArgs,

    #[command(flatten)]
    limit: TimeLimit,
}

/// How far ways to what is missing are looked for.
#[derive(Clone, Debug, Args)]
struct CoverageSeekArgs {
    /// What the world does not do, as rules assume it, where ways are looked for.
    #[arg(long, value_name = "SENTENCE")]
    assume: Vec<String>,
}

/// What is missing, and a way to it.
struct Missing {
    what: String,
    way: Option<Scenario>,
}

/// One kind of what is covered.
struct Section {
    name: String,
    all: usize,
    missing: Vec<Missing>,
}

impl CoverageArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        if let Err(exit) = make_folders(&self.write, report) {
            return exit;
        }
        match self.sections(registry, report) {
            Ok((app, sections)) => self.print(app, &sections, report),
            Err(Some(rendered)) => {
                report.print(&rendered);
                Exit::BadInput
            }
            Err(None) => Exit::BadInput,
        }
    }

    fn sections<'a>(
        &self,
        registry: &'a Registry,
        report: &Report,
    ) -> Result<(&'a AppEntry, Vec<Section>), Option<String>> {
        let finder = self.rules.finder(registry, report)?;
        let files = read_all(&self.files, self.app.as_deref(), &finder, registry, report)?;
        let first = files.first().ok_or(None)?;
        let app = first.app;
        let name = app.descriptor().name();
        if let Some(other) = files
            .iter()
            .find(|file| file.app.descriptor().name() != name)
        {
            let message = format!(
                "`{}` is for `{}`, and `{}` for `{name}`",
                other.source.name,
                other.app.descriptor().name(),
                first.source.name
            );
            let help = "ask for the scenarios of one app at a time";
            return Err(Some(report.plain(&message, Some(help))));
        }
        let traces = files.iter().filter_map(trace_of).collect::<Vec<_>>();
        let seek = SeekArgs::assuming(self.seek.assume.clone());
        let mut sections = vec![self.declared(app, &traces, &seek, registry, report)?];
        sections.extend(self.by_itself(app, &traces, &seek, registry)?);
        let mut known = HashSet::new();
        for rules in files.iter().flat_map(|file| file.rules.iter()) {
            if known.insert(rules.source.name.clone()) {
                sections.push(self.asked(app, rules, &traces, &seek, registry));
            }
        }
        let refuse = |message: String| Some(report.plain(&message, None));
        sections.push(self.ways(app, &traces).map_err(refuse)?);
        Ok((app, sections))
    }

    /// Levels and words.
    fn declared(
        &self,
        app: &AppEntry,
        traces: &[Trace],
        seek: &SeekArgs,
        registry: &Registry,
        report: &Report,
    ) -> Result<Section, Option<String>> {
        let whats = declared(app.descriptor());
        let mut missing = Vec::new();
        for some in whats.chunks(RuleSet::MAX) {
            let mut text = format!("app {}\n", app.descriptor().name());
            for what in some {
                text += &format!("{what} at some time\n");
            }
            let rules = parse(&text, registry).map_err(|_| None)?;
            let reached = traces.iter().fold(RuleSet::NONE, |all, trace| {
                all.or(reached_in(&rules.monitor(), rules.goals(), trace))
            });
            let unseen = some.iter().enumerate();
            let unseen = unseen.filter(|(place, _)| !reached.contains(*place));
            missing.extend(unseen.map(|(_, what)| what.clone()));
        }
        let mut ways = vec![None; missing.len()];
        if self.write.is_some() && !missing.is_empty() {
            let preface = seek.wide_preface(app.descriptor());
            let (answers, _) =
                ways_to(&missing, &preface, (app, seek), registry, report).map_err(|_| None)?;
            ways = answers.into_iter().map(way_of).collect();
        }
        Ok(Section {
            name: "levels and words".to_owned(),
            all: whats.len(),
            missing: missing
                .into_iter()
                .zip(ways)
                .map(|(what, way)| Missing { what, way })
                .collect(),
        })
    }

    /// What the app does by itself: what it waits for is over, and an output changes or something is
    /// said. Of what no scenario shows, only what is found counts.
    fn by_itself(
        &self,
        app: &AppEntry,
        traces: &[Trace],
        seek: &SeekArgs,
        registry: &Registry,
    ) -> Result<Option<Section>, Option<String>> {
        let descriptor = app.descriptor();
        let whats = changes(descriptor);
        let mut missing = Vec::new();
        let mut all = 0;
        for some in whats.chunks(RuleSet::MAX) {
            // Each way begins at power-up: a reset leads nowhere else.
            let mut text = seek.wide_preface(descriptor) + "assume no resets\n";
            for what in some {
                text += &format!("{what} at some time\n");
            }
            let rules = parse(&text, registry).map_err(|_| None)?;
            let monitor = WakeMonitor(rules.monitor());
            let reached = traces.iter().fold(RuleSet::NONE, |all, trace| {
                all.or(reached_in(&monitor, rules.goals(), trace))
            });
            let mut left = rules.goals();
            for rule in reached.iter() {
                left.remove(rule);
            }
            all += reached.iter().count();
            let inputs = &rules.assumptions().inputs;
            if left.is_empty() || app.state_space().is_none() || inputs.check().is_err() {
                continue;
            }
            let query = ReachQuery {
                monitor: &monitor,
                goals: left,
                inputs,
            };
            let answers = seek.clone().briefly().seek(app, &query, registry);
            let found = answers.goals.into_iter().filter_map(|(place, answer)| {
                let way = way_of(answer)?;
                let what = some.get(place)?;
                Some(Missing {
                    what: format!("{what}, as time passes"),
                    way: Some(way),
                })
            });
            missing.extend(found);
        }
        all += missing.len();
        Ok((all > 0).then(|| Section {
            name: "things that the app does when a wait is over".to_owned(),
            all,
            missing,
        }))
    }

    /// Rules of which something is asked.
    fn asked(
        &self,
        app: &AppEntry,
        rules: &LoadedRules,
        traces: &[Trace],
        seek: &SeekArgs,
        registry: &Registry,
    ) -> Section {
        let asked = rules.file.asked_at_times();
        let monitor = ExerciseMonitor(rules.file.monitor());
        let reached = traces.iter().fold(RuleSet::NONE, |all, trace| {
            all.or(reached_in(&monitor, asked, trace))
        });
        let mut left = asked;
        for rule in reached.iter() {
            left.remove(rule);
        }
        let inputs = &rules.file.assumptions().inputs;
        let mut ways = Vec::new();
        if self.write.is_some() && !left.is_empty() && inputs.check().is_ok() {
            let query = ReachQuery {
                monitor: &monitor,
                goals: left,
                inputs,
            };
            ways = seek.seek(app, &query, registry).goals;
        }
        let missing = left.iter().map(|rule| {
            let text = rules
                .file
                .rules()
                .get(rule)
                .map_or("", |it| it.text.as_str());
            let way = ways.iter().find(|(place, _)| *place == rule);
            Missing {
                what: text.to_owned(),
                way: way.cloned().and_then(|(_, answer)| way_of(answer)),
            }
        });
        Section {
            name: format!("rules of {} exercised", shown_path(rules)),
            all: asked.iter().count(),
            missing: missing.collect(),
        }
    }

    /// Ways of the state diagram.
    fn ways(&self, app: &AppEntry, traces: &[Trace]) -> Result<Section, String> {
        let (map, shown) = self.effort.map(app, &self.show)?;
        let mut gone = HashSet::new();
        for trace in traces {
            let states = states_of(trace, &shown);
            gone.extend(
                states
                    .windows(2)
                    .filter_map(|pair| Some((pair.first()?.clone(), pair.last()?.clone()))),
            );
        }
        let values = |place: usize| map.states.get(place).map(|state| state.values.clone());
        let text = |place: usize| {
            let values = values(place).unwrap_or_default();
            let named = shown.iter().zip(values);
            let named = named.filter(|(_, value)| !value.is_empty());
            let named: Vec<_> = named
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            named.join(", ")
        };
        let missing = map.edges.iter().filter(|edge| {
            let pair = values(edge.from).zip(values(edge.to));
            pair.is_none_or(|pair| !gone.contains(&pair))
        });
        let missing = missing.map(|edge| {
            let labels: Vec<_> = edge.labels.iter().map(|it| it.trim()).collect();
            Missing {
                what: format!(
                    "{}: from {} to {}",
                    labels.join(", "),
                    text(edge.from),
                    text(edge.to)
                ),
                way: Some(inputs_of(app.descriptor(), &edge.script)),
            }
        });
        Ok(Section {
            name: format!("ways of the state diagram of {}", shown.join(", ")),
            all: map.edges.len(),
            missing: missing.collect(),
        })
    }

    fn print(&self, app: &AppEntry, sections: &[Section], report: &Report) -> Exit {
        let mut text = String::new();
        let mut left = 0;
        for section in sections {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{} of {} {}",
                section.all - section.missing.len(),
                section.all,
                section.name
            );
            for missing in &section.missing {
                left += 1;
                let _ = writeln!(text, "  missing  {}", missing.what);
                let Some(folder) = &self.write else {
                    continue;
                };
                let Some(way) = &missing.way else {
                    let _ = writeln!(text, "           no way was found");
                    continue;
                };
                let path = folder.join(format!("{}-missing-{left}.scn", app.descriptor().name()));
                let scenario = format!("# {}\n{way}", missing.what);
                if let Err(error) = output::write(Some(&path), scenario.as_bytes()) {
                    return report.error(error);
                }
                let path = quoted_path(&path.display().to_string());
                let _ = writeln!(text, "           sim run {path}");
            }
        }
        match output::write(None, text.as_bytes()) {
            Err(error) => report.error(error),
            Ok(()) if self.all && left > 0 => Exit::Failed,
            Ok(()) => Exit::Held,
        }
    }
}

/// The file of rules, as a person would name it.
fn shown_path(rules: &LoadedRules) -> String {
    let name = std::path::Path::new(&rules.source.name);
    let here = std::env::current_dir().unwrap_or_default();
    name.strip_prefix(here)
        .unwrap_or(name)
        .display()
        .to_string()
}

/// What can be seen of an app when something changes, as rules say it.
fn changes(descriptor: &AppDescriptor) -> Vec<String> {
    let outputs = descriptor.outputs().iter().flat_map(|output| {
        let name = output.name();
        match output.range() {
            Range::Digital => vec![format!("{name} becomes on"), format!("{name} becomes off")],
            _ => vec![format!("{name} changes")],
        }
    });
    let said = declared(descriptor);
    let said = said.into_iter().filter(|what| what.starts_with("log "));
    outputs.chain(said).collect()
}

fn way_of(answer: Answer) -> Option<Scenario> {
    match answer {
        Answer::Found(way) => Some(way.scenario),
        _ => None,
    }
}

fn trace_of(file: &ScenarioFile<'_>) -> Option<Trace> {
    let mut watch = |_| ControlFlow::Continue(());
    play::trace(file.app, &file.script, &mut watch).ok()
}
