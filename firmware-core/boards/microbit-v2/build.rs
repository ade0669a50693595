//! Gives the linker its memory map, and the code its pins.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    Ok(pin_map::build_script()?)
}
