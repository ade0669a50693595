//! What the world does to an app.

use core::fmt;

/// A button, by its place in [`AppDescriptor::buttons`](crate::app::AppDescriptor::buttons).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
pub struct ButtonId(pub u8);

/// One thing that happens to an app.
///
/// A reset is the event that is not here: the world builds the app anew, and its first
/// event is [`Event::Init`] again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The board came up, or failed to: always the first event, and only the first.
    Init(Result<(), InitError>),
    /// One tick, a millisecond, has passed.
    Tick,
    /// The contact of a button closed. Contacts bounce: this is the raw edge.
    Press(ButtonId),
    /// The contact of a button opened. Contacts bounce: this is the raw edge.
    Release(ButtonId),
}

/// Why a board did not come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InitError {
    /// The clock never became stable: no time can be trusted.
    ClockFailed,
    /// No UART answered: nobody could be told what happens.
    UartUnavailable,
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
