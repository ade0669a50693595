//! The hardware side of Lockstep.

use std::process::ExitCode;

fn main() -> ExitCode {
    hil_tests::cli::main()
}
