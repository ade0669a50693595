//! The nRF52832, nRF52833 and nRF52840, whose registers are the same as far as they are used here: those of
//! the nRF52833 Product Specification v1.5, GPIO in section 6.8, CLOCK in 5.4, TIMER in 6.30, UART in 6.33.

/// The hardware abstraction of the chip, with its peripheral access crate as `pac`.
#[cfg(feature = "nrf52832")]
pub use nrf52832_hal as hal;
#[cfg(all(feature = "nrf52833", not(feature = "nrf52832")))]
pub use nrf52833_hal as hal;
#[cfg(all(
    feature = "nrf52840",
    not(any(feature = "nrf52832", feature = "nrf52833"))
))]
pub use nrf52840_hal as hal;

pub(crate) use hal::pac::p0::RegisterBlock as PortRegisters;

/// The registers of each port.
#[cfg(feature = "nrf52832")]
pub(crate) const GPIO: [*const PortRegisters; 1] = [hal::pac::P0::ptr()];
#[cfg(not(feature = "nrf52832"))]
pub(crate) const GPIO: [*const PortRegisters; 2] = [hal::pac::P0::ptr(), hal::pac::P1::ptr()];

/// How often the start of the clock is polled before it counts as failed: the crystal takes less
/// than a millisecond (section 5.4.4.1), and a poll takes at least five cycles at 64 MHz.
pub(crate) const CLOCK_POLLS: u32 = 400_000;

/// The interrupt of the UART.
pub(crate) const UART_INTERRUPT: hal::pac::Interrupt = hal::pac::Interrupt::UARTE0_UART0;

/// Puts the UART on these pins, each a port, times 32, and its place in the port.
///
/// # Safety
///
/// The chip has these pins, and nobody else uses the UART.
pub(crate) unsafe fn select_uart_pins(uart: &hal::pac::uart0::RegisterBlock, tx: u32, rx: u32) {
    // The crates of the chips have two names for the same registers.
    #[cfg(feature = "nrf52832")]
    let (for_tx, for_rx) = (&uart.pseltxd, &uart.pselrxd);
    #[cfg(not(feature = "nrf52832"))]
    let (for_tx, for_rx) = (&uart.psel.txd, &uart.psel.rxd);
    // SAFETY: said above.
    unsafe {
        for_tx.write(|w| w.bits(tx));
        for_rx.write(|w| w.bits(rx));
    }
}
