//! `hil doctor`: what is required from outside, and what of it is installed.

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;

use super::cancellation;
use super::environment::{self, BoardSelection};
use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::doctor::{self, Requirement, Tool};
use lockstep_virtual_board::emulator::{MIN_VERSION, PROGRAM};

/// The emulator of the virtual board.
const EMULATOR: Tool = Tool {
    program: PROGRAM,
    minimum: Some((MIN_VERSION.major, MIN_VERSION.minor)),
    needed_for: "virtual board",
    required: true,
    install_command: "apt-get install qemu-system-arm",
};

/// The options of `hil doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    boards: BoardSelection,
}

impl DoctorArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select_any(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let mut targets: Vec<_> = boards.iter().map(|board| board.target.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        let environment = match cancellation::on_interrupt(report) {
            Ok(supervisor) => Environment {
                supervisor,
                ..environment::toolchain()
            },
            Err(exit) => return exit,
        };
        let requirements = requirements(&environment, &targets);
        if environment.supervisor.is_interrupted() {
            return Exit::Interrupted;
        }
        if let Err(error) = output::write(None, doctor::table(&requirements).as_bytes()) {
            return report.error(error);
        }
        let missing: Vec<_> = requirements
            .iter()
            .filter(|requirement| requirement.is_missing())
            .map(|requirement| format!("`{}`", requirement.install_command))
            .collect();
        if missing.is_empty() {
            return Exit::Held;
        }
        let message = format!("{} of the requirements are missing", missing.len());
        report.print(&report.plain(&message, Some(&format!("run {}", missing.join(", ")))));
        Exit::Infrastructure
    }
}

/// Everything that images for these targets, their tests and the virtual board need.
pub(crate) fn requirements(environment: &Environment, targets: &[&str]) -> Vec<Requirement> {
    doctor::check(environment, targets, &[EMULATOR])
}
