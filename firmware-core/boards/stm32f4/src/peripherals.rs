//! What an image can use before its app starts.

use cortex_m::peripheral::SYST;
use lockstep_core::event::BootCondition;

use crate::hal::pac::{self, RCC};
use crate::hal::prelude::*;
use crate::hal::rcc::Config;

/// The internal oscillator, on which the chip boots (RM0383, section 6.2.2).
const INTERNAL_HZ: u32 = 16_000_000;

/// The frequency of the core that all of these chips reach.
const CORE_MHZ: u32 = 84;

/// How often the start of the oscillator is polled before it counts as failed: it takes a few milliseconds,
/// and a poll at least five cycles at 16 MHz.
const OSCILLATOR_POLLS: u32 = 500_000;

/// What the clock of the core is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oscillator(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Internal,
    Crystal { mhz: u32 },
    Signal { mhz: u32 },
}

impl Oscillator {
    /// The internal oscillator: within 1 % at room temperature.
    pub const INTERNAL: Self = Self(Kind::Internal);

    /// A Nucleo-64: the probe on the board gives a signal of 8 MHz (UM1724, section 6.7.1).
    pub const NUCLEO: Self = Self::signal(8);

    /// A crystal at the pins of the chip, of so many MHz.
    #[must_use]
    pub const fn crystal(mhz: u32) -> Self {
        Self(Kind::Crystal { mhz })
    }

    /// A signal from outside, of so many MHz.
    #[must_use]
    pub const fn signal(mhz: u32) -> Self {
        Self(Kind::Signal { mhz })
    }

    fn config(self) -> Config {
        match self.0 {
            Kind::Internal => Config::hsi(),
            Kind::Crystal { mhz } => Config::hse(mhz.MHz()),
            Kind::Signal { mhz } => Config::hse(mhz.MHz()).bypass_hse_oscillator(),
        }
    }

    /// Starts it. The HAL waits for it forever, so it is looked at here first.
    fn starts(self, rcc: &RCC) -> bool {
        match self.0 {
            Kind::Internal => return true,
            Kind::Crystal { .. } => rcc.cr().modify(|_, w| w.hsebyp().clear_bit()),
            Kind::Signal { .. } => rcc.cr().modify(|_, w| w.hsebyp().set_bit()),
        };
        rcc.cr().modify(|_, w| w.hseon().set_bit());
        (0..OSCILLATOR_POLLS).any(|_| rcc.cr().read().hserdy().bit_is_set())
    }
}

/// The peripherals of the chip, before the app takes those that it needs.
pub struct Peripherals {
    clock: Option<RCC>,
    core_hz: u32,
    systick: SYST,
}

impl Peripherals {
    /// The peripherals, unless they were taken before.
    #[must_use]
    pub(crate) fn take() -> Option<Self> {
        let pac = pac::Peripherals::take()?;
        let core = cortex_m::Peripherals::take()?;
        Some(Self {
            clock: Some(pac.RCC),
            core_hz: INTERNAL_HZ,
            systick: core.SYST,
        })
    }

    /// Starts the clock, for an app that declares no boot condition for one that fails.
    ///
    /// # Panics
    ///
    /// When the clock does not start.
    #[must_use]
    pub fn require_clock(&mut self, oscillator: Oscillator) -> BootCondition {
        assert!(
            self.start_clock(oscillator),
            "the oscillator does not start"
        );
        BootCondition::OK
    }

    /// Starts the oscillator, waits for it, and lets the core run at 84 MHz. Returns whether it does.
    /// To be called once.
    ///
    /// # Panics
    ///
    /// When no 84 MHz can be made of a crystal of this frequency.
    #[must_use]
    pub fn start_clock(&mut self, oscillator: Oscillator) -> bool {
        let Some(clock) = self.clock.take() else {
            return self.core_hz != INTERNAL_HZ;
        };
        if !oscillator.starts(&clock) {
            return false;
        }
        let config = oscillator.config().sysclk(CORE_MHZ.MHz());
        self.core_hz = clock.freeze(config).clocks.sysclk().to_Hz();
        true
    }

    /// The clocks of the core in a tick of a millisecond.
    pub(crate) fn tick_clocks(&self) -> u32 {
        self.core_hz / 1_000
    }

    pub(crate) fn into_systick(self) -> SYST {
        self.systick
    }
}
