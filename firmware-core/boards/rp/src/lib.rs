//! Runs an app on an RP2040, or on one Cortex-M33 of an RP2350A: with the feature `rp2040` or `rp2350`.
//!
//! A crate with images has an app and a pin map, and starts the one on the other with [`start!`]:
//!
//! ```ignore
//! include!(concat!(env!("OUT_DIR"), "/pins.rs"));
//!
//! #[cortex_m_rt::entry]
//! fn main() -> ! {
//!     lockstep_rp::start!(Doorbell, PINS)
//! }
//! ```
//!
//! SysTick is the tick; its handler is here. Core 0 runs the app, core 1 stays where the ROM leaves it.
//! The rest of the chip is the image's own. It was never run on a chip.

#![no_std]

mod chip;
mod gpio;
mod peripherals;

#[doc(hidden)]
pub use lockstep_board;
#[doc(hidden)]
pub use lockstep_core;

#[cfg(feature = "rp2040")]
#[doc(hidden)]
pub use chip::BOOT2;
#[cfg(all(feature = "rp2350", not(feature = "rp2040")))]
#[doc(hidden)]
pub use chip::ImageDef;
pub use chip::hal;
pub use gpio::outputs_off;
pub use peripherals::Peripherals;

use lockstep_board::pins::{AppPins, PinMap};
use lockstep_board::samples;
use lockstep_board::systick::SystickBoard;
use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::event::BootCondition;

use gpio::OutputPin;

/// Starts an app on the pins of a pin map, and never returns: the body of `main`.
///
/// `start!(App, PINS)` starts the clock, and panics where that fails. With a third argument, a
/// function from [`&mut Peripherals`](Peripherals) to a [`BootCondition`] that the app declares,
/// the image initialises what it needs itself. The clock is part of that: without it a tick is no
/// millisecond.
///
/// A pin map that does not fit the app is an error when the image is built, and so is one with a serial
/// line: this crate has no UART. The macro is used once in an image, because it defines what a crash does
/// to the outputs, and what the ROM of the chip looks for.
#[macro_export]
macro_rules! start {
    ($app:ty, $pins:expr) => {
        $crate::start!($app, $pins, $crate::Peripherals::require_clock)
    };
    ($app:ty, $pins:expr, $initialise:expr) => {{
        $crate::boot_block!();
        const LOCKSTEP_PIN_MAP: &$crate::lockstep_board::pins::PinMap = &$pins;
        $crate::lockstep_board::outputs_off!(|| $crate::outputs_off(
            const { LOCKSTEP_PIN_MAP.outputs() }
        ));
        $crate::lockstep_board::app_bytes!($app);
        $crate::run::<$app>(
            LOCKSTEP_PIN_MAP,
            const {
                LOCKSTEP_PIN_MAP
                    .of(&<$app as $crate::lockstep_core::app::App>::DESCRIPTOR)
                    .without_uart()
            },
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
    let mut board = board(const { &A::DESCRIPTOR }, map, pins, peripherals);
    lockstep_board::run::<A>(&mut board, condition)
}

/// Sets the pins of an app up.
fn board(
    descriptor: &'static AppDescriptor,
    map: &PinMap,
    pins: AppPins,
    peripherals: Peripherals,
) -> SystickBoard<OutputPin> {
    gpio::enable();
    for pin in pins.buttons(descriptor) {
        gpio::make_button(pin, map.active_low);
    }
    samples::watch(pins.buttons(descriptor), map.active_low);
    SystickBoard {
        descriptor,
        tick_clocks: peripherals.tick_clocks(),
        systick: peripherals.into_systick(),
        outputs: pins.outputs(descriptor).map(gpio::output).collect(),
        matrix: map.matrix.as_ref().map(gpio::matrix),
        levels: gpio::levels,
    }
}

#[cortex_m_rt::exception]
fn SysTick() {
    samples::tick(gpio::levels);
}
