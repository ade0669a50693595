//! What an image can use before its app starts.

use cortex_m::peripheral::SYST;
use lockstep_core::event::BootCondition;

use crate::chip::RING_HZ;
use crate::hal::clocks::init_clocks_and_plls;
use crate::hal::pac::{self, CLOCKS, PLL_SYS, PLL_USB, RESETS, WATCHDOG, XOSC};
use crate::hal::{Clock, Watchdog};

/// The crystal, as the chip and its ROM expect it.
const CRYSTAL_HZ: u32 = 12_000_000;

/// How often the start of the crystal is polled before it counts as failed: it takes a few milliseconds,
/// and a poll at least five cycles at no more than 12 MHz.
const CRYSTAL_POLLS: u32 = 500_000;

/// For how many times 256 cycles the crystal is not looked at: 64 times the millisecond that the
/// datasheet has, for crystals that start slowly.
const STARTUP_DELAY: u16 = 64 * 47;

/// The peripherals of the chip, before the app takes those that it needs.
pub struct Peripherals {
    clock: Option<ClockPeripherals>,
    core_hz: u32,
    systick: SYST,
}

struct ClockPeripherals {
    crystal: XOSC,
    clocks: CLOCKS,
    system_pll: PLL_SYS,
    usb_pll: PLL_USB,
    resets: RESETS,
    watchdog: WATCHDOG,
}

impl Peripherals {
    /// The peripherals, unless they were taken before.
    #[must_use]
    pub(crate) fn take() -> Option<Self> {
        let pac = pac::Peripherals::take()?;
        let core = cortex_m::Peripherals::take()?;
        Some(Self {
            clock: Some(ClockPeripherals {
                crystal: pac.XOSC,
                clocks: pac.CLOCKS,
                system_pll: pac.PLL_SYS,
                usb_pll: pac.PLL_USB,
                resets: pac.RESETS,
                watchdog: pac.WATCHDOG,
            }),
            core_hz: RING_HZ,
            systick: core.SYST,
        })
    }

    /// Starts the clock, for an app that declares no boot condition for one that fails.
    ///
    /// # Panics
    ///
    /// When the clock does not start.
    #[must_use]
    pub fn require_clock(&mut self) -> BootCondition {
        assert!(self.start_clock(), "the crystal oscillator does not start");
        BootCondition::OK
    }

    /// Starts the crystal oscillator, without which a tick is no millisecond, waits for it, and lets the
    /// core run at the 125 or 150 MHz of the chip. Returns whether it does. To be called once.
    #[must_use]
    pub fn start_clock(&mut self) -> bool {
        let Some(mut parts) = self.clock.take() else {
            return self.core_hz != RING_HZ;
        };
        if !starts(&parts.crystal) {
            return false;
        }
        let started = init_clocks_and_plls(
            CRYSTAL_HZ,
            parts.crystal,
            parts.clocks,
            parts.system_pll,
            parts.usb_pll,
            &mut parts.resets,
            &mut Watchdog::new(parts.watchdog),
        );
        match started {
            Ok(clocks) => {
                self.core_hz = clocks.system_clock.freq().to_Hz();
                true
            }
            Err(_) => false,
        }
    }

    /// The clocks of the core in a tick of a millisecond.
    pub(crate) fn tick_clocks(&self) -> u32 {
        self.core_hz / 1_000
    }

    pub(crate) fn into_systick(self) -> SYST {
        self.systick
    }
}

/// Starts the crystal. The HAL waits for it forever, so it is looked at here first.
fn starts(crystal: &XOSC) -> bool {
    crystal.ctrl().write(|w| w.freq_range()._1_15mhz());
    // SAFETY: the delay has 14 bits.
    crystal
        .startup()
        .write(|w| unsafe { w.delay().bits(STARTUP_DELAY) });
    crystal.ctrl().modify(|_, w| w.enable().enable());
    (0..CRYSTAL_POLLS).any(|_| crystal.status().read().stable().bit_is_set())
}
