//! `cargo lockstep`: brings Lockstep into a project, and starts the programs of a project.

mod add_bench;
mod add_board;
mod app_scan;
mod benches;
mod bless;
mod cargo;
mod cargo_config;
mod doctor;
mod embassy;
mod existing_project;
mod init;
mod inspect;
mod manifest;
mod new_scenario;
mod plan;
mod source;
mod start;
mod task_scan;
mod templates;
mod udev;
mod verify;
mod workflow;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::{ColorChoice, Parser, Subcommand};
use lockstep_console::commands::Commands;
use lockstep_console::exit::{self, Exit};
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::{Program, Project, ProjectError};

use init::layout::PASS_THROUGH;
use start::{ProgramPackage, StartError};

/// Brings Lockstep into a firmware project, and starts the programs of a project from anywhere in it.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-lockstep",
    bin_name = "cargo lockstep",
    version,
    after_help = "Exit codes: 0 all held, 1 an expectation or a comparison failed, \
                  2 usage or bad input, 3 something that is needed is missing or broke, \
                  42 timed out, 130 interrupted."
)]
struct Cli {
    /// When to use color.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,

    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Bring Lockstep into a crate or workspace, or make a new one.
    Init(init::InitArgs),
    /// Write something new into the project.
    #[command(subcommand)]
    New(NewCommand),
    /// Add a part to the project.
    #[command(subcommand)]
    Add(AddCommand),
    /// Show how traces differ from their goldens, and write the goldens if that is meant.
    Bless(bless::BlessArgs),
    /// Show what is missing here, and the commands that add it.
    Doctor(doctor::DoctorArgs),
    /// Start the simulator of the project.
    #[command(disable_help_flag = true)]
    Sim(PassThrough),
    /// Start the hardware suite of the project.
    #[command(disable_help_flag = true)]
    Hil(PassThrough),
    /// Run the test that holds the goldens.
    #[command(disable_help_flag = true)]
    Test(PassThrough),
    /// Run every check of the project.
    Verify(PassThrough),
}

#[derive(Debug, Subcommand)]
enum NewCommand {
    /// A scenario for one of the apps.
    Scenario(new_scenario::NewScenarioArgs),
}

#[derive(Debug, Subcommand)]
enum AddCommand {
    /// A board: its package, memory map and pins, built and held to the contract of images.
    Board(add_board::AddBoardArgs),
    /// A bench: what plays the scenarios on a board, emulated where the chip can be; and the program
    /// `hil`, where the project has none.
    Bench(add_bench::AddBenchArgs),
}

/// What is given to a program as it is.
#[derive(Debug, clap::Args)]
struct PassThrough {
    /// The arguments of the program.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    // Cargo runs this program in place of the compiler while it builds images.
    if let Some(code) = lockstep_images::wrapper::run() {
        return code;
    }
    let cli = Cli::parse_from(arguments());
    lockstep_console::set_color(match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
    let call = |program: Program| format!("{PASS_THROUGH} {}", program.name());
    let commands = Commands::new(call(Program::Simulator), call(Program::HardwareSuite));
    let report = Report::to_stderr().naming(commands);
    let exit = match cli.command {
        CliCommand::Sim(given) => return pass_through(Program::Simulator, &given, &report),
        CliCommand::Hil(given) => return pass_through(Program::HardwareSuite, &given, &report),
        CliCommand::Test(given) => return test(&given, &report),
        CliCommand::Verify(given) => return verify::execute(&given.arguments, &report),
        CliCommand::Init(init) => {
            exit::before_end(plan::finish_applying);
            exit::on_interrupt();
            init.execute(&report)
        }
        CliCommand::Add(add) => {
            exit::before_end(plan::finish_applying);
            exit::on_interrupt();
            match add {
                AddCommand::Board(add) => add.execute(&report),
                AddCommand::Bench(add) => add.execute(&report),
            }
        }
        CliCommand::New(NewCommand::Scenario(new)) => new.execute(&report),
        CliCommand::Bless(bless) => bless.execute(&report),
        CliCommand::Doctor(doctor) => doctor.execute(&report),
    };
    exit.into()
}

/// The arguments of the process. Cargo gives a program its own name as the first.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<_> = env::args_os().collect();
    if arguments.get(1).is_some_and(|it| it == "lockstep") {
        arguments.remove(1);
    }
    arguments
}

fn pass_through(program: Program, given: &PassThrough, report: &Report) -> ExitCode {
    match package(program) {
        Ok(package) => replace(package.run().arg("--").args(&given.arguments), report),
        Err(error) => print_start_error(&error, report).into(),
    }
}

fn test(given: &PassThrough, report: &Report) -> ExitCode {
    match package(Program::Simulator) {
        Ok(package) => replace(package.test().arg("--").args(&given.arguments), report),
        Err(error) => print_start_error(&error, report).into(),
    }
}

/// The package of the project around the current folder that holds this program.
fn package(program: Program) -> Result<ProgramPackage, StartError> {
    let project = Project::find(Path::new(""))?;
    ProgramPackage::find(&project, program)
}

/// Goes on as another program, so that terminal, signals and exit code are its own.
fn replace(command: &mut Command, report: &Report) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    print_start_error(&StartError::Start(error), report).into()
}

/// Prints why a program cannot be started.
fn print_start_error(error: &StartError, report: &Report) -> Exit {
    if let StartError::Project(error @ ProjectError::Malformed { .. }) = error {
        return print_project_error(error, report);
    }
    let help = error.help();
    report.print(&report.plain(&error_chain(error), help.as_deref()));
    match error {
        StartError::Start(_) | StartError::Cargo(_) => Exit::Infrastructure,
        _ => Exit::BadInput,
    }
}

/// Prints why a project cannot be used.
fn print_project_error(error: &ProjectError, report: &Report) -> Exit {
    report.print(&match error {
        ProjectError::Malformed { text, diagnostics } => report.diagnostics(text, diagnostics),
        _ => report.plain(&error_chain(error), error.help()),
    });
    Exit::BadInput
}
