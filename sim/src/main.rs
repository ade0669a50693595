//! The simulator of the apps that ship.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::cli::main(sim::catalog::shipped())
}
