//! The chip, by the feature that is on.

#[cfg(not(any(feature = "nrf51", feature = "nrf52833")))]
compile_error!("no chip: turn on the feature `nrf51` or `nrf52833` of lockstep-nordic");

#[cfg(all(feature = "nrf51", feature = "nrf52833"))]
compile_error!("two chips: turn on one of the features `nrf51` and `nrf52833` of lockstep-nordic");

#[cfg(feature = "nrf51")]
#[path = "chip/nrf51.rs"]
mod selected;
#[cfg(all(feature = "nrf52833", not(feature = "nrf51")))]
#[path = "chip/nrf52833.rs"]
mod selected;

pub use selected::hal;
pub(crate) use selected::{CLOCK_POLLS, GPIO, PortRegisters, UART_INTERRUPT, select_uart_pins};
