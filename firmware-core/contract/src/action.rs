//! What the world does to a board: buttons move, it is reset.

use crate::event::{BootCondition, ButtonId};

/// One thing that is done to a board.
///
/// The order is the one in which the actions of one tick are done, whatever order they
/// were written in: the buttons as their app declares them, because a board samples its
/// pins once a tick, and then a reset, which finds the contacts as they are by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// The contact of a button closes or opens.
    Button(ButtonId, SwitchState),
    /// The board is reset and comes up under this condition.
    Reset(BootCondition),
}

/// The two positions of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
