//! Runs an app on a Nordic chip: the nRF51822 with the feature `nrf51`, or an nRF52 with the feature of its
//! name, `nrf52832`, `nrf52833` or `nrf52840`.
//!
//! A crate with images has an app and a pin map, and starts the one on the other with [`start!`]:
//!
//! ```ignore
//! include!(concat!(env!("OUT_DIR"), "/pins.rs"));
//!
//! #[cortex_m_rt::entry]
//! fn main() -> ! {
//!     lockstep_nordic::start!(Doorbell, PINS)
//! }
//! ```
//!
//! TIMER0 is the tick, and UART0 the serial line that the pin map puts on pins; their interrupt
//! handlers are here. The rest of the chip is the image's own.

#![no_std]

mod chip;
mod gpio;
mod peripherals;
mod ticks;
mod uart;

#[doc(hidden)]
pub use lockstep_board;
#[doc(hidden)]
pub use lockstep_core;

pub use chip::hal;
pub use gpio::outputs_off;
pub use peripherals::Peripherals;

use lockstep_board::Hardware;
use lockstep_board::pins::{self, AppPins, Outputs, PORTS, PinMap, SerialPins};
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;

use gpio::{Matrix, OutputPin};
use hal::pac::TIMER0;

/// Starts an app on the pins of a pin map, and never returns: the body of `main`.
///
/// `start!(App, PINS)` starts the clock, and panics where that fails. With a third argument, a
/// function from [`&mut Peripherals`](Peripherals) to a [`BootCondition`] that the app declares,
/// the image initialises what it needs itself. The clock is part of that: without it a tick is no
/// millisecond.
///
/// A pin map that does not fit the app is an error when the image is built. The macro is used
/// once in an image, because it defines what a crash does to the outputs.
#[macro_export]
macro_rules! start {
    ($app:ty, $pins:expr) => {
        $crate::start!($app, $pins, $crate::Peripherals::require_clock)
    };
    ($app:ty, $pins:expr, $initialise:expr) => {{
        const LOCKSTEP_PIN_MAP: &$crate::lockstep_board::pins::PinMap = &$pins;
        $crate::lockstep_board::outputs_off!(|| $crate::outputs_off(
            const { LOCKSTEP_PIN_MAP.outputs() }
        ));
        $crate::lockstep_board::app_bytes!($app);
        $crate::run::<$app>(
            LOCKSTEP_PIN_MAP,
            const { LOCKSTEP_PIN_MAP.of(&<$app as $crate::lockstep_core::app::App>::DESCRIPTOR) },
            $initialise,
        )
    }};
}

/// Initialises the chip and runs the app forever: the function behind [`start!`], which checks the
/// pins of the app when the image is built.
pub fn run<A: App>(
    map: &'static PinMap,
    pins: AppPins,
    initialise: impl FnOnce(&mut Peripherals) -> BootCondition,
) -> ! {
    let Some(mut peripherals) = Peripherals::take() else {
        panic!("the peripherals are in use already")
    };
    let condition = initialise(&mut peripherals);
    let mut board = Board::new(
        const { &A::DESCRIPTOR },
        map,
        pins,
        peripherals.into_timer(),
    );
    lockstep_board::run::<A>(&mut board, condition)
}

/// The pins and the timer of one app.
struct Board {
    has_uart: bool,
    descriptor: &'static AppDescriptor,
    timer: TIMER0,
    outputs: Outputs<OutputPin>,
    matrix: Option<Matrix>,
}

impl Board {
    fn new(descriptor: &'static AppDescriptor, map: &PinMap, pins: AppPins, timer: TIMER0) -> Self {
        for pin in pins.buttons(descriptor) {
            gpio::make_button(pin, map.active_low);
        }
        lockstep_board::samples::watch(pins.buttons(descriptor), map.active_low);
        let uart = pins.serial(descriptor, lockstep_board::serial::LINE);
        if let Some(SerialPins { tx, rx }) = uart {
            uart::start(tx, rx);
        }
        Self {
            has_uart: uart.is_some(),
            descriptor,
            timer,
            outputs: pins
                .outputs(descriptor)
                .map(gpio::readable_output)
                .collect(),
            matrix: map.matrix.as_ref().map(gpio::matrix),
        }
    }
}

impl Hardware for Board {
    fn start_ticks(&mut self) {
        ticks::start(&self.timer);
    }

    fn stretch_tick(&mut self, ticks: u32) -> bool {
        ticks::stretch(&self.timer, ticks)
    }

    fn ports(&self) -> [u32; PORTS] {
        gpio::levels()
    }

    fn show(&mut self, levels: &[Level]) {
        pins::show(self.descriptor, &mut self.outputs, levels);
        if let Some(matrix) = &mut self.matrix {
            matrix.show(self.descriptor, levels);
        }
    }

    fn start_sending(&mut self) {
        if self.has_uart {
            uart::start_sending();
        }
    }

    fn refresh(&mut self) {
        if let Some(matrix) = &mut self.matrix {
            matrix.refresh();
        }
    }
}
