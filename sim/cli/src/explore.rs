//! `sim explore`: plays at random and looks for what fails.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::rule_args::{RuleArgs, rendered};
use super::scenario_files::{make_folders, read_all};
use super::seek_args::duration;
use super::shrink::{comment, smallest};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_core::time::RunTicks;
use lockstep_engine::files::below;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use lockstep_engine::search::InputModel;
use lockstep_engine::shell::quoted_path;
use lockstep_engine::trace::Trace;
use lockstep_rules::counterexample::inputs_of;
use lockstep_rules::explore::{
    ExploreProgress, ExploreResult, ExploreSettings, FailedRun, explore,
};
use lockstep_rules::failure::{FailureKind, Requirements};
use lockstep_rules::files::{LoadedRules, read};

/// Play at random and look for what fails: rules that are broken, and panics.
///
/// For any app, also one that cannot be proved. What fails is shrunk and printed as a scenario.
#[derive(Debug, Args)]
pub(super) struct ExploreArgs {
    /// The rules (.rules); without them only panics are looked for.
    #[arg(required_unless_present = "app")]
    file: Option<PathBuf>,

    /// The app, where there are no rules.
    #[arg(long)]
    app: Option<String>,

    /// Draw other runs; the same seed gives the same runs.
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,

    /// Play at most this many runs.
    #[arg(long, value_name = "N", default_value = "10000000")]
    runs: u64,

    /// Play for at most this long, such as `30s` or `10min`.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    time: Duration,

    /// Play one of several parts of the runs, such as `1/4`.
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = shard)]
    shard: (u64, u64),

    /// Go on after the first failure, and look for others until the time is over.
    #[arg(long)]
    keep_going: bool,

    /// Begin with the scenarios in this folder, and write those that show something new there.
    ///
    /// Folders of several parts of the runs are merged by `--merge`.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,

    /// Also take what is in these folders into the corpus; with `--runs 0`, do nothing else.
    #[arg(long, value_name = "FOLDER", requires = "corpus", num_args = 1..)]
    merge: Vec<PathBuf>,

    /// Write the scenarios that fail into this folder.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,
}

