//! The parts of the hardware suite: boards, benches and scenarios, read together.

use std::path::PathBuf;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::project::ProjectCommands;
use lockstep_engine::registry::Registry;

use super::environment;
use lockstep_hil::bench::Bench;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::{self, BenchError, BenchSet, UnusableBench};
use lockstep_hil::bench::plan::{self, Scenario, ScenarioError};

/// The boards, benches and scenarios of a project and its user.
pub(super) struct SuiteInputs {
    /// The root of the project.
    pub(super) root: PathBuf,
    /// How people call the programs of the project.
    pub(super) commands: ProjectCommands,
    /// The folders that scenarios are in.
    pub(super) scenario_folders: Vec<PathBuf>,
    pub(super) boards: Vec<BoardPins>,
    pub(super) benches: Vec<Bench>,
    /// Bench files with problems, which are printed already: the other benches can be used.
    pub(super) unusable: Vec<UnusableBench>,
    pub(super) scenarios: Vec<Scenario>,
}

impl SuiteInputs {
    /// Reads them for the project around the current folder. Does not access hardware.
    pub(super) fn read(registry: &Registry, report: &Report) -> Result<Self, Exit> {
        let broken = |error| environment::report_project_error(&error, report);
        let project = environment::project().map_err(broken)?;
        let boards = environment::finished_boards(&project, report)?;
        let boards: Result<Vec<_>, _> = boards.into_iter().map(BoardPins::read).collect();
        let boards = boards.map_err(|error| report.error(error))?;
        let overrides = environment::overrides().map_err(|error| report.error(error))?;
        let folders = environment::bench_folders(&project).map_err(broken)?;
        let found = find::find(&folders, &boards).map_err(|error| report.error(error))?;
        let BenchSet {
            mut benches,
            unusable,
        } = found;
        for bench in &unusable {
            report.print(&rendered(bench, report));
        }
        if benches.is_empty() && !unusable.is_empty() {
            return Err(Exit::BadInput);
        }
        for bench in &mut benches {
            overrides.apply(bench);
        }
        if benches.is_empty() {
            let help = "write a bench file there; for the virtual board, two lines: `board = \"NAME\"` and `probe = \"virtual\"`";
            let folders: Vec<_> = folders
                .iter()
                .map(|folder| format!("`{}`", folder.display()))
                .collect();
            let message = format!("there is no bench in {}", folders.join(" or "));
            report.print(&report.plain(&message, Some(help)));
            return Err(Exit::BadInput);
        }
        let scenario_folders = project.scenarios().map_err(broken)?;
        let scenarios = read_scenarios(&scenario_folders, registry, report)?;
        Ok(Self {
            root: project.root().to_owned(),
            commands: project.commands().clone(),
            scenario_folders,
            boards,
            benches,
            unusable,
            scenarios,
        })
    }

    /// Whether a bench that was asked for by name cannot be used, which is printed then.
    pub(super) fn is_unusable(&self, name: &str, report: &Report) -> bool {
        let found = self.unusable.iter().find(|bench| bench.name == name);
        if let Some(bench) = found {
            let message = format!("the bench `{name}` cannot be used");
            let help = format!("correct `{}`", bench.path.display());
            report.print(&report.plain(&message, Some(&help)));
        }
        found.is_some()
    }
}

/// The scenarios in these folders. Each has a name of its own: it stands in names of tests.
pub(crate) fn read_scenarios(
    folders: &[PathBuf],
    registry: &Registry,
    report: &Report,
) -> Result<Vec<Scenario>, Exit> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for folder in folders {
        let found = match plan::scenarios(folder, registry) {
            Ok(found) => found,
            Err(ScenarioError::Load { text, error, .. }) => {
                report.print(&report.unloadable(&text, &error));
                return Err(Exit::BadInput);
            }
            Err(error) => return Err(report.error(error)),
        };
        for scenario in found {
            if let Some(other) = scenarios.iter().find(|other| other.name == scenario.name) {
                let (first, second) = (other.path.display(), scenario.path.display());
                let message = format!(
                    "two scenarios are named `{}`: `{first}` and `{second}`",
                    scenario.name
                );
                let help = "a scenario is named by its path below its folder: rename one of them";
                report.print(&report.plain(&message, Some(help)));
                return Err(Exit::BadInput);
            }
            scenarios.push(scenario);
        }
    }
    Ok(scenarios)
}

fn rendered(bench: &UnusableBench, report: &Report) -> String {
    match &bench.error {
        BenchError::Problems { text, problems, .. } => report.diagnostics(text, problems),
        error => report.caused(error),
    }
}
