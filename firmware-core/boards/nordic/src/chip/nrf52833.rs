//! The nRF52833. Registers are those of the nRF52833 Product Specification v1.5: GPIO in section
//! 6.8, CLOCK in 5.4, TIMER in 6.30, UART in 6.33.

/// The hardware abstraction of the chip, with its peripheral access crate as `pac`.
pub use nrf52833_hal as hal;

pub(crate) use hal::pac::p0::RegisterBlock as PortRegisters;

/// The registers of each port.
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
    // SAFETY: said above.
    unsafe {
        uart.psel.txd.write(|w| w.bits(tx));
        uart.psel.rxd.write(|w| w.bits(rx));
    }
}
