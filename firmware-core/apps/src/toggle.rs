//! The smallest firmware: a button toggles an LED, and ticks are counted.
//!
//! It works as a plain type, with no contract in sight:
//!
//! ```
//! use lockstep_apps::toggle::{Toggle, ToggleInput};
//!
//! let mut toggle = Toggle::new();
//! assert!(!toggle.led_on());
//! toggle.handle(ToggleInput::ButtonPressed);
//! assert!(toggle.led_on());
//! ```
//!
//! and as an [`App`], which is all that a world asks for. It has no debounce: every
//! closing of the contact counts, and a bouncing one counts often.

use crate::board::BOOT_CONDITIONS;
use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant, Ticks};
use lockstep_core::wakeup::Wakeup;

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ToggleInput {
    /// The button was pressed.
    ButtonPressed,
    /// A tick has passed.
    Tick,
}

/// A button, an LED, and a count of ticks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Toggle {
    led_on: bool,
    now: Instant,
}

impl Toggle {
    /// The LED is off and no tick has passed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            led_on: false,
            now: Instant::ZERO,
        }
    }

    /// Takes one event.
    pub const fn handle(&mut self, event: ToggleInput) {
        match event {
            ToggleInput::ButtonPressed => self.led_on = !self.led_on,
            ToggleInput::Tick => self.now = self.now.next(),
        }
    }

    /// Whether the LED is on.
    #[must_use]
    pub const fn led_on(&self) -> bool {
        self.led_on
    }

    /// The ticks that have passed, from `u32::MAX` back to 0.
    #[must_use]
    pub const fn ticks(&self) -> u32 {
        self.now.0
    }
}

impl Default for Toggle {
    fn default() -> Self {
        Self::new()
    }
}

const LED: LogId = LogId(0);

impl App for Toggle {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("toggle", env!("CARGO_PKG_VERSION"))
        .with_build(env!("LOCKSTEP_APPS_BUILD"))
        .with_buttons(&["button"])
        .with_outputs(&[Output::digital("led")])
        .with_logs(&[LogKind::words("led", &["off", "on"])])
        .with_boot_conditions(BOOT_CONDITIONS);

    type Outputs = [Level; 1];

    fn new() -> Self {
        Self::new()
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        match event {
            Event::Tick => self.handle(ToggleInput::Tick),
            Event::Press(_) => {
                self.handle(ToggleInput::ButtonPressed);
                out.log(Log::new(LED, i32::from(self.led_on)));
            }
            _ => {}
        }
    }

    fn outputs(&self) -> [Level; 1] {
        [self.led_on.into()]
    }

    fn next_wakeup(&self) -> Wakeup {
        Wakeup::NEVER
    }

    fn pass(&mut self, ticks: Ticks) {
        self.now = self.now + ticks;
    }

    fn counted_from_now(self) -> Option<Self> {
        Some(Self {
            now: Instant::ZERO,
            ..self
        })
    }

    fn starting_at(now: Instant) -> Option<Self> {
        Some(Self { now, ..Self::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_press_toggles_the_led() {
        let mut toggle = Toggle::new();
        for expected in [true, false, true] {
            toggle.handle(ToggleInput::ButtonPressed);
            assert_eq!(toggle.led_on(), expected);
        }
    }

    #[test]
    fn ticks_wrap_and_leave_the_led_alone() {
        let mut toggle = Toggle::starting_at(Instant(u32::MAX)).expect("it has a counter");
        toggle.handle(ToggleInput::ButtonPressed);
        toggle.handle(ToggleInput::Tick);
        assert_eq!(toggle.ticks(), 0);
        assert!(toggle.led_on());
    }
}
