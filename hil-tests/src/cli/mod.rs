//! The command line: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;

/// Builds board images and tests them on boards, virtual and real.
#[derive(Debug, Parser)]
#[command(name = "hil", version)]
struct Cli {}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let Cli {} = Cli::parse();
    ExitCode::SUCCESS
}
