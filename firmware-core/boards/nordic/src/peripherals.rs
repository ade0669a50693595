//! Initialisation of what every image needs.

use lockstep_core::event::BootCondition;

use crate::chip::{CLOCK_POLLS, hal::pac};

/// The peripherals of the chip, once.
pub struct Peripherals {
    pac: pac::Peripherals,
}

impl Peripherals {
    /// The peripherals; `None` where they were taken before.
    #[must_use]
    pub(crate) fn take() -> Option<Self> {
        Some(Self {
            pac: pac::Peripherals::take()?,
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

    /// Starts the crystal oscillator, without which a tick is no millisecond, and waits for it.
    /// Returns whether it runs.
    #[must_use]
    pub fn start_clock(&mut self) -> bool {
        let clock = &self.pac.CLOCK;
        // SAFETY: every value triggers the task, and nothing else depends on the clock source.
        clock.tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
        (0..CLOCK_POLLS).any(|_| clock.events_hfclkstarted.read().bits() != 0)
    }

    /// Enables the UART at 115200 baud. Returns whether it is there: one that is not does not keep
    /// its rate.
    #[must_use]
    pub fn enable_uart(&mut self) -> bool {
        let uart = &self.pac.UART0;
        uart.enable.write(|w| w.enable().enabled());
        uart.baudrate.write(|w| w.baudrate().baud115200());
        uart.baudrate.read().baudrate().is_baud115200()
    }

    pub(crate) fn into_timer(self) -> pac::TIMER0 {
        self.pac.TIMER0
    }
}
