//! The UART: UART0 at 115200 baud, a byte an interrupt.

use cortex_m::peripheral::NVIC;
use lockstep_board::serial;

use crate::chip::UART_INTERRUPT;
use crate::hal::pac::{UART0, interrupt};

/// Puts the UART on these pins, and lets it receive.
pub(crate) fn start(tx: u32, rx: u32) {
    // SAFETY: the pointer is that of a peripheral, valid forever. `Peripherals` has given up its
    // UART by now, and the interrupt that uses these registers too is unmasked last. `lockstep-pins`
    // has checked that the chip has the pins.
    unsafe {
        let uart = &*UART0::ptr();
        // Pins are selected while the UART is off, and are as it leaves them idle.
        uart.enable.write(|w| w.enable().disabled());
        crate::gpio::make_serial(tx, rx);
        crate::chip::select_uart_pins(uart, tx, rx);
        uart.enable.write(|w| w.enable().enabled());
        uart.baudrate.write(|w| w.baudrate().baud115200());
        uart.intenset
            .write(|w| w.rxdrdy().set_bit().txdrdy().set_bit());
        uart.tasks_starttx.write(|w| w.bits(1));
        uart.tasks_startrx.write(|w| w.bits(1));
        NVIC::unmask(UART_INTERRUPT);
    }
}

/// Sends the next byte, if none is on its way. The interrupt sends the others.
pub(crate) fn start_sending() {
    if let Some(byte) = serial::begin_sending() {
        write(byte);
    }
}

fn write(byte: u8) {
    // SAFETY: the pointer is that of a peripheral, valid forever; TXD takes every byte, and nobody
    // else writes to it.
    unsafe {
        (*UART0::ptr()).txd.write(|w| w.txd().bits(byte));
    }
}

fn on_interrupt() {
    // SAFETY: as in `write`; events are reset here alone.
    let uart = unsafe { &*UART0::ptr() };
    if uart.events_rxdrdy.read().bits() != 0 {
        uart.events_rxdrdy.reset();
        serial::arrived(uart.rxd.read().rxd().bits());
    }
    if uart.events_txdrdy.read().bits() != 0 {
        uart.events_txdrdy.reset();
        if let Some(byte) = serial::sent() {
            write(byte);
        }
    }
}

#[cfg(feature = "nrf51")]
#[interrupt]
fn UART0() {
    on_interrupt();
}

#[cfg(not(feature = "nrf51"))]
#[interrupt]
fn UARTE0_UART0() {
    on_interrupt();
}
