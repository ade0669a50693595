//! Pins, by the numbers of the pin map: those of the chip, which has one port.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin as _};
use lockstep_board::matrix;
use lockstep_board::pins::{MatrixPins, PORTS};

use crate::hal::pac::{IO_BANK0, PADS_BANK0, RESETS, SIO};

/// The pins of the chip; of an RP2350, in its package with 60 pins. Those that only the one with 80 has are
/// left alone.
const PINS: u32 = 30;

/// How often the end of a reset is polled: it takes a few cycles.
const RESET_POLLS: u32 = 1_000;

/// A pin that drives a level.
pub(crate) struct OutputPin(u32);

/// The LED matrix of a board.
pub(crate) type Matrix = matrix::Matrix<OutputPin>;

impl ErrorType for OutputPin {
    type Error = Infallible;
}

impl embedded_hal::digital::OutputPin for OutputPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        // SAFETY: a write to this register sets the pins low whose bits are 1, and leaves the others.
        sio()
            .gpio_out_clr()
            .write(|w| unsafe { w.bits(1 << self.0) });
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        // SAFETY: as above, high.
        sio()
            .gpio_out_set()
            .write(|w| unsafe { w.bits(1 << self.0) });
        Ok(())
    }
}

/// Lets all pins be inputs that software reads. So a bench can drive those that nothing else uses.
pub(crate) fn enable() {
    // SAFETY: the pointers are those of peripherals, valid forever, and nobody else uses them yet.
    let (resets, functions, pads) =
        unsafe { (&*RESETS::ptr(), &*IO_BANK0::ptr(), &*PADS_BANK0::ptr()) };
    resets
        .reset()
        .modify(|_, w| w.io_bank0().clear_bit().pads_bank0().clear_bit());
    let is_done = || {
        let done = resets.reset_done().read();
        done.io_bank0().bit_is_set() && done.pads_bank0().bit_is_set()
    };
    assert!(
        (0..RESET_POLLS).any(|_| is_done()),
        "the pins stay in reset"
    );
    // SAFETY: every write is valid.
    sio().gpio_oe().write(|w| unsafe { w.bits(0) });
    for pin in functions.gpio_iter().take(PINS as usize) {
        pin.gpio_ctrl().write(|w| w.funcsel().sio());
    }
    for pad in pads.gpio_iter().take(PINS as usize) {
        pad.modify(|_, w| w.ie().set_bit().od().clear_bit());
        // A pad is isolated from its function until this is cleared (RP2350 Datasheet, section 9.7).
        #[cfg(not(feature = "rp2040"))]
        pad.modify(|_, w| w.iso().clear_bit());
    }
}

/// Makes the pin an input with a pull resistor against the level of a pressed button.
pub(crate) fn make_button(pin: u32, active_low: bool) {
    // SAFETY: the pointer is that of a peripheral, valid forever; each pin is set up once.
    let pads = unsafe { &*PADS_BANK0::ptr() };
    pads.gpio(place(pin))
        .modify(|_, w| w.pue().bit(active_low).pde().bit(!active_low));
}

/// An output at low. Its level is read as that of an input is.
pub(crate) fn output(pin: u32) -> OutputPin {
    let mut output = OutputPin(pin);
    let Ok(()) = output.set_low();
    // SAFETY: a write to this register makes the pins outputs whose bits are 1.
    sio().gpio_oe_set().write(|w| unsafe { w.bits(1 << pin) });
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

/// The levels of all pins, a bit for each, a word for each port.
pub(crate) fn levels() -> [u32; PORTS] {
    let mut levels = [0; PORTS];
    levels[0] = sio().gpio_in().read().bits();
    levels
}

/// Sets these outputs low, a bit for each, a word for each port. It uses nothing but flash and
/// registers, so it works with RAM in any state.
pub fn outputs_off(pins: [u32; PORTS]) {
    // SAFETY: a write to this register sets the pins low whose bits are 1, and leaves the others.
    sio().gpio_out_clr().write(|w| unsafe { w.bits(pins[0]) });
}

/// The place of a pin in the lists of the chip. A pin map has no pins that the chip does not have.
fn place(pin: u32) -> usize {
    pin.min(PINS - 1) as usize
}

fn sio() -> &'static crate::hal::pac::sio::RegisterBlock {
    // SAFETY: the pointer is that of a peripheral, valid forever. Its registers for pins change none but
    // those that are written.
    unsafe { &*SIO::ptr() }
}
