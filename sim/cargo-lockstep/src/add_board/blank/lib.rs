//! The board `{board}`, on the registers of its chip. The numbers are those of the ten questions that a new
//! board asks, in docs/new-board.md of Lockstep. Of the chip, this needs the functions above the line alone.

#![no_std]

use core::convert::Infallible;
use core::ptr;

use embedded_hal::digital::{ErrorType, OutputPin as _};
use lockstep_board::pins::{AppPins, PORTS};
use lockstep_board::samples;
use lockstep_board::systick::SystickBoard;
use lockstep_core::app::App;
use lockstep_core::event::BootCondition;

// `PINS` and `LEVEL_REGISTERS`, from `pins.toml`.
include!(concat!(env!("OUT_DIR"), "/pins.rs"));

/// The frequency of the core while the app runs, in Hz: SysTick counts a millisecond of it.
const CORE_HZ: u32 = FILL_IN; // 7. the Hz that `start_clock` leaves it at, such as 80_000_000

/// Starts what the clock of the core comes from. False where it does not start, after a counted number of
/// polls: a loop without an end would be a board that says nothing.
fn start_clock() -> bool {
    FILL_IN // 6. start the clock, and say whether it runs: `true` if the one that the chip boots with will do
}

/// Gives a port its clock. Port A, or the only one, is 0.
fn enable_port(port: usize) {
    FILL_IN // 9. give the port its clock: `let _ = port;` if it needs none
}

/// Sets pins of a port high, and pins low: those whose bits are 1. Nothing else in RAM is used, because a
/// crash switches the outputs off by it.
fn set(port: usize, high: u32, low: u32) {
    FILL_IN // 9. set the pins: such as `write(GPIOA + 0x400 * port + 0x18, high | low << 16)` on an STM32
}

/// Makes a pin an output, whose level can still be read.
fn make_output(port: usize, place: u32) {
    FILL_IN // 9. make the pin an output: such as `write(DIRSET, 1 << place)` on an nRF52
}

/// Makes a pin an input, with a resistor that pulls it up, or else down.
fn make_input(port: usize, place: u32, pull_up: bool) {
    FILL_IN // 10. make the pin an input, pulled to the level of a button that nobody presses
}

// ---- The rest is the same for every chip with SysTick. ----

/// Reads a register of the chip.
fn read(address: usize) -> u32 {
    // SAFETY: what is read here are registers of the chip, which are valid forever; reading them changes nothing.
    unsafe { ptr::read_volatile(address as *const u32) }
}

/// Writes a register of the chip.
fn write(address: usize, value: u32) {
    // SAFETY: what is written here are registers of the chip that nothing else uses.
    unsafe { ptr::write_volatile(address as *mut u32, value) }
}

/// Sets the bits of a mask in a register to a value, and leaves the others.
#[allow(dead_code, reason = "for the functions above")]
fn modify(address: usize, mask: u32, value: u32) {
    write(address, read(address) & !mask | value & mask);
}

/// The levels of all pins: a bit for each, a word for each port.
fn levels() -> [u32; PORTS] {
    let mut levels = [0; PORTS];
    for (level, register) in levels.iter_mut().zip(LEVEL_REGISTERS) {
        *level = read(register);
    }
    levels
}

/// Sets these outputs low: what a crash does.
pub fn outputs_off(pins: [u32; PORTS]) {
    for (port, low) in pins.into_iter().enumerate() {
        // A port without outputs may have no clock.
        if low != 0 {
            set(port, 0, low);
        }
    }
}

/// The port of a pin of the pin map, and its place there.
fn port_and_place(pin: u32) -> (usize, u32) {
    ((pin / 32) as usize, pin % 32)
}

/// A pin that drives a level.
struct OutputPin(u32);

impl OutputPin {
    /// An output at low.
    fn new(pin: u32) -> Self {
        let (port, place) = port_and_place(pin);
        enable_port(port);
        let mut output = Self(pin);
        let Ok(()) = output.set_low();
        make_output(port, place);
        output
    }
}

impl ErrorType for OutputPin {
    type Error = Infallible;
}

impl embedded_hal::digital::OutputPin for OutputPin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        let (port, place) = port_and_place(self.0);
        set(port, 0, 1 << place);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        let (port, place) = port_and_place(self.0);
        set(port, 1 << place, 0);
        Ok(())
    }
}

/// Runs an app forever: the body of `main`.
pub fn run<A: App>(pins: AppPins) -> ! {
    assert!(start_clock(), "the clock does not start");
    let Some(core) = cortex_m::Peripherals::take() else {
        panic!("the peripherals are in use already")
    };
    for pin in pins.buttons(&A::DESCRIPTOR) {
        let (port, place) = port_and_place(pin);
        enable_port(port);
        make_input(port, place, PINS.active_low);
    }
    samples::watch(pins.buttons(&A::DESCRIPTOR), PINS.active_low);
    let mut board = SystickBoard {
        descriptor: const { &A::DESCRIPTOR },
        tick_clocks: CORE_HZ / 1_000,
        systick: core.SYST,
        outputs: pins.outputs(&A::DESCRIPTOR).map(OutputPin::new).collect(),
        matrix: None,
        levels,
    };
    lockstep_board::run::<A>(&mut board, BootCondition::OK)
}

#[cortex_m_rt::exception]
fn SysTick() {
    samples::tick(levels);
}
