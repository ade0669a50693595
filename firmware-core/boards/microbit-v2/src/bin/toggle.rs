//! The smallest firmware.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::toggle::Firmware;

#[entry]
fn main() -> ! {
    microbit_v2::start::<Firmware>()
}
