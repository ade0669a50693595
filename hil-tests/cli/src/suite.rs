//! What the hardware suite is made of: boards, benches and scenarios, read together.

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;

use super::place;
use lockstep_hil::bench::find::{self, FindError};
use lockstep_hil::bench::inputs::Inputs;
use lockstep_hil::bench::plan::{self, SCENARIOS, Scenario, ScenarioError};
use lockstep_hil::bench::{BENCHES, Bench};
use lockstep_images::images::board::{self, BOARDS};

/// All that tests are made of.
pub(super) struct Suite {
    pub(super) boards: Vec<Inputs>,
    pub(super) benches: Vec<Bench>,
    pub(super) scenarios: Vec<Scenario>,
}

impl Suite {
    /// The suite of the repository around this folder, and of the user; or how the process
    /// ends without it. No hardware is looked at.
    pub(super) fn read(registry: &Registry, report: &Report) -> Result<Self, Exit> {
        let repository = place::repository();
        let boards = match board::boards(&repository.join(BOARDS)) {
            Ok(boards) => boards,
            Err(error) => {
                let help = place::help_for_boards(&error);
                report.print(&report.plain(&error.to_string(), help));
                return Err(Exit::BadInput);
            }
        };
        let boards: Result<Vec<_>, _> = boards.into_iter().map(Inputs::read).collect();
        let boards = boards.map_err(|error| report.error(error))?;
        let overrides = place::overrides().map_err(|error| report.error(error))?;
        let folders = place::benches(&repository);
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
            let message = format!("there is no bench in `{BENCHES}`, nor among those of the user");
            report.print(&report.plain(&message, Some(help)));
            return Err(Exit::BadInput);
        }
        let scenarios = match plan::scenarios(&repository.join(SCENARIOS), registry) {
            Ok(scenarios) => scenarios,
            Err(ScenarioError::Load { text, error }) => {
                report.print(&report.unloadable(&text, &error));
                return Err(Exit::BadInput);
            }
            Err(error) => return Err(report.error(error)),
        };
        Ok(Self {
            boards,
            benches,
            scenarios,
        })
    }
}

fn told(error: &FindError, report: &Report) -> String {
    match error {
        FindError::Problems { text, problems } => report.diagnostics(text, problems),
        _ => report.caused(error),
    }
}
