//! Scenarios that a command looks at without judging them, each with its app and its rules.

use std::path::PathBuf;
use std::sync::Arc;

use super::load::app as find_app;
use super::rule_args::RuleFinder;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::files::FilesIn;
use lockstep_engine::load::{InputFormat, LoadOptions};
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::{Scenario, grammar};
use lockstep_engine::script::Script;
use lockstep_engine::source::{Source, expand};
use lockstep_rules::files::LoadedRules;

/// A scenario, and what it is played with.
pub(super) struct ScenarioFile<'a> {
    pub(super) source: Source,
    pub(super) scenario: Scenario,
    pub(super) script: Script,
    pub(super) app: &'a AppEntry,
    pub(super) rules: Arc<Vec<LoadedRules>>,
}

impl ScenarioFile<'_> {
    /// The files that it can name.
    pub(super) fn beside(&self) -> Option<FilesIn<'_>> {
        self.source.path().map(FilesIn::folder_of)
    }
}

/// Reads scenarios, and those in folders; what is wrong with them is given as text.
pub(super) fn read_all<'a>(
    paths: &[PathBuf],
    app: Option<&str>,
    finder: &RuleFinder,
    registry: &'a Registry,
    report: &Report,
) -> Result<Vec<ScenarioFile<'a>>, String> {
    let paths = expand(paths, "scn").map_err(|error| report.caused(&error))?;
    let mut all = Vec::new();
    for path in paths {
        let source =
            Source::read(&path, InputFormat::MAX_BYTES).map_err(|error| report.caused(&error))?;
        let beside = source.path().map(FilesIn::folder_of);
        let options = LoadOptions {
            app,
            files: beside.as_ref().map(|files| files as _),
            ..LoadOptions::default()
        };
        let loaded = InputFormat::Scenario
            .load_with(registry, &source.bytes, &options)
            .map_err(|error| report.unloadable(&source, &error))?;
        let name = loaded.app.descriptor().name();
        let entry = find_app(Some(name), registry, report).map_err(|_| String::new())?;
        let text = source
            .text()
            .map_err(|diagnostic| report.diagnostics(&source, &[diagnostic]))?;
        let tick_of = |_: Option<&str>| entry.descriptor().tick();
        let scenario = grammar::parse_for(text, &tick_of)
            .map_err(|diagnostics| report.diagnostics(&source, &diagnostics))?;
        let rules = finder.rules_for(&source, name, registry, report)?;
        all.push(ScenarioFile {
            scenario,
            script: loaded.script,
            app: entry,
            rules,
            source,
        });
    }
    Ok(all)
}

/// Makes the folders that scenarios are written to, where they are not there.
pub(super) fn make_folders<'a>(
    folders: impl IntoIterator<Item = &'a PathBuf>,
    report: &Report,
) -> Result<(), Exit> {
    for folder in folders {
        if let Err(error) = std::fs::create_dir_all(folder) {
            let message = format!("cannot make the folder `{}`: {error}", folder.display());
            report.print(&report.plain(&message, None));
            return Err(Exit::BadInput);
        }
    }
    Ok(())
}
