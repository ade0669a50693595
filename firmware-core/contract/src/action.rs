//! What hands and supplies do to a board.

use core::fmt;

use crate::event::{ButtonId, InitError};

/// One thing that is done to a board.
///
/// The order is the one in which the actions of one tick are done, whatever order they
/// were written in: the buttons as their app declares them, because a board samples its
/// pins once a tick, and then a reset, which finds the contacts as they are by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// The contact of a button closes or opens.
    Button(ButtonId, SwitchState),
    /// The board is reset and finds these conditions.
    Reset(Conditions),
}

/// The two positions of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub enum SwitchState {
    /// Pressed.
    Closed,
    /// Released.
    Open,
}

impl SwitchState {
    /// The word for coming into this position, in traces and scenarios.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Closed => "press",
            Self::Open => "release",
        }
    }

    /// The other position.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Closed => Self::Open,
            Self::Open => Self::Closed,
        }
    }
}

/// What a board finds when it comes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub enum Conditions {
    /// All is well.
    #[default]
    Ok,
    /// The clock does not become stable.
    ClockFailed,
    /// No UART answers.
    UartMissing,
}

impl Conditions {
    /// Every condition, in the order they are listed to people.
    pub const ALL: [Self; 3] = [Self::Ok, Self::ClockFailed, Self::UartMissing];

    /// The one word for it in traces.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ClockFailed => "clock-failed",
            Self::UartMissing => "uart-missing",
        }
    }

    /// The condition whose [`Conditions::word`] this is.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.word() == word)
    }

    /// What initialisation makes of it.
    ///
    /// # Errors
    ///
    /// The cause, unless all is well.
    pub const fn init(self) -> Result<(), InitError> {
        match self {
            Self::Ok => Ok(()),
            Self::ClockFailed => Err(InitError::ClockFailed),
            Self::UartMissing => Err(InitError::UartUnavailable),
        }
    }
}

impl From<Result<(), InitError>> for Conditions {
    /// The condition under which initialisation ends like this.
    fn from(init: Result<(), InitError>) -> Self {
        match init {
            Ok(()) => Self::Ok,
            Err(InitError::ClockFailed) => Self::ClockFailed,
            Err(InitError::UartUnavailable) => Self::UartMissing,
        }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_what_its_initialisation_tells() {
        for condition in Conditions::ALL {
            assert_eq!(Conditions::from(condition.init()), condition);
        }
    }

    #[test]
    fn a_condition_has_one_word() {
        for condition in Conditions::ALL {
            assert_eq!(Conditions::from_word(condition.word()), Some(condition));
        }
    }
}
