//! The lamp.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::lamp::Lamp;
use pico::{PINS, initialise};

#[entry]
fn main() -> ! {
    lockstep_rp::start!(Lamp, PINS, initialise)
}
