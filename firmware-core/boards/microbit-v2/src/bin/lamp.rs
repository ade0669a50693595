//! The lamp.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lockstep_apps::lamp::Lamp;

#[entry]
fn main() -> ! {
    microbit_v2::start::<Lamp>()
}
