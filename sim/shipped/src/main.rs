//! The simulator of the apps that ship.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockstep_sim::cli::main(shipped_apps::shipped())
}
