//! The tick by SysTick, the timer that every Cortex-M has: for boards that keep no other timer for it.
//!
//! A board that uses it defines the exception itself, and takes the sample there:
//!
//! ```ignore
//! #[cortex_m_rt::exception]
//! fn SysTick() {
//!     lockstep_board::samples::tick(levels);
//! }
//! ```

use core::convert::Infallible;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use embedded_hal::digital::OutputPin;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;

use crate::Hardware;
use crate::matrix::Matrix;
use crate::pins::{self, Outputs, PORTS};

/// The clocks that SysTick can count: it has 24 bits.
const MAX_CLOCKS: u32 = 1 << 24;

/// Starts SysTick over: the first exception comes a whole tick from now.
///
/// `clocks` are those of the core in a tick: its frequency in kHz.
///
/// # Panics
///
/// When SysTick cannot count so many, which is a clock above 16 GHz, or none.
pub fn start(systick: &mut SYST, clocks: u32) {
    assert!(
        (1..=MAX_CLOCKS).contains(&clocks),
        "SysTick has 24 bits: a tick has more clocks of the core"
    );
    systick.disable_counter();
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(clocks - 1);
    systick.clear_current();
    // SAFETY: every write is valid; the exception of the tick before, which may wait, belongs to
    // the run before.
    unsafe { (*cortex_m::peripheral::SCB::PTR).icsr.write(PENDSTCLR) };
    systick.enable_interrupt();
    systick.enable_counter();
}

/// Takes back that the exception waits: ICSR, Armv6-M and Armv7-M Architecture Reference Manuals.
const PENDSTCLR: u32 = 1 << 25;

/// The pins of an app on a board whose tick is SysTick, and that has no serial line on pins.
pub struct SystickBoard<P> {
    /// The app.
    pub descriptor: &'static AppDescriptor,
    /// The timer.
    pub systick: SYST,
    /// How many clocks of the core a tick has.
    pub tick_clocks: u32,
    /// The pins of its outputs.
    pub outputs: Outputs<P>,
    /// The LEDs that people look at, if there are any.
    pub matrix: Option<Matrix<P>>,
    /// Reads the levels of the ports.
    pub levels: fn() -> [u32; PORTS],
}

impl<P: OutputPin<Error = Infallible>> Hardware for SystickBoard<P> {
    fn start_ticks(&mut self) {
        start(&mut self.systick, self.tick_clocks);
    }

    fn ports(&self) -> [u32; PORTS] {
        (self.levels)()
    }

    fn show(&mut self, levels: &[Level]) {
        pins::show(self.descriptor, &mut self.outputs, levels);
        if let Some(matrix) = &mut self.matrix {
            matrix.show(self.descriptor, levels);
        }
    }

    fn refresh(&mut self) {
        if let Some(matrix) = &mut self.matrix {
            matrix.refresh();
        }
    }
}
