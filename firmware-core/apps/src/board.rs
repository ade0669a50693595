//! Initialisation that can fail, and what to do then.
//!
//! ```
//! use lockstep_apps::board::{Board, InitError};
//!
//! assert!(Board::init(true, true).is_ok());
//! assert_eq!(Board::init(false, true), Err(InitError::ClockFailed));
//! ```

pub use lockstep_core::event::InitError;

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
    fn idling_never_returns() {
        let _: fn(Board) -> ! = run_forever;
    }
}
