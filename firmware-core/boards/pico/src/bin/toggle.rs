//! The toggle.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::toggle::Toggle;
use pico::{PINS, initialise};

#[entry]
fn main() -> ! {
    lockstep_rp::start!(Toggle, PINS, initialise)
}
