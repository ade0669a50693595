//! What a lamp does whose board did not come up: nothing but say why, by light.

use super::tuning::Tuning;
use crate::board::InitError;
use lockstep_core::time::Instant;
use lockstep_core::timer::Timer;
use lockstep_core::wakeup::Wakeup;

/// A blink code: a number of blinks, a pause, and again.
///
/// It begins with a blink. Between two blinks of a code the light is off for
/// [`Tuning::fault_off`]; after the last one it is off for [`Tuning::fault_pause`]
/// instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct BlinkCode {
    blinks: u8,
    /// The blinks still to come after this one.
    left: u8,
    lit: bool,
    change: Timer,
}

impl BlinkCode {
    pub(super) fn new(cause: InitError, now: Instant, tuning: &Tuning) -> Self {
        let blinks = match cause {
            InitError::ClockFailed => tuning.clock_failed_blinks,
            InitError::UartUnavailable => tuning.uart_missing_blinks,
        };
        let mut code = Self {
            blinks,
            left: 0,
            lit: false,
            change: Timer::stopped(),
        };
        code.turn_on(now, tuning);
        code
    }

    pub(super) const fn lit(&self) -> bool {
        self.lit
    }

    pub(super) fn counted_from(self, now: Instant) -> Self {
        Self {
            change: self.change.counted_from(now),
            ..self
        }
    }

    pub(super) const fn next_wakeup(&self, now: Instant) -> Wakeup {
        self.change.next_wakeup(now)
    }

    pub(super) fn poll(&mut self, now: Instant, tuning: &Tuning) {
        if self.change.poll(now) {
            if self.lit {
                self.turn_off(now, tuning);
            } else {
                self.turn_on(now, tuning);
            }
        }
    }

    const fn turn_on(&mut self, now: Instant, tuning: &Tuning) {
        let to_come = if self.left == 0 {
            self.blinks
        } else {
            self.left
        };
        self.left = to_come.saturating_sub(1);
        self.lit = true;
        self.change.start(now, tuning.fault_on);
    }

    const fn turn_off(&mut self, now: Instant, tuning: &Tuning) {
        let dark = if self.left == 0 {
            tuning.fault_pause
        } else {
            tuning.fault_off
        };
        self.lit = false;
        self.change.start(now, dark);
    }
}
