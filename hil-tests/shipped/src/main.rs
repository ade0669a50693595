//! The hardware suite of the apps that ship.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockstep_hil_cli::main(shipped_apps::shipped())
}
