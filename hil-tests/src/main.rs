//! The hardware side of Lockstep, for the apps that ship.

use std::process::ExitCode;

fn main() -> ExitCode {
    hil_tests::cli::main(sim::catalog::shipped())
}
