//! The nRF51822. Registers are those of the nRF51 Series Reference Manual v3.0: GPIO in section
//! 14.2, CLOCK in 13.2, TIMER in 18, UART in 29.

/// The hardware abstraction of the chip, with its peripheral access crate as `pac`.
pub use nrf51_hal as hal;

pub(crate) use hal::pac::gpio::RegisterBlock as PortRegisters;

/// The registers of each port.
pub(crate) const GPIO: [*const PortRegisters; 1] = [hal::pac::GPIO::ptr()];

/// How often the start of the clock is polled before it counts as failed: the crystal takes less
/// than a millisecond (section 13.1), and a poll takes at least five cycles at 16 MHz.
pub(crate) const CLOCK_POLLS: u32 = 100_000;

/// The interrupt of the UART.
pub(crate) const UART_INTERRUPT: hal::pac::Interrupt = hal::pac::Interrupt::UART0;

/// Puts the UART on these pins, each a port, times 32, and its place in the port.
///
/// # Safety
///
/// The chip has these pins, and nobody else uses the UART.
pub(crate) unsafe fn select_uart_pins(uart: &hal::pac::uart0::RegisterBlock, tx: u32, rx: u32) {
    // SAFETY: said above.
    unsafe {
        uart.pseltxd.write(|w| w.bits(tx));
        uart.pselrxd.write(|w| w.bits(rx));
    }
}
