//! The rules that traces are held to: `--rules`, or those beside a scenario.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use lockstep_engine::source::Source;
use lockstep_rules::files::{LoadedRules, RulesError, beside, read};

/// Which rules traces are held to.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RuleArgs {
    /// Hold traces to the rules in this file (.rules), not to those beside the scenarios.
    #[arg(long, value_name = "FILE.rules")]
    rules: Vec<PathBuf>,

    /// Hold traces to no rules.
    #[arg(long, conflicts_with = "rules")]
    no_rules: bool,
}

/// The rules for an app, by folder.
type Found = HashMap<(PathBuf, &'static str), Arc<Vec<LoadedRules>>>;

/// Finds the rules for inputs, and reads each file once.
#[derive(Default)]
pub(super) struct RuleFinder {
    args: RuleArgs,
    named: Arc<Vec<LoadedRules>>,
    found: Mutex<Found>,
}

impl RuleArgs {
    /// Reads the rules that are named; what is wrong with them is given as text.
    pub(super) fn finder(
        &self,
        registry: &Registry,
        report: &Report,
    ) -> Result<RuleFinder, String> {
        let named = self.rules.iter().map(|path| read(path, registry));
        let named: Result<Vec<_>, _> = named.collect();
        let named = named.map_err(|error| rendered(&error, report))?;
        Ok(RuleFinder {
            args: self.clone(),
            named: Arc::new(named),
            found: Mutex::default(),
        })
    }

    pub(super) fn files(&self) -> &[PathBuf] {
        &self.rules
    }
}

impl RuleFinder {
    /// The rules for an app that an input is held to.
    pub(super) fn rules_for(
        &self,
        source: &Source,
        app: &'static str,
        registry: &Registry,
        report: &Report,
    ) -> Result<Arc<Vec<LoadedRules>>, String> {
        if !self.args.rules.is_empty() {
            return Ok(Arc::clone(&self.named));
        }
        let Some(path) = source
            .path()
            .filter(|path| path.exists() && !self.args.no_rules)
        else {
            return Ok(Arc::default());
        };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let key = (folder, app);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(&key) {
            return Ok(Arc::clone(known));
        }
        let rules = beside(&path, app, registry).map_err(|error| rendered(&error, report))?;
        let rules = Arc::new(rules);
        found.insert(key, Arc::clone(&rules));
        Ok(rules)
    }
}

/// What is wrong with rules.
pub(super) fn rendered(error: &RulesError, report: &Report) -> String {
    match error {
        RulesError::Invalid {
            source_text,
            diagnostics,
        } => report.diagnostics(source_text, diagnostics),
        other => report.caused(other),
    }
}
