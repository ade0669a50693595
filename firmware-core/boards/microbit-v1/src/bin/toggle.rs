//! The smallest firmware.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::toggle::Toggle;
use microbit_v1::{PINS, initialise};

#[entry]
fn main() -> ! {
    lockstep_nordic::start!(Toggle, PINS, initialise)
}
