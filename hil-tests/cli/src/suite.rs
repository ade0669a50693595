//! The parts of the hardware suite: boards, benches and scenarios, read together.

use std::path::PathBuf;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;

use super::place;
use lockstep_hil::bench::Bench;
use lockstep_hil::bench::find::{self, FindError};
use lockstep_hil::bench::inputs::Inputs;
use lockstep_hil::bench::plan::{self, Scenario, ScenarioError};
use lockstep_images::board;

/// All that tests are made of.
pub(super) struct Suite {
    /// The root of the project.
    pub(super) root: PathBuf,
    /// The folders that scenarios are in.
    pub(super) scenario_folders: Vec<PathBuf>,
    pub(super) boards: Vec<Inputs>,
    pub(super) benches: Vec<Bench>,
    pub(super) scenarios: Vec<Scenario>,
}

impl Suite {
    /// The suite of the project around the current folder, with the user's benches; or how the
    /// process ends without it. No hardware is accessed.
    pub(super) fn read(registry: &Registry, report: &Report) -> Result<Self, Exit> {
        let broken = |error| place::tell_project(&error, report);
        let project = place::project().map_err(broken)?;
        let boards = board::boards(&project.boards().map_err(broken)?)
            .map_err(|error| place::tell_board(&error, report))?;
        let boards: Result<Vec<_>, _> = boards.into_iter().map(Inputs::read).collect();
        let boards = boards.map_err(|error| report.error(error))?;
        let overrides = place::overrides().map_err(|error| report.error(error))?;
        let folders = place::benches(&project).map_err(broken)?;
        let mut benches = match find::find(&folders, &boards) {
            Ok(benches) => benches,
            Err(errors) => {
                for error in errors {
                    report.print(&told(&error, report));
                }
                return Err(Exit::BadInput);
            }
        };
        for bench in &mut benches {
            overrides.apply(bench);
        }
        if benches.is_empty() {
            let help = "write a bench file, as docs/benches.md describes";
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
            scenario_folders,
            boards,
            benches,
            scenarios,
        })
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
            Err(ScenarioError::Load { text, error }) => {
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

fn told(error: &FindError, report: &Report) -> String {
    match error {
        FindError::Problems { text, problems } => report.diagnostics(text, problems),
        _ => report.caused(error),
    }
}
