//! Gives the linker its memory map, and the code its pins.

use std::process::ExitCode;

fn main() -> ExitCode {
    lockstep_pins::build_script()
}
