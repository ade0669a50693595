//! Initialisation that can fail, and what to do then.
//!
//! ```
//! use lockstep_apps::board::{Board, InitError};
//!
//! assert!(Board::init(true, true).is_ok());
//! assert_eq!(Board::init(false, true), Err(InitError::ClockFailed));
//! ```

use core::fmt;

use lockstep_core::event::BootCondition;

/// What can be wrong when the board comes up, as the shipped apps declare it.
pub const BOOT_CONDITIONS: &[&str] = &["clock-failed", "uart-missing"];

/// Why a board did not come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InitError {
    /// The clock never became stable: no time can be trusted.
    ClockFailed,
    /// No UART answered: nobody could be told what happens.
    UartUnavailable,
}

impl InitError {
    /// How initialisation ended under this condition: what the world says in
    /// [`Event::Init`](lockstep_core::event::Event::Init).
    ///
    /// # Errors
    ///
    /// The cause, unless all is well.
    pub const fn outcome(condition: BootCondition) -> Result<(), Self> {
        match condition {
            BootCondition::OK => Ok(()),
            BootCondition(1) => Err(Self::ClockFailed),
            BootCondition(_) => Err(Self::UartUnavailable),
        }
    }

    /// The condition that a board reports which initialised like this.
    #[must_use]
    pub const fn condition(outcome: Result<(), Self>) -> BootCondition {
        match outcome {
            Ok(()) => BootCondition::OK,
            Err(Self::ClockFailed) => BootCondition(1),
            Err(Self::UartUnavailable) => BootCondition(2),
        }
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClockFailed => "clock failed",
            Self::UartUnavailable => "UART unavailable",
        })
    }
}

impl core::error::Error for InitError {}

/// A board that came up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Board {
    heartbeat: bool,
}

impl Board {
    /// Brings the board up.
    ///
    /// # Errors
    ///
    /// [`InitError::ClockFailed`] when the clock is not ready, whatever else is wrong:
    /// without a clock a UART cannot be judged. [`InitError::UartUnavailable`] when only
    /// the UART is missing.
    pub const fn init(clock_ready: bool, uart_present: bool) -> Result<Self, InitError> {
        if !clock_ready {
            Err(InitError::ClockFailed)
        } else if !uart_present {
            Err(InitError::UartUnavailable)
        } else {
            Ok(Self { heartbeat: false })
        }
    }

    /// One turn of the idle loop: toggles the heartbeat.
    pub const fn idle_once(&mut self) {
        self.heartbeat = !self.heartbeat;
    }

    /// Whether the heartbeat is high.
    #[must_use]
    pub const fn heartbeat(&self) -> bool {
        self.heartbeat
    }
}

/// Idles for ever: what an entry point ends in, since nothing is there to return to.
pub fn run_forever(mut board: Board) -> ! {
    loop {
        board.idle_once();
        core::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_clock_hides_a_missing_uart() {
        assert_eq!(Board::init(false, false), Err(InitError::ClockFailed));
        assert_eq!(Board::init(false, true), Err(InitError::ClockFailed));
        assert_eq!(Board::init(true, false), Err(InitError::UartUnavailable));
    }

    #[test]
    fn idling_toggles_the_heartbeat() {
        let mut board = Board::init(true, true).expect("clock and UART are there");
        assert!(!board.heartbeat());
        board.idle_once();
        assert!(board.heartbeat());
        board.idle_once();
        assert!(!board.heartbeat());
    }

    #[test]
    fn a_condition_is_what_its_initialisation_reports() {
        for outcome in [
            Ok(()),
            Err(InitError::ClockFailed),
            Err(InitError::UartUnavailable),
        ] {
            let condition = InitError::condition(outcome);
            assert_eq!(InitError::outcome(condition), outcome);
        }
        assert_eq!(BOOT_CONDITIONS.len(), 2);
    }
}
