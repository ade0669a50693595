//! The micro:bit v1: an nRF51822 (Cortex-M0), two buttons, a matrix of 3 by 9 LEDs.

#![no_std]

use lockstep_apps::board::{Board, InitError};
use lockstep_core::event::BootCondition;
use lockstep_nordic::Peripherals;

include!(concat!(env!("OUT_DIR"), "/pins.rs"));

/// Initialises what the apps that ship need, and says how that went.
pub fn initialise(peripherals: &mut Peripherals) -> BootCondition {
    let clock_ready = peripherals.start_clock();
    let uart_present = peripherals.enable_uart();
    InitError::condition(Board::init(clock_ready, uart_present).map(drop))
}
