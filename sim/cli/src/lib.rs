//! The command line: parse, dispatch, exit code.

mod apps;
mod cast;
mod completions;
mod diff;
mod format;
mod loaded;
mod oneline;
mod open;
mod progress;
mod replay;
mod run;
mod session;
mod shot;
mod time_limit;

use std::process::ExitCode;

use clap::{ColorChoice, Parser, Subcommand};

use lockstep_console::report::Report;
use lockstep_console::{exit, panics};
use lockstep_engine::registry::{AppEntry, Registry};

/// Plays no_std firmware on the host and keeps what happened.
#[derive(Debug, Parser)]
#[command(
    name = "sim",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 all held, 1 an expectation or a comparison failed, \
                  2 usage or bad input, 42 timed out, 130 interrupted."
)]
struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(flatten)]
    open: open::Open,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the terminal simulator, as without a command.
    Open(open::Open),
    /// Play scenarios and check what they expect.
    Run(run::Run),
    /// Play a recording again.
    Replay(replay::Replay),
    /// Show where two traces part.
    Diff(diff::Diff),
    /// Draw the terminal simulator at a time of a run, without a terminal.
    Shot(shot::Shot),
    /// Write a run playing in the terminal simulator as asciicast.
    Cast(cast::Cast),
    /// List the apps that can be played.
    Apps(apps::Apps),
    /// Print a scenario in its one-line form.
    Oneline(oneline::Oneline),
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

/// Runs the command line over these apps: the whole `main` of a simulator.
///
/// ```no_run
/// # use lockstep_engine::registry::AppEntry;
/// fn main() -> std::process::ExitCode {
///     lockstep_cli::main(vec![AppEntry::of::<lockstep_apps::lamp::Lamp>()])
/// }
/// ```
#[must_use]
pub fn main(apps: Vec<AppEntry>) -> ExitCode {
    let cli = Cli::parse();
    set_colour(cli.color);
    let report = Report::to_stderr();
    let registry = match Registry::new(apps) {
        Ok(registry) => registry.with_panic_guard(panics::install()),
        Err(error) => return report.error(error).into(),
    };
    let command = cli.command.unwrap_or(Command::Open(cli.open));
    // The terminal UI gives the terminal back before it ends: it sees to signals itself.
    if !matches!(command, Command::Open(_)) {
        exit::on_interrupt();
    }
    let exit = match command {
        Command::Open(open) => open.execute(&registry, &report),
        Command::Run(run) => run.execute(&registry, &report),
        Command::Replay(replay) => replay.execute(&registry, &report),
        Command::Diff(diff) => diff.execute(&report),
        Command::Shot(shot) => shot.execute(&registry, &report),
        Command::Cast(cast) => cast.execute(&registry, &report),
        Command::Apps(apps) => apps.execute(&registry, &report),
        Command::Oneline(oneline) => oneline.execute(&report),
        Command::Completions(completions) => completions.execute(&report),
    };
    exit.into()
}

/// Sets the colour of everything that is printed from now on.
fn set_colour(choice: ColorChoice) {
    lockstep_console::set_colour(match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
}
