//! Gives the linker its memory map, and the code its pins.

use std::process::ExitCode;

fn main() -> ExitCode {
    pin_map::build_script()
}
