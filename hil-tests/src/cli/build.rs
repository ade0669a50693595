//! `hil build`: the images of boards, each held against its contract.

use std::fmt::Write;

use clap::Args;
use sim::cli::exit::Exit;
use sim::cli::output;
use sim::cli::report::Report;

use super::place::{self, Boards};
use crate::contract;
use crate::images::board::Board;
use crate::images::build::{Image, Profile};

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    boards: Boards,

    /// How the images are built; both ways where nothing is said.
    #[arg(long)]
    profile: Option<Profile>,
}

impl Build {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let profiles = match self.profile {
            Some(profile) => vec![profile],
            None => vec![Profile::Debug, Profile::Release],
        };
        let mut worst = Exit::Held;
        for board in &boards {
            for profile in &profiles {
                let images = match self.boards.build(board, *profile, report) {
                    Ok(images) => images,
                    Err(exit) => return exit,
                };
                for image in &images {
                    worst = worst.max(show(image, board, report));
                }
            }
        }
        worst
    }
}

/// A line for the image, and a message for each rule it breaks.
fn show(image: &Image, board: &Board, report: &Report) -> Exit {
    let elf = match image.read() {
        Ok(elf) => elf,
        Err(error) => return place::refuse(&error, report),
    };
    let identity = elf.identity.as_ref().map(ToString::to_string);
    let identity = identity.unwrap_or_else(|| "no identity".to_owned());
    let mut line = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(line, "{identity}  {}", image.path.display());
    if let Err(error) = output::write(None, line.as_bytes()) {
        return report.error(error);
    }
    let findings = contract::check(&elf, board, image.profile);
    for finding in &findings {
        let message = format!("`{}` breaks its contract: {finding}", image.name);
        report.print(&report.plain(&message, Some(finding.rule.cure())));
    }
    match findings.is_empty() {
        true => Exit::Held,
        false => Exit::Failed,
    }
}
