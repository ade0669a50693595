//! `hil doctor`: what is needed from outside, and what of it is there.

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;

use super::place::{self, Boards};
use lockstep_images::toolchain::doctor::{self, Need};

#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    boards: Boards,
}

impl Doctor {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select_any(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let mut targets: Vec<_> = boards.iter().map(|board| board.target.as_str()).collect();
        targets.sort_unstable();
        targets.dedup();
        let needs = doctor::examine(&place::environment(), &targets);
        if let Err(error) = output::write(None, doctor::table(&needs).as_bytes()) {
            return report.error(error);
        }
        let missing = needs.iter().filter(|need| need.is_missing()).count();
        if missing == 0 {
            return Exit::Held;
        }
        let commands: Vec<_> = needs
            .iter()
            .filter(|need| need.is_missing())
            .map(add)
            .collect();
        let message = format!("{missing} of what is needed is missing");
        report.print(&report.plain(&message, Some(&format!("run {}", commands.join(", ")))));
        Exit::Infrastructure
    }
}

fn add(need: &Need) -> String {
    format!("`{}`", need.add)
}
