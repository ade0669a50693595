//! The workflow that holds a project on every commit.

use std::path::Path;

use lockstep_engine::project::{Program, Project};
use lockstep_images::board::finished_boards;

use crate::benches::virtual_benches;
use crate::init::layout::PASS_THROUGH;
use crate::plan::{Plan, PlanError};

/// Where it is.
pub(crate) const WORKFLOW: &str = ".github/workflows/lockstep.yml";

/// What it plays on the virtual board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    /// The command that starts the suite.
    pub(crate) command: String,
    /// The bench.
    pub(crate) bench: String,
    /// The target of the images of its board.
    pub(crate) target: String,
}

impl Suite {
    /// That of a project which has the program and a virtual bench.
    pub(crate) fn of(project: &Project) -> Option<Self> {
        project.program(Program::HardwareSuite).ok()??;
        let boards = finished_boards(&project.boards().ok()?).ok()?.boards;
        virtual_benches(project).into_iter().find_map(|bench| {
            let board = boards
                .iter()
                .find(|it| Some(&it.name) == bench.board.as_ref())?;
            Some(Self {
                command: project.commands().hil.clone(),
                bench: bench.name,
                target: board.target.clone(),
            })
        })
    }

    fn run(&self) -> String {
        format!("{} run --bench {}", self.command, self.bench)
    }

    /// Its steps.
    fn steps(&self) -> String {
        format!(
            "      - name: What the virtual board and its images need\n        run: |\n          \
             sudo apt-get update\n          \
             sudo apt-get install -y --no-install-recommends qemu-system-arm\n          \
             rustup target add {}\n          \
             cargo install flip-link --locked\n      \
             - name: Scenarios on the virtual board\n        run: {}\n",
            self.target,
            self.run()
        )
    }
}

/// Its text: the test of the goldens, and what is played on the virtual board.
pub(crate) fn text(test: &str, suite: Option<&Suite>) -> String {
    format!(
        "# Plays every scenario and holds it to its golden.\nname: lockstep\n\non:\n  push:\n  pull_request:\n\n\
         permissions:\n  contents: read\n\njobs:\n  scenarios:\n    runs-on: ubuntu-24.04\n    \
         timeout-minutes: 30\n    steps:\n      - uses: actions/checkout@v4\n      \
         - name: Scenarios and their goldens\n        run: {test}\n        env:\n          \
         # No setting of a user may let a golden pass that does not match.\n          \
         INSTA_UPDATE: \"no\"\n{}",
        suite.map(Suite::steps).unwrap_or_default()
    )
}

/// Adds the virtual board to a workflow that is there as `init` wrote it, or says what to add to another.
pub(crate) fn add_suite(plan: &mut Plan, test: &str, suite: &Suite) -> Result<(), PlanError> {
    let Some(existing) = plan.text(Path::new(WORKFLOW))? else {
        return Ok(());
    };
    if existing.contains(&suite.run()) {
        return Ok(());
    }
    if existing == text(test, None) {
        plan.set(WORKFLOW, text(test, Some(suite)))?;
    } else {
        plan.leave(
            format!("`{WORKFLOW}` is not as it was written: it does not play on the virtual board"),
            format!("its steps would be:\n{}", suite.steps()),
        );
    }
    leave_installation(plan, &[test, &suite.command]);
    Ok(())
}

/// Says that CI has to install this program, if one of the commands calls it.
pub(crate) fn leave_installation(plan: &mut Plan, commands: &[&str]) {
    if commands.iter().any(|it| it.starts_with(PASS_THROUGH)) {
        plan.leave(
            "the workflow calls `cargo lockstep`, which CI has to install first",
            "- run: cargo install cargo-lockstep",
        );
    }
}
