//! The command line: parse, dispatch, exit code.

mod apps;
mod captured_scenario;
mod cast;
mod checkpoint_file;
mod completions;
mod coverage;
mod diff;
mod explore;
mod import;
mod input_player;
mod isolation_args;
mod load;
mod map;
mod margin;
mod mutate;
mod oneline;
mod open;
mod progress;
mod prove;
mod reach;
mod replay;
mod rule_args;
mod run;
mod scenario_files;
mod seek_args;
mod shot;
mod shrink;
mod terminal_environment;
mod time_limit;
mod trace_format;
mod wake_arg;
mod waveform_args;

use std::io::stdout;
use std::process::ExitCode;

use anstream::AutoStream;
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use lockstep_console::commands::Commands;
use lockstep_console::exit::{self, Exit};
use lockstep_console::report::Report;
use lockstep_console::{output, panics};
use lockstep_engine::project::Program;
use lockstep_engine::registry::{AppEntry, Registry};

/// Plays no_std firmware on the host and records what happens.
#[derive(Debug, Parser)]
#[command(
    name = "sim",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 all held, 1 an expectation or a comparison failed, \
                  2 usage or bad input, 3 infrastructure, 42 timed out, 130 interrupted."
)]
struct Cli {
    /// When to use color.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(flatten)]
    isolation: isolation_args::IsolationArgs,

    #[command(flatten)]
    open: open::OpenArgs,

    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Open the simulator in the terminal; the default without a command.
    Open(open::OpenArgs),
    /// Play scenarios and check what they expect.
    Run(run::RunArgs),
    /// Play a recording.
    Replay(replay::ReplayArgs),
    /// Explore every behaviour of an app, and judge its rules.
    Prove(prove::ProveArgs),
    /// Play at random and look for what fails.
    Explore(explore::ExploreArgs),
    /// Look for the shortest way to something.
    Reach(reach::ReachArgs),
    /// Find the state diagram of an app.
    Map(map::MapArgs),
    /// Say what an app can do that no scenario has it do.
    Coverage(coverage::CoverageArgs),
    /// Say how much earlier and later each action of scenarios may come.
    Margin(margin::MarginArgs),
    /// Change constants of an app, and say which changes no scenario notices.
    Mutate(mutate::MutateArgs),
    /// Make a scenario or a recording that fails as small as it can be.
    Shrink(shrink::ShrinkArgs),
    /// Show the first difference of two traces, or of a capture and a run.
    Diff(diff::DiffArgs),
    /// Write a captured waveform as a scenario.
    Import(import::ImportArgs),
    /// Take a screenshot of the simulator at a time of a run, without a terminal.
    Shot(shot::ShotArgs),
    /// Record a run playing in the simulator as an asciicast.
    Cast(cast::CastArgs),
    /// List the apps that can be played.
    Apps(apps::AppsArgs),
    /// Print a scenario in its one-line form.
    Oneline(oneline::OnelineArgs),
    /// Print a completion script for a shell.
    Completions(completions::CompletionsArgs),
}

/// Runs the command line over these apps: the whole `main` of a simulator.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     lockstep_cli::main(vec![lockstep_engine::app!(lockstep_apps::lamp::Lamp)])
/// }
/// ```
#[must_use]
pub fn main(apps: Vec<AppEntry>) -> ExitCode {
    let commands = Commands::of_process(Program::Simulator);
    let usage = Cli::command().bin_name(commands.of(Program::Simulator));
    let parsed = usage.try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return print_usage(&error).into(),
    };
    set_color(cli.color);
    let report = Report::to_stderr().naming(commands);
    let registry = match Registry::new(apps) {
        Ok(registry) => registry.with_panic_guard(panics::install()),
        Err(error) => return report.error(error).into(),
    };
    let command = cli.command.unwrap_or(CliCommand::Open(cli.open));
    // Copies can be had of these, to answer questions with.
    let in_process = registry.clone();
    // Before any thread is started.
    let apps = match command {
        CliCommand::Open(_) => cli.isolation.isolate_for_terminal(registry, &report),
        CliCommand::Run(_)
        | CliCommand::Replay(_)
        | CliCommand::Diff(_)
        | CliCommand::Shot(_)
        | CliCommand::Shrink(_)
        | CliCommand::Explore(_)
        | CliCommand::Cast(_) => cli.isolation.isolate(registry, &report),
        CliCommand::Prove(_)
        | CliCommand::Reach(_)
        | CliCommand::Map(_)
        | CliCommand::Coverage(_)
        | CliCommand::Margin(_)
        | CliCommand::Mutate(_)
        | CliCommand::Import(_)
        | CliCommand::Apps(_)
        | CliCommand::Oneline(_)
        | CliCommand::Completions(_) => Ok(registry.into()),
    };
    let apps = match apps {
        Ok(apps) => apps,
        Err(exit) => return exit.into(),
    };
    let registry = &apps.registry;
    // The simulator gives the terminal back before it ends, and handles signals itself.
    if !matches!(command, CliCommand::Open(_)) {
        exit::on_interrupt();
    }
    let exit = match command {
        CliCommand::Open(open) => open.execute(registry, &in_process, &report),
        CliCommand::Run(run) => run.execute(registry, &report),
        CliCommand::Replay(replay) => replay.execute(registry, &report),
        CliCommand::Prove(prove) => prove.execute(registry, &report),
        CliCommand::Explore(explore) => explore.execute(registry, &report),
        CliCommand::Reach(reach) => reach.execute(registry, &report),
        CliCommand::Map(map) => map.execute(registry, &report),
        CliCommand::Coverage(coverage) => coverage.execute(registry, &report),
        CliCommand::Margin(margin) => margin.execute(registry, &report),
        CliCommand::Mutate(mutate) => mutate.execute(registry, &report),
        CliCommand::Shrink(shrink) => shrink.execute(registry, &report),
        CliCommand::Diff(diff) => diff.execute(registry, &report),
        CliCommand::Import(import) => import.execute(registry, &report),
        CliCommand::Shot(shot) => shot.execute(registry, &report),
        CliCommand::Cast(cast) => cast.execute(registry, &report),
        CliCommand::Apps(apps) => apps.execute(registry, &report),
        CliCommand::Oneline(oneline) => oneline.execute(registry, &report),
        CliCommand::Completions(completions) => completions.execute(&report),
    };
    exit.into()
}

/// Prints usage errors to standard error, help and the version to standard output.
/// `clap::Error::exit` would ignore that they cannot be written.
fn print_usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        // There is nowhere left to report an error of standard error.
        let _ = error.print();
        return Exit::BadInput;
    }
    let text = match AutoStream::choice(&stdout()) {
        anstream::ColorChoice::Never => error.render().to_string(),
        _ => error.render().ansi().to_string(),
    };
    match output::write(None, text.as_bytes()) {
        Ok(()) => Exit::Held,
        Err(error) => Report::to_stderr().error(error),
    }
}

/// Sets the color of everything that is printed from now on.
fn set_color(choice: ColorChoice) {
    lockstep_console::set_color(match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
}
