//! The Nucleo-F411RE: an STM32F411 (Cortex-M4F), one button and one LED.

#![no_std]

use lockstep_apps::board::{Board, InitError};
use lockstep_core::event::BootCondition;
use lockstep_stm32f4::{Oscillator, Peripherals};

include!(concat!(env!("OUT_DIR"), "/pins.rs"));

/// Initialises what the apps that ship need, and says how that went. None of them needs a UART.
pub fn initialise(peripherals: &mut Peripherals) -> BootCondition {
    let clock_ready = peripherals.start_clock(Oscillator::NUCLEO);
    InitError::condition(Board::init(clock_ready, true).map(drop))
}
