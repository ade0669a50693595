//! The chip, by the feature that is on.

#[cfg(not(any(
    feature = "nrf51",
    feature = "nrf52832",
    feature = "nrf52833",
    feature = "nrf52840"
)))]
compile_error!(
    "no chip: turn on the feature `nrf51`, `nrf52832`, `nrf52833` or `nrf52840` of lockstep-nordic"
);

#[cfg(any(
    all(
        feature = "nrf51",
        any(feature = "nrf52832", feature = "nrf52833", feature = "nrf52840")
    ),
    all(feature = "nrf52832", any(feature = "nrf52833", feature = "nrf52840")),
    all(feature = "nrf52833", feature = "nrf52840")
))]
compile_error!(
    "two chips: turn on one of the features `nrf51`, `nrf52832`, `nrf52833` and `nrf52840` of lockstep-nordic"
);

#[cfg(feature = "nrf51")]
#[path = "chip/nrf51.rs"]
mod selected;
#[cfg(all(
    any(feature = "nrf52832", feature = "nrf52833", feature = "nrf52840"),
    not(feature = "nrf51")
))]
#[path = "chip/nrf52.rs"]
mod selected;

pub use selected::hal;
pub(crate) use selected::{CLOCK_POLLS, GPIO, PortRegisters, UART_INTERRUPT, select_uart_pins};