impl ExploreArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let rules = match self
            .file
            .as_deref()
            .map(|path| read(path, registry))
            .transpose()
        {
            Ok(rules) => Vec::from_iter(rules),
            Err(error) => {
                report.print(&rendered(&error, report));
                return Exit::BadInput;
            }
        };
        let name = rules.first().map(|rules| rules.file.descriptor().name());
        let name = name.or(self.app.as_deref()).unwrap_or_default();
        let app = match registry.find(name) {
            Ok(app) => app,
            Err(error) => return report.error(error),
        };
        let descriptor = app.descriptor();
        let starts: Vec<_> = descriptor.numbers().iter().map(|it| it.start()).collect();
        let free = InputModel::free(
            descriptor.buttons().len(),
            &starts,
            descriptor.boot_conditions().len(),
        );
        let assumed = rules.first().map(|rules| &rules.file.assumptions().inputs);
        let requirements = Requirements {
            app,
            rules: &rules,
            files: None,
        };
        let corpus = match self.corpus_of(app, registry, report) {
            Ok(corpus) => corpus,
            Err(rendered) => {
                report.print(&rendered);
                return Exit::BadInput;
            }
        };
        let folders = self.corpus.iter().chain(&self.write);
        if let Err(exit) = make_folders(folders, report) {
            return exit;
        }
        let start = Instant::now();
        let settings = ExploreSettings {
            corpus: &corpus,
            inputs: assumed.unwrap_or(&free),
            seed: self.seed,
            shard: self.shard,
            runs: self.runs,
        };
        let mut next_line = Duration::from_secs(10);
        let mut found = 0;
        let mut look = |_: &Script, _: &Trace| ControlFlow::Continue(());
        let explored = explore(
            &requirements,
            &settings,
            &mut look,
            &mut |progress, failed| {
                let elapsed = start.elapsed();
                if elapsed >= next_line {
                    next_line = elapsed + Duration::from_secs(10);
                    report.print(&format!("exploring: {}", extent(progress)));
                }
                found = found.max(failed);
                match elapsed >= self.time || (found > 0 && !self.keep_going) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            },
        );
        if let Err(error) = self.write_corpus(app, &explored) {
            return report.error(error);
        }
        let mut text = String::new();
        for failed in &explored.failed {
            if let Err(error) = self.describe(failed, &requirements, &rules, &mut text) {
                return report.error(error);
            }
        }
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} different failures in {}, seed {}, {:.1} s",
            explored.failed.len(),
            extent(&explored.progress),
            self.seed,
            start.elapsed().as_secs_f64()
        );
        if let Err(error) = output::write(None, text.as_bytes()) {
            return report.error(error);
        }
        exit_of(&explored)
    }

    /// What was found before.
    fn corpus_of(
        &self,
        app: &AppEntry,
        registry: &Registry,
        report: &Report,
    ) -> Result<Vec<Script>, String> {
        let folders = self.corpus.iter().filter(|folder| folder.exists());
        let mut files = Vec::new();
        for folder in folders.chain(&self.merge) {
            let found = below(folder, "scn").map_err(|error| {
                report.plain(
                    &format!("cannot read `{}`: {error}", folder.display()),
                    None,
                )
            })?;
            files.extend(found);
        }
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let finder = RuleArgs::default().finder(registry, report)?;
        let name = app.descriptor().name();
        let read = read_all(&files, Some(name), &finder, registry, report)?.into_iter();
        let own = read.filter(|file| file.app.descriptor().name() == name);
        Ok(own.map(|file| file.script).collect())
    }

    /// Each run under a name that is made of what it does, so that folders can be put together.
    fn write_corpus(
        &self,
        app: &AppEntry,
        explored: &ExploreResult,
    ) -> Result<(), output::OutputError> {
        for (folder, script) in self.corpus.iter().flat_map(|folder| {
            let scripts = explored.corpus.iter();
            scripts.map(move |script| (folder, script))
        }) {
            let text = inputs_of(app.descriptor(), script).to_string();
            let name = format!("{:016x}.scn", name_of(&text));
            let path = folder.join(name);
            if !path.exists() {
                output::write(Some(&path), text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn describe(
        &self,
        failed: &FailedRun,
        requirements: &Requirements<'_>,
        rules: &[LoadedRules],
        text: &mut String,
    ) -> Result<(), output::OutputError> {
        let descriptor = requirements.app.descriptor();
        let scenario = inputs_of(descriptor, &failed.script);
        let kind = &failed.failure.kind;
        let small = smallest(requirements, &scenario, kind);
        let failure = requirements
            .fails_so(&small, kind)
            .unwrap_or(failed.failure.clone());
        let from = format!("seed {}, run {}", self.seed, failed.run);
        let small = format!("{}{small}", comment(&failure, rules, &from));
        let (name, file) = match kind {
            FailureKind::Rule(file, place) => {
                let rule = rules.get(*file).and_then(|it| it.file.rules().get(*place));
                let line = rule.map_or(0, |rule| rule.span.line);
                let text = rule.map_or("", |rule| rule.text.as_str());
                let label = rule.map_or("", |rule| rule.name.as_str());
                let app = descriptor.name();
                match label == text {
                    true => (text.to_owned(), format!("{app}-line-{line}.scn")),
                    false => (format!("{label}: {text}"), format!("{app}-{label}.scn")),
                }
            }
            _ => (
                "the app must not panic".to_owned(),
                format!("{}-panics.scn", descriptor.name()),
            ),
        };
        let tick = descriptor.tick().length(RunTicks(failure.tick.0));
        let _ = writeln!(text, "FAILS    {name}, at {tick}: {}", failure.message);
        match &self.write {
            Some(folder) => {
                let path = folder.join(file);
                output::write(Some(&path), small.as_bytes())?;
                let path = quoted_path(&path.display().to_string());
                let _ = writeln!(text, "         sim run {path}");
            }
            None => {
                for line in small.lines() {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        Ok(())
    }
}

/// A number for a text: FNV-1a, which is the same on every machine.
fn name_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn exit_of(explored: &ExploreResult) -> Exit {
    match explored.failed.is_empty() {
        true => Exit::Held,
        false => Exit::Failed,
    }
}

fn extent(progress: &ExploreProgress) -> String {
    format!(
        "{} runs, {} actions and {} ticks, {} different sights by {} of the runs",
        progress.runs, progress.actions, progress.ticks, progress.sights, progress.corpus
    )
}

/// A part of several, counted from 1.
fn shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parts
        .filter(|(part, of)| (1..=*of).contains(part))
        .ok_or_else(|| "expected a part of several, such as `1/4`".to_owned())
}
