//! The command line: parse, dispatch, exit code.

mod board;
mod build;
mod doctor;
pub mod emulated_board;
mod interrupt;
mod keys;
mod list;
mod place;
mod progress;
mod run;
mod size;
mod suite;
pub mod verify;

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};
use lockstep_console::exit;
use lockstep_console::report::Report;
use lockstep_engine::registry::{AppEntry, Registry};

use lockstep_images::wrapper;

/// Builds board images and tests them on boards, virtual and real.
#[derive(Debug, Parser)]
#[command(
    name = "hil",
    version,
    after_help = "Exit codes: 0 all held, 1 an expectation or a comparison failed, \
                  2 usage or bad input, 3 something that is needed is missing or broke, \
                  42 timed out, 130 interrupted."
)]
struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the images of boards and hold them against their contract.
    Build(build::Build),
    /// Play scenarios on benches and hold them against their goldens.
    Run(run::Run),
    /// Show the memory that release images take, against budget and baseline.
    Size(size::Size),
    /// Start a virtual board, and serve its probe until stopped.
    Board(board::Board),
    /// Show benches, boards, scenarios and the tests they make, without touching hardware.
    List(list::List),
    /// Show what is needed from outside, and the command that adds what is missing.
    Doctor(doctor::Doctor),
    /// Add what is missing, then run every check of every world.
    Verify(verify::command::Verify),
}

/// Runs the command line on these apps.
#[must_use]
pub fn main(apps: Vec<AppEntry>) -> ExitCode {
    if let Some(code) = wrapper::run() {
        return code;
    }
    let cli = Cli::parse();
    lockstep_console::set_colour(match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
    let report = Report::to_stderr();
    let registry = match Registry::new(apps) {
        Ok(registry) => registry.with_panic_guard(lockstep_console::panics::install()),
        Err(error) => return report.error(error).into(),
    };
    // The others end the programs that they run before they exit.
    if matches!(cli.command, Command::Board(_) | Command::List(_)) {
        exit::on_interrupt();
    }
    let exit = match cli.command {
        Command::Verify(verify) => return verify.execute(registry, &report),
        Command::Build(build) => build.execute(&report),
        Command::Run(run) => run.execute(&registry, &report),
        Command::Size(size) => size.execute(&report),
        Command::Board(board) => board.execute(&report),
        Command::List(list) => list.execute(&registry, &report),
        Command::Doctor(doctor) => doctor.execute(&report),
    };
    exit.into()
}
