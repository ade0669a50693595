//! The lamp.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::lamp::Lamp;
use microbit_v2::{PINS, initialise};

#[entry]
fn main() -> ! {
    lockstep_nordic::start!(Lamp, PINS, initialise)
}
