//! The toggle.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::toggle::Toggle;
use nucleo_f411re::{PINS, initialise};

#[entry]
fn main() -> ! {
    lockstep_stm32f4::start!(Toggle, PINS, initialise)
}
