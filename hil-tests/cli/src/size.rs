//! `hil size`: the memory that release images take.

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output::{self, OutputError};
use lockstep_console::report::Report;
use thiserror::Error;

use super::cancellation;
use super::environment::{self, BoardSelection};
use lockstep_images::board::Board;
use lockstep_images::build::Profile;
use lockstep_images::size::baseline::{self, Baseline};
use lockstep_images::size::{ImageSize, table};
use lockstep_images::toolchain::Environment;

/// The options of `hil size`.
#[derive(Debug, Args)]
pub(super) struct SizeArgs {
    #[command(flatten)]
    boards: BoardSelection,

    /// Write the current sizes as the new baseline.
    #[arg(long)]
    bless: bool,
}

/// A baseline cannot be written.
#[derive(Debug, Error)]
enum BaselineWriteError {
    #[error(transparent)]
    Format(#[from] toml::ser::Error),
    #[error(transparent)]
    Write(#[from] OutputError),
}

impl SizeArgs {
    pub(super) fn execute(&self, report: &Report) -> Exit {
        let boards = match self.boards.select(report) {
            Ok(boards) => boards,
            Err(exit) => return exit,
        };
        let environment = match cancellation::on_interrupt(report) {
            Ok(supervisor) => Environment {
                supervisor,
                ..environment::toolchain()
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
                Err(error) => return environment::report_build_error(&error, report),
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
        let tables = report.commands().name_in(&tables);
        if let Err(error) = output::write(None, tables.as_bytes()) {
            return report.error(error);
        }
        check_budgets(board, &measured, &kept, report)
    }
}

fn bless(board: &Board, measured: &[ImageSize]) -> Result<(), BaselineWriteError> {
    let path = baseline::path(board);
    let text = baseline::render(measured)?;
    output::write(Some(&path), text.as_bytes()).map_err(BaselineWriteError::from)
}

/// Prints each image that exceeds its budget, and what grew.
fn check_budgets(board: &Board, measured: &[ImageSize], kept: &Baseline, report: &Report) -> Exit {
    let mut exit = Exit::Held;
    for image in measured.iter().filter(|image| image.exceeds_budget(board)) {
        let message = format!("`{}` exceeds its budget", image.name);
        let note = match kept.get(&image.name) {
            Some(kept) => table::growths(&baseline::growths(kept, image)),
            None => "no baseline to compare with: `hil size --bless` writes one before the change"
                .to_owned(),
        };
        report.print(&report.noted(&message, &note));
        exit = Exit::Failed;
    }
    exit
}
