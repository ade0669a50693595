//! The command line: parse, dispatch, exit code.

mod board;
mod board_console;
mod build;
mod cancellation;
mod doctor;
pub mod emulated_board;
mod environment;
mod keys;
mod list;
mod progress;
mod random;
mod report_files;
mod run;
mod selection;
mod size;
mod suite_inputs;
mod unemulated;
pub mod verify;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use lockstep_console::commands::Commands;
use lockstep_console::exit::{self, Exit};
use lockstep_console::report::Report;
use lockstep_engine::project::Program;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_isolation::{IsolationError, Settings, exit_guard, isolate};

use lockstep_images::wrapper;

/// Builds board images and tests them on boards, virtual and real.
#[derive(Debug, Parser)]
#[command(
    name = "hil",
    version,
    after_help = "Exit codes: 0 all held, 1 an expectation or a comparison failed, \
                  2 usage or bad input, 3 a tool or a bench is missing or broke, \
                  42 timed out, 130 interrupted."
)]
struct Cli {
    /// When to use color.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the images of boards and check them against the image contract.
    Build(build::BuildArgs),
    /// Play scenarios on benches and compare them with their goldens.
    Run(run::RunArgs),
    /// Show the memory that release images take, against budget and baseline.
    Size(size::SizeArgs),
    /// Start a virtual board, and serve its probe until stopped.
    Board(board::Board),
    /// Show benches, boards, scenarios and tests, without accessing hardware.
    List(list::ListArgs),
    /// Show which tools are needed, and the commands that install missing ones.
    Doctor(doctor::DoctorArgs),
    /// Install what is missing, then run every check of every world.
    Verify(verify::command::VerifyArgs),
}

/// Runs the command line with these apps.
#[must_use]
pub fn main(apps: Vec<AppEntry>) -> ExitCode {
    if let Some(code) = wrapper::run() {
        return code;
    }
    let commands = Commands::of_process(Program::HardwareSuite);
    let usage = Cli::command().bin_name(commands.of(Program::HardwareSuite));
    let cli = match Cli::from_arg_matches(&usage.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    lockstep_console::set_color(match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
    let report = Report::to_stderr().naming(commands);
    let registry = match Registry::new(apps) {
        Ok(registry) => registry.with_panic_guard(lockstep_console::panics::install()),
        Err(error) => return report.error(error).into(),
    };
    // Before any thread is started.
    let plays = matches!(cli.command, Command::Run(_) | Command::Verify(_));
    let isolated = plays.then(|| isolate(&registry, &Settings::default()));
    let (registry, _exit_guard) = match isolated {
        None => (registry, None),
        Some(Ok(isolated)) => (isolated, None),
        Some(Err(IsolationError::Unsupported)) => (registry, Some(exit_guard::arm())),
        Some(Err(error)) => {
            report.error(error);
            return Exit::Infrastructure.into();
        }
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
