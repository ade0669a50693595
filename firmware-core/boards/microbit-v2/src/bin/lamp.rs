//! The lamp.

#![no_std]
#![no_main]

use cortex_m_rt::entry;
use firmware_core::apps::lamp::Lamp;

#[entry]
fn main() -> ! {
    microbit_v2::start::<Lamp>()
}
