//! The smallest firmware.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use firmware_core::apps::toggle::Firmware;

#[entry]
fn main() -> ! {
    microbit_v1::start::<Firmware>()
}
