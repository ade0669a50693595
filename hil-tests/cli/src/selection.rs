//! Which benches and scenarios the arguments of `hil run` select.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::closest;
use lockstep_hil::bench::required::{REQUIRE, RequiredBenches};

use super::suite_inputs::SuiteInputs;
use lockstep_hil::bench::plan::Scenario;

impl SuiteInputs {
    /// Checks that all required benches are known.
    pub(super) fn check_required(
        &self,
        required: &RequiredBenches,
        report: &Report,
    ) -> Result<(), Exit> {
        if required.iter().any(|name| self.is_unusable(name, report)) {
            return Err(Exit::BadInput);
        }
        let is_known = |name: &&str| self.benches.iter().any(|bench| bench.name == *name);
        match required.iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let message = format!("unknown bench `{name}` in `{REQUIRE}`");
                let help = format!("expected {}", self.bench_names());
                report.print(&report.plain(&message, Some(&help)));
                Err(Exit::BadInput)
            }
        }
    }

    /// Removes the other benches.
    pub(super) fn select_bench(&mut self, name: &str, report: &Report) -> Result<(), Exit> {
        let known = self.bench_names();
        self.benches.retain(|bench| bench.name == *name);
        if !self.benches.is_empty() {
            return Ok(());
        }
        if self.is_unusable(name, report) {
            return Err(Exit::BadInput);
        }
        let help = format!("expected {known}");
        report.print(&report.plain(&format!("unknown bench `{name}`"), Some(&help)));
        Err(Exit::BadInput)
    }

    fn bench_names(&self) -> String {
        let names = self.benches.iter().map(|bench| format!("`{}`", bench.name));
        names.collect::<Vec<_>>().join(" or ")
    }

    /// Removes the scenarios that none of the arguments selects; without arguments, none.
    pub(super) fn select_scenarios(
        &mut self,
        arguments: &[String],
        report: &Report,
    ) -> Result<(), Exit> {
        if arguments.is_empty() {
            return Ok(());
        }
        let mut names = BTreeSet::new();
        for argument in arguments {
            let selected = matching(argument, &self.scenarios);
            names.extend(selected.iter().map(|scenario| scenario.name.clone()));
            if selected.is_empty() {
                let (message, help) = unknown_scenario(argument, self);
                report.print(&report.plain(&message, Some(&help)));
                return Err(Exit::BadInput);
            }
        }
        self.scenarios
            .retain(|scenario| names.contains(&scenario.name));
        Ok(())
    }
}

/// The message and the help for an argument that selects nothing.
fn unknown_scenario(argument: &str, suite: &SuiteInputs) -> (String, String) {
    if Path::new(argument).exists() {
        let message = format!("`{argument}` is not a scenario of this project");
        let folders = suite.scenario_folders.iter();
        let folders: Vec<_> = folders
            .map(|folder| format!("`{}`", folder.display()))
            .collect();
        let help = format!(
            "expected a file or a folder below {}; each scenario needs its golden",
            folders.join(" or ")
        );
        return (message, help);
    }
    let names = suite.scenarios.iter();
    let names = names.map(|scenario| scenario.name.as_str());
    let help = match closest(argument, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "expected a name, the beginning of names, a file or a folder: `hil list` shows \
                 the names"
            .to_owned(),
    };
    (format!("unknown scenario `{argument}`"), help)
}

/// The scenarios that an argument selects: the scenario of this name, or else those whose names
/// begin with it, or else those in this file or folder.
fn matching<'s>(argument: &str, scenarios: &'s [Scenario]) -> Vec<&'s Scenario> {
    let file = fs::canonicalize(argument).ok();
    let is_in_file = |scenario: &Scenario| match (&file, fs::canonicalize(&scenario.path)) {
        (Some(file), Ok(path)) => path.starts_with(file),
        _ => false,
    };
    let has_name = |scenario: &Scenario| scenario.name == argument;
    let has_prefix = |scenario: &Scenario| scenario.name.starts_with(argument);
    let rules: [&dyn Fn(&Scenario) -> bool; 3] = [&has_name, &has_prefix, &is_in_file];
    let mut found = rules.iter().map(|rule| {
        let matching = scenarios.iter().filter(|scenario| rule(scenario));
        matching.collect::<Vec<_>>()
    });
    found.find(|found| !found.is_empty()).unwrap_or_default()
}
