//! `sim shrink`: makes a scenario or a recording that fails as small as it can be.

use std::path::{Path, PathBuf};

use clap::Args;

use super::load::app as find_app;
use super::rule_args::RuleArgs;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output::{self, refuse_path};
use lockstep_console::report::Report;
use lockstep_engine::files::{FilesIn, NamedFiles};
use lockstep_engine::load::{InputFormat, LoadOptions};
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::{Scenario, display, grammar};
use lockstep_engine::shell::quoted_path;
use lockstep_engine::source::Source;
use lockstep_rules::counterexample::inputs_of;
use lockstep_rules::failure::{Failure, FailureKind, Requirements};
use lockstep_rules::files::LoadedRules;
use lockstep_rules::shrink::{shrink, without_expectations};

/// Make a scenario or a recording that fails as small as it can be.
///
/// What fails is its first expectation that does not hold, the first rule that it breaks, or the
/// app that panics. The scenario that is left fails the same.
#[derive(Debug, Args)]
pub(super) struct ShrinkArgs {
    /// A scenario (.scn) or a recording (.rec).
    file: PathBuf,

    /// Write the scenario to this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE.scn")]
    out: Option<PathBuf>,

    /// The app to play a scenario with that does not name one.
    #[arg(long)]
    app: Option<String>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    limit: TimeLimit,
}

impl ShrinkArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        let read = self.rules.files().iter().chain([&self.file]);
        if let Some(path) =
            output::taken_twice(read.map(PathBuf::as_path), self.out.as_deref().into_iter())
        {
            return refuse_path(path, report);
        }
        match self.shrunk(registry, report) {
            Ok((text, message)) => {
                if let Err(error) = output::write(self.out.as_deref(), text.as_bytes()) {
                    return report.error(error);
                }
                report.print(&message);
                if let Some(out) = &self.out {
                    let file = quoted_path(&out.display().to_string());
                    report.print(&format!("play it: sim run {file}"));
                }
                Exit::Failed
            }
            Err(rendered) => {
                report.print(&rendered);
                Exit::BadInput
            }
        }
    }

    /// The scenario as text, and what fails in it.
    fn shrunk(&self, registry: &Registry, report: &Report) -> Result<(String, String), String> {
        let source = Source::read(&self.file, InputFormat::MAX_BYTES)
            .map_err(|error| report.caused(&error))?;
        let beside = source.path().map(FilesIn::folder_of);
        let files = beside.as_ref().map(|files| files as &dyn NamedFiles);
        let options = LoadOptions {
            app: self.app.as_deref(),
            files,
            ..LoadOptions::default()
        };
        let format = InputFormat::of(&self.file, &source.bytes);
        let loaded = format
            .load_with(registry, &source.bytes, &options)
            .map_err(|error| report.unloadable(&source, &error))?;
        let app = find_app(Some(loaded.app.descriptor().name()), registry, report)
            .map_err(|_| String::new())?;
        let scenario = match (format, source.text()) {
            (InputFormat::Scenario, Ok(text)) => {
                let tick_of = |_: Option<&str>| app.descriptor().tick();
                grammar::parse_for(text, &tick_of)
                    .map_err(|diagnostics| report.diagnostics(&source, &diagnostics))?
            }
            _ => inputs_of(app.descriptor(), &loaded.script),
        };
        let finder = self.rules.finder(registry, report)?;
        let rules = finder.rules_for(&source, app.descriptor().name(), registry, report)?;
        let requirements = Requirements {
            app,
            rules: &rules,
            files,
        };
        let failures = requirements.failures(&scenario);
        let Some(first) = failures.into_iter().min_by_key(|failure| failure.tick) else {
            let help = "every expectation holds, every rule is kept, and the app does not panic";
            return Err(report.plain(&format!("nothing fails in `{}`", source.name), Some(help)));
        };
        let before = scenario.statements.len();
        let small = smallest(&requirements, &scenario, &first.kind);
        let failure = requirements.fails_so(&small, &first.kind).unwrap_or(first);
        let text = format!("{}{small}", comment(&failure, &rules, &source.name));
        let count = small.statements.len();
        let what = named(&failure, &rules, &scenario);
        let message = format!(
            "fails: {what}: {}\n{count} of {before} sentences are left",
            failure.message
        );
        Ok((text, message))
    }
}

/// The smallest scenario that fails so.
pub(super) fn smallest(
    requirements: &Requirements<'_>,
    scenario: &Scenario,
    kind: &FailureKind,
) -> Scenario {
    let mut still_fails = |candidate: &Scenario| requirements.fails_so(candidate, kind).is_some();
    let bare = without_expectations(scenario);
    let start = match kind {
        FailureKind::Expectation(_) => scenario,
        _ if still_fails(&bare) => &bare,
        _ => scenario,
    };
    shrink(start, &mut still_fails)
}

/// What the scenario was made from.
pub(super) fn comment(failure: &Failure, rules: &[LoadedRules], from: &str) -> String {
    let from = Path::new(from)
        .file_name()
        .map_or(from.into(), |it| it.to_string_lossy());
    match &failure.kind {
        FailureKind::Rule(file, place) => {
            let rule = rules.get(*file).and_then(|it| it.file.rules().get(*place));
            let text = rule.map_or("", |rule| rule.text.as_str());
            format!("# From `{from}`. It breaks: {text}\n")
        }
        FailureKind::Expectation(_) => format!("# From `{from}`.\n"),
        FailureKind::App => format!("# From `{from}`. The app fails.\n"),
    }
}

/// What fails, as it is written.
fn named(failure: &Failure, rules: &[LoadedRules], scenario: &Scenario) -> String {
    match &failure.kind {
        FailureKind::App => "the app".to_owned(),
        FailureKind::Rule(file, place) => {
            let rule = rules.get(*file).and_then(|it| it.file.rules().get(*place));
            format!("`{}`", rule.map_or("", |rule| rule.text.as_str()))
        }
        FailureKind::Expectation(span) => {
            let mut statements = scenario.statements.iter();
            let statement = statements.find(|it| it.span == *span);
            let text = statement.map(|it| display(it, scenario.tick).to_string());
            format!("`{}`", text.unwrap_or_default())
        }
    }
}
