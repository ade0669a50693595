//! Pins, by the numbers of the pin map: the port, times 32, and the place in the port.

use lockstep_board::matrix;
use lockstep_board::pins::{MatrixPins, PORTS};

use crate::chip::{GPIO, PortRegisters};
use crate::hal::gpio::{Disconnected, Level, Output, Pin, PushPull};

/// A pin that drives a level.
pub(crate) type OutputPin = Pin<Output<PushPull>>;

/// The LED matrix of a board.
pub(crate) type Matrix = matrix::Matrix<OutputPin>;

/// Makes the pin an input with a pull resistor against the level of a pressed button.
pub(crate) fn make_button(pin: u32, active_low: bool) {
    let pin = acquire(pin);
    if active_low {
        pin.into_pullup_input();
    } else {
        pin.into_pulldown_input();
    }
}

/// Makes the pins of a serial line: one that sends is high while nothing is sent, and one that receives
/// is pulled there where nothing is connected.
pub(crate) fn make_serial(tx: u32, rx: u32) {
    output(tx, Level::High);
    acquire(rx).into_pullup_input();
}

/// An output whose input buffer is on as well, so that the register with the pin levels holds the
/// level that the pin has, and not the one that it was set to: a bench reads it.
pub(crate) fn readable_output(pin: u32) -> OutputPin {
    let output = output(pin, Level::Low);
    if let Some(port) = port(pin) {
        let configuration = &port.pin_cnf[pin as usize % 32];
        configuration.modify(|_, w| w.input().connect());
    }
    output
}

/// The LED matrix on these pins, dark.
pub(crate) fn matrix(pins: &MatrixPins) -> Matrix {
    let rows = pins.rows.iter().map(|pin| output(*pin, Level::Low));
    let columns = pins.columns.iter().map(|pin| output(*pin, Level::High));
    Matrix::new(rows, columns, pins.picture)
}

/// The levels of all pins, a bit for each, a word for each port.
pub(crate) fn levels() -> [u32; PORTS] {
    let mut levels = [0; PORTS];
    for (level, port) in levels.iter_mut().zip(GPIO) {
        // SAFETY: the pointer is that of a peripheral, valid forever; the read has no side effect.
        *level = unsafe { &(*port).in_ }.read().bits();
    }
    levels
}

/// Sets these outputs low, a bit for each, a word for each port. It uses nothing but flash and
/// registers, so it works with RAM in any state.
pub fn outputs_off(pins: [u32; PORTS]) {
    for (pins, port) in pins.into_iter().zip(GPIO) {
        // SAFETY: the pointer is that of a peripheral, valid forever; a write to OUTCLR sets the
        // pins low whose bits are 1, and leaves the others as they are.
        unsafe { (*port).outclr.write(|w| w.bits(pins)) };
    }
}

fn acquire(pin: u32) -> Pin<Disconnected> {
    // SAFETY: `lockstep-pins` has checked that the chip has the pin and that the app and the matrix
    // use it once, and the `Board` takes each pin of the map once, when it is made.
    unsafe { Pin::from_psel_bits(pin) }
}

fn output(pin: u32, level: Level) -> OutputPin {
    acquire(pin).into_push_pull_output(level)
}

fn port(pin: u32) -> Option<&'static PortRegisters> {
    let port = GPIO.get(pin as usize / 32)?;
    // SAFETY: the pointer is that of a peripheral, valid forever, and its registers are shared by
    // all pins: each is in a cell.
    Some(unsafe { &**port })
}
