//! `hil size`: the memory release images take.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use thiserror::Error;

use super::interrupt;
use super::place::{self, Boards};
use lockstep_images::board::Board;
use lockstep_images::build::Profile;
use lockstep_images::size::baseline::{self, Baseline};
use lockstep_images::size::{ImageSize, table};
use lockstep_images::toolchain::Environment;

#[derive(Debug, Args)]
pub(super) struct Size {
    #[command(flatten)]
    boards: Boards,

    /// Write what the images take now as their baseline.
    #[arg(long)]
    bless: bool,
}

/// A baseline cannot be written.
#[derive(Debug, Error)]
enum BlessError {
    #[error(transparent)]
    Format(#[from] toml::ser::Error),
    #[error("cannot write `{}`: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl Size {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let environment = match interrupt::listen(report) {
            Ok(supervisor) => Environment {
                supervisor,
                ..place::environment()
            },
            Err(exit) => return exit,
        };
        let exits = boards
            .iter()
            .map(|board| self.measure(&environment, board, report));
        exits.max().unwrap_or(Exit::Held)
    }

    fn measure(&self, environment: &Environment, board: &Board, report: &Report) -> Exit {
        let images = match self
            .boards
            .build(environment, board, Profile::Release, report)
        {
            Ok(images) => images,
            Err(exit) => return exit,
        };
        let mut measured = Vec::new();
        for image in &images {
            match image.read() {
                Ok(elf) => measured.push(ImageSize::of(&image.name, &elf, board)),
                Err(error) => return place::refuse(&error, report),
            }
        }
        if self.bless
            && let Err(error) = bless(board, &measured)
        {
            return report.error(error);
        }
        let kept = match baseline::read(board) {
            Ok(kept) => kept,
            Err(error) => return report.error(error),
        };
        let tables = measured
            .iter()
            .map(|image| table::image(image, board, kept.get(&image.name)));
        let tables = tables.collect::<Vec<_>>().join("\n") + "\n";
        if let Err(error) = output::write(None, tables.as_bytes()) {
            return report.error(error);
        }
        judge(board, &measured, &kept, report)
    }
}

fn bless(board: &Board, measured: &[ImageSize]) -> Result<(), BlessError> {
    let path = baseline::path(board);
    let text = baseline::render(measured)?;
    fs::write(&path, text).map_err(|error| BlessError::Io { path, error })
}

/// Tells of each image that takes more than its budget, and what grew.
fn judge(board: &Board, measured: &[ImageSize], kept: &Baseline, report: &Report) -> Exit {
    let mut exit = Exit::Held;
    for image in measured.iter().filter(|image| image.exceeds_budget(board)) {
        let message = format!("`{}` takes more than its budget", image.name);
        let note = match kept.get(&image.name) {
            Some(kept) => table::growths(&baseline::growths(kept, image)),
            None => "there is no baseline: what grew is not known".to_owned(),
        };
        report.print(&report.noted(&message, &note));
        exit = Exit::Failed;
    }
    exit
}
