//! `sim mutate`: changes constants of an app, and says which changes no scenario notices.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::Args;

use super::rule_args::RuleArgs;
use super::scenario_files::{ScenarioFile, read_all};
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::files::NamedFiles;
use lockstep_engine::golden::GOLDEN_EXTENSION;
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Mutant, Registry};
use lockstep_engine::trace::Trace;
use lockstep_rules::failure::{FailureKind, Requirements};

/// Change the constants of an app one by one, and say which changes no scenario notices.
///
/// An app brings its mutants itself: see `AppEntry::with_mutants`. A mutant is noticed by an
/// expectation, by a rule, or by a golden.
#[derive(Debug, Args)]
pub(super) struct MutateArgs {
    /// Scenarios (.scn), or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The app to play scenarios with that do not name one.
    #[arg(long)]
    app: Option<String>,

    /// Goldens do not count: what nothing expects is noticed by nobody.
    #[arg(long)]
    no_goldens: bool,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    limit: TimeLimit,
}

/// Who notices a mutant, the one who says most about it first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Notice {
    Expectation(String),
    Rule(String),
    Golden(String),
    Nobody,
}

impl MutateArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        let read = self.rules.finder(registry, report).and_then(|finder| {
            read_all(&self.files, self.app.as_deref(), &finder, registry, report)
        });
        let files = match read {
            Ok(files) => files,
            Err(rendered) => {
                report.print(&rendered);
                return Exit::BadInput;
            }
        };
        let mut apps: Vec<&AppEntry> = Vec::new();
        for file in &files {
            let name = file.app.descriptor().name();
            if apps.iter().all(|app| app.descriptor().name() != name) {
                apps.push(file.app);
            }
        }
        let mutants: Vec<_> = apps.iter().flat_map(|app| app.mutants()).collect();
        if mutants.is_empty() {
            let names: Vec<_> = apps.iter().map(|app| app.descriptor().name()).collect();
            let message = format!("there are no mutants of `{}`", names.join("`, `"));
            let help = "give its entry some with `AppEntry::with_mutants`";
            report.print(&report.plain(&message, Some(help)));
            return Exit::BadInput;
        }
        let bases: Vec<_> = files.iter().map(|file| trace_of(file.app, file)).collect();
        let guard = registry.panic_guard();
        let notices = in_threads(&mutants, |mutant| {
            let app = mutant.app.clone().with_panic_guard(guard);
            self.notice(&app, &files, &bases)
        });
        let mut text = String::new();
        for (mutant, notice) in mutants.iter().zip(&notices) {
            // Writing to a string cannot fail.
            let _ = match notice {
                Notice::Expectation(by) | Notice::Rule(by) | Notice::Golden(by) => {
                    writeln!(text, "noticed   {:<26} by {by}", mutant.name)
                }
                Notice::Nobody => writeln!(text, "SURVIVES  {}", mutant.name),
            };
        }
        let count = |meant: fn(&Notice) -> bool| notices.iter().filter(|it| meant(it)).count();
        let left = count(|it| *it == Notice::Nobody);
        let _ = writeln!(
            text,
            "{} mutants: {} noticed by expectations, {} by rules, {} by goldens alone, {left} by nobody",
            mutants.len(),
            count(|it| matches!(it, Notice::Expectation(_))),
            count(|it| matches!(it, Notice::Rule(_))),
            count(|it| matches!(it, Notice::Golden(_))),
        );
        match output::write(None, text.as_bytes()) {
            Err(error) => report.error(error),
            Ok(()) if left > 0 => Exit::Failed,
            Ok(()) => Exit::Held,
        }
    }

    /// Who notices a mutant.
    fn notice(
        &self,
        mutant: &AppEntry,
        files: &[ScenarioFile<'_>],
        bases: &[Option<Trace>],
    ) -> Notice {
        let mut best = Notice::Nobody;
        let name = mutant.descriptor().name();
        let files = files.iter().zip(bases);
        for (file, base) in files.filter(|(file, _)| file.app.descriptor().name() == name) {
            let beside = file.beside();
            let requirements = Requirements {
                app: mutant,
                rules: &file.rules,
                files: beside.as_ref().map(|files| files as &dyn NamedFiles),
            };
            let failures = requirements.failures(&file.scenario);
            let first = failures.iter().map(|failure| match &failure.kind {
                FailureKind::Rule(rules, place) => {
                    let rule = file.rules.get(*rules);
                    let rule = rule.and_then(|it| it.file.rules().get(*place));
                    let name = rule.map_or("?", |rule| rule.name.as_str());
                    Notice::Rule(format!("the rule `{name}` in {}", file.source.name))
                }
                FailureKind::Expectation(span) => {
                    Notice::Expectation(format!("{}:{}", file.source.name, span.line))
                }
                FailureKind::App => Notice::Expectation(format!("{}: it fails", file.source.name)),
            });
            if let Some(first) = first.min() {
                best = best.min(first);
            } else if !self.no_goldens && has_golden(file) && trace_of(mutant, file) != *base {
                best = best.min(Notice::Golden(format!(
                    "the golden of {}",
                    file.source.name
                )));
            }
            if matches!(best, Notice::Expectation(_)) {
                break;
            }
        }
        best
    }
}

fn has_golden(file: &ScenarioFile<'_>) -> bool {
    let path = file.source.path();
    path.is_some_and(|path| path.with_extension(GOLDEN_EXTENSION).exists())
}

fn trace_of(app: &AppEntry, file: &ScenarioFile<'_>) -> Option<Trace> {
    let mut watch = |_| ControlFlow::Continue(());
    play::trace(app, &file.script, &mut watch).ok()
}

/// What comes of each mutant, all cores at work.
fn in_threads(mutants: &[Mutant], notice: impl Fn(&Mutant) -> Notice + Sync) -> Vec<Notice> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..jobs.min(mutants.len()) {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = mutants.get(place) else {
                        break;
                    };
                    let notice = notice(mutant);
                    if let Ok(mut done) = done.lock() {
                        done.push((place, notice));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, notice)| notice).collect()
}
