//! The Raspberry Pi Pico: an RP2040 (two Cortex-M0+, of which one is used) and one LED. It has no button of
//! its own.

#![no_std]

use lockstep_apps::board::{Board, InitError};
use lockstep_core::event::BootCondition;
use lockstep_rp::Peripherals;

include!(concat!(env!("OUT_DIR"), "/pins.rs"));

/// Initialises what the apps that ship need, and says how that went. None of them needs a UART.
pub fn initialise(peripherals: &mut Peripherals) -> BootCondition {
    let clock_ready = peripherals.start_clock();
    InitError::condition(Board::init(clock_ready, true).map(drop))
}
