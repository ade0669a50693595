//! The micro:bit v1: an nRF51822 (Cortex-M0), two buttons, a matrix of 3 by 9 LEDs.
//!
//! Registers are those of the nRF51 Series Reference Manual v3.0.

#![no_std]

use cortex_m::peripheral::NVIC;
use lockstep_apps::board::{Board, InitError};
use lockstep_board::matrix::Matrix;
use lockstep_board::pins::{self, Outputs};
use lockstep_board::{Hardware, samples};
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::output::Level;
use nrf51_hal::gpio::{Disconnected, Level as PinLevel, Output, Pin, PushPull};
use nrf51_hal::pac::{CLOCK, GPIO, Interrupt, Peripherals, TIMER0, UART0, interrupt};

include!(concat!(env!("OUT_DIR"), "/pins.rs"));

/// How often the start of the clock is looked at before it counts as failed: the crystal takes
/// less than a millisecond (section 13.1), and a look takes at least five cycles at 16 MHz.
const CLOCK_LOOKS: u32 = 100_000;

/// Initialises the board and runs the app on it for ever.
pub fn start<A: App>() -> ! {
    let Some(peripherals) = Peripherals::take() else {
        panic!("the peripherals are taken")
    };
    let clock_ready = start_clock(&peripherals.CLOCK);
    let uart_present = enable_uart(&peripherals.UART0);
    let condition = InitError::condition(Board::init(clock_ready, uart_present).map(drop));
    let mut microbit = Microbit::new(
        const { &A::DESCRIPTOR },
        const { PINS.of(&A::DESCRIPTOR) },
        peripherals.TIMER0,
    );
    lockstep_board::run::<A>(&mut microbit, condition)
}

/// Starts the crystal, without which a tick is no millisecond.
fn start_clock(clock: &CLOCK) -> bool {
    // SAFETY: starting a task takes any value (section 13.2).
    clock.tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
    (0..CLOCK_LOOKS).any(|_| clock.events_hfclkstarted.read().bits() != 0)
}

/// Switches the UART on at 115200 baud; one that is not there does not keep its rate.
fn enable_uart(uart: &UART0) -> bool {
    uart.enable.write(|w| w.enable().enabled());
    uart.baudrate.write(|w| w.baudrate().baud115200());
    uart.baudrate.read().baudrate().is_baud115200()
}

struct Microbit {
    descriptor: &'static AppDescriptor,
    timer: TIMER0,
    outputs: Outputs<Pin<Output<PushPull>>>,
    matrix: Matrix<Pin<Output<PushPull>>, { ROWS.len() }, { COLUMNS.len() }>,
}

impl Microbit {
    fn new(descriptor: &'static AppDescriptor, pins: pins::App, timer: TIMER0) -> Self {
        for pin in pins.buttons(descriptor) {
            let pin = acquire(pin);
            if PINS.active_low {
                pin.into_pullup_input();
            } else {
                pin.into_pulldown_input();
            }
        }
        samples::watch(pins.buttons(descriptor), PINS.active_low);
        let outputs = pins.outputs(descriptor);
        Self {
            descriptor,
            timer,
            outputs: outputs.map(readable_output).collect(),
            matrix: Matrix::new(
                ROWS.map(|pin| output(pin, PinLevel::Low)),
                COLUMNS.map(|pin| output(pin, PinLevel::High)),
                PICTURE,
            ),
        }
    }
}

fn acquire(pin: u32) -> Pin<Disconnected> {
    // SAFETY: it is a pin of the pin map, which gives each pin of the chip one use.
    unsafe { Pin::from_psel_bits(pin) }
}

/// An output whose register of levels tells how the pin is, not how it was set: a bench looks
/// there.
fn readable_output(pin: u32) -> Pin<Output<PushPull>> {
    let output = output(pin, PinLevel::Low);
    // SAFETY: the pin is this function's alone, and so is the register that configures it.
    let configuration = unsafe { &(*GPIO::ptr()).pin_cnf[pin as usize] };
    configuration.modify(|_, w| w.input().connect());
    output
}

fn output(pin: u32, level: PinLevel) -> Pin<Output<PushPull>> {
    acquire(pin).into_push_pull_output(level)
}

impl Hardware for Microbit {
    /// 1 MHz, counted to 1000 and begun anew (section 18).
    fn start_ticks(&mut self) {
        let timer = &self.timer;
        NVIC::mask(Interrupt::TIMER0);
        // SAFETY: a task takes any value.
        unsafe {
            timer.tasks_stop.write(|w| w.bits(1));
            timer.tasks_clear.write(|w| w.bits(1));
        }
        timer.mode.write(|w| w.mode().timer());
        timer.bitmode.write(|w| w.bitmode()._16bit());
        timer.shorts.write(|w| w.compare0_clear().enabled());
        timer.intenset.write(|w| w.compare0().set_bit());
        timer.events_compare[0].reset();
        // SAFETY: 4 is a prescaler, 1000 fits in 16 bits, and everything that the interrupt
        // reads is set up.
        unsafe {
            timer.prescaler.write(|w| w.prescaler().bits(4));
            timer.cc[0].write(|w| w.bits(1_000));
            NVIC::unpend(Interrupt::TIMER0);
            NVIC::unmask(Interrupt::TIMER0);
            timer.tasks_start.write(|w| w.bits(1));
        }
    }

    fn ports(&self) -> [u32; 2] {
        ports()
    }

    fn show(&mut self, levels: &[Level]) {
        pins::show(&mut self.outputs, levels);
        self.matrix.show(self.descriptor, levels);
    }

    fn refresh(&mut self) {
        self.matrix.refresh();
    }
}

/// Every output of every app and every row of LEDs low: what a crash does first.
// SAFETY: nothing else has this name.
#[unsafe(no_mangle)]
fn lockstep_outputs_off() {
    let outputs = PINS.apps.iter().flat_map(|app| app.outputs);
    let low = outputs
        .map(|(_, pin)| *pin)
        .chain(ROWS)
        .fold(0, |low, pin| low | 1 << pin);
    // SAFETY: a write to OUTCLR sets these pins low and touches no other (section 14.2).
    unsafe { (*GPIO::ptr()).outclr.write(|w| w.bits(low)) };
}

fn ports() -> [u32; 2] {
    // SAFETY: IN is read-only, and reading it changes nothing.
    [unsafe { &(*GPIO::ptr()).in_ }.read().bits(), 0]
}

#[interrupt]
fn TIMER0() {
    // SAFETY: the event register is written by this interrupt and by `start_ticks`, which masks
    // it.
    unsafe { &(*TIMER0::ptr()).events_compare[0] }.reset();
    samples::tick(ports);
}
