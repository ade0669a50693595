//! Pins, by the numbers of the pin map: the port, times 32, and the place in the port. Port A is 0.
//!
//! Registers are those of RM0383, section 8.4. All ports have the same, so they are reached by address:
//! the peripheral access crate has types of its own for some ports.

use core::convert::Infallible;
use core::ptr;

use embedded_hal::digital::{ErrorType, OutputPin as _};
use lockstep_board::matrix;
use lockstep_board::pins::{MatrixPins, PORTS};

use crate::hal::pac::RCC;

/// The ports that these chips have: A to E, and H.
const CHIP_PORTS: [usize; 6] = [0, 1, 2, 3, 4, 7];

/// Where the registers of port A are, and how far those of the next port (section 2.3).
const PORT_A: usize = 0x4002_0000;
const PORT_BYTES: usize = 0x400;

/// The registers of a port, by their offset.
const MODER: usize = 0x00;
const PUPDR: usize = 0x0c;
const IDR: usize = 0x10;
const BSRR: usize = 0x18;

/// What a pin is, in MODER.
const INPUT: u32 = 0b00;
const OUTPUT: u32 = 0b01;

/// How a pin is pulled, in PUPDR.
const PULL_UP: u32 = 0b01;
const PULL_DOWN: u32 = 0b10;

/// A pin that drives a level.
pub(crate) struct OutputPin(u32);

/// The LED matrix of a board.
pub(crate) type Matrix = matrix::Matrix<OutputPin>;

impl ErrorType for OutputPin {
    type Error = Infallible;
}

impl embedded_hal::digital::OutputPin for OutputPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        write(port(self.0), BSRR, 1 << (place(self.0) + 16));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        write(port(self.0), BSRR, 1 << place(self.0));
        Ok(())
    }
}

/// Makes the pin an input with a pull resistor against the level of a pressed button.
pub(crate) fn make_button(pin: u32, active_low: bool) {
    enable(port(pin));
    let pull = if active_low { PULL_UP } else { PULL_DOWN };
    set_field(pin, MODER, INPUT);
    set_field(pin, PUPDR, pull);
}

/// An output at low. Its level is read as that of an input is.
pub(crate) fn output(pin: u32) -> OutputPin {
    enable(port(pin));
    let mut output = OutputPin(pin);
    let Ok(()) = output.set_low();
    set_field(pin, MODER, OUTPUT);
    output
}

/// The LED matrix on these pins, dark.
pub(crate) fn matrix(pins: &MatrixPins) -> Matrix {
    let columns = pins.columns.iter().map(|pin| {
        let mut column = output(*pin);
        let Ok(()) = column.set_high();
        column
    });
    Matrix::new(
        pins.rows.iter().map(|pin| output(*pin)),
        columns,
        pins.picture,
    )
}

/// The levels of all pins, a bit for each, a word for each port. Those of a port that nothing uses are low.
pub(crate) fn levels() -> [u32; PORTS] {
    let mut levels = [0; PORTS];
    for port in CHIP_PORTS {
        levels[port] = read(port, IDR);
    }
    levels
}

/// Sets these outputs low, a bit for each, a word for each port. It uses nothing but flash and
/// registers, so it works with RAM in any state.
pub fn outputs_off(pins: [u32; PORTS]) {
    for port in CHIP_PORTS {
        write(port, BSRR, pins[port] << 16);
    }
}

/// Gives a port its clock.
fn enable(port: usize) {
    // SAFETY: the pointer is that of a peripheral, valid forever, and nobody else uses it now: the clocks
    // are set up. The bits of the register are those of the ports.
    unsafe {
        (*RCC::ptr())
            .ahb1enr()
            .modify(|r, w| w.bits(r.bits() | 1 << port));
        // A port is ready two cycles after the write (errata ES0287, section 2.2.7): a read lasts them.
        let _ = (*RCC::ptr()).ahb1enr().read();
    }
}

/// Sets the two bits of a pin in a register of its port.
fn set_field(pin: u32, register: usize, value: u32) {
    let shift = 2 * place(pin);
    let others = read(port(pin), register) & !(0b11 << shift);
    write(port(pin), register, others | value << shift);
}

fn port(pin: u32) -> usize {
    (pin / 32) as usize
}

fn place(pin: u32) -> u32 {
    pin % 16
}

fn address(port: usize, register: usize) -> Option<usize> {
    let is_there = CHIP_PORTS.contains(&port);
    is_there.then(|| PORT_A + port * PORT_BYTES + register)
}

fn read(port: usize, register: usize) -> u32 {
    // SAFETY: it is the address of a register of a port that the chip has; reads have no side effect.
    address(port, register).map_or(0, |address| unsafe {
        ptr::read_volatile(address as *const u32)
    })
}

fn write(port: usize, register: usize, value: u32) {
    if let Some(address) = address(port, register) {
        // SAFETY: it is the address of a register of a port that the chip has, and every value is valid in
        // those that are written here.
        unsafe { ptr::write_volatile(address as *mut u32, value) };
    }
}
