//! What the world does to a board: buttons move, numbers change, bytes arrive, it is reset.

use core::cmp::Ordering;

use crate::event::{BootCondition, ButtonId, NumberId, SerialId};

/// One thing that is done to a board.
///
/// The actions of one tick are done in the order of [`Action::compare_order`], whatever order they
/// were written in: the buttons as their app declares them, because a board samples its pins once
/// a tick, then numbers, then the bytes of each serial line as they were written, and then a
/// reset, which finds everything as it is by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// The contact of a button closes or opens.
    Button(ButtonId, SwitchState),
    /// The board is reset and comes up under this condition.
    Reset(BootCondition),
    /// A number input is this from now on.
    Number(NumberId, i32),
    /// A byte arrives on a serial line.
    Byte(SerialId, u8),
}

impl Action {
    /// Which of two actions of one tick a board sees first. Bytes of one line have no order of
    /// their own: they stay in the one they are in.
    #[must_use]
    pub fn compare_order(self, other: Self) -> Ordering {
        self.place().cmp(&other.place())
    }

    /// Whether both do something to the same part of a board, which can be done once a tick. Any
    /// number of bytes can arrive in one.
    #[must_use]
    pub fn excludes(self, other: Self) -> bool {
        !matches!(self, Self::Byte(..)) && self.place() == other.place()
    }

    const fn place(self) -> (u8, u8) {
        match self {
            Self::Button(ButtonId(id), _) => (0, id),
            Self::Number(NumberId(id), _) => (1, id),
            Self::Byte(SerialId(id), _) => (2, id),
            Self::Reset(_) => (3, 0),
        }
    }
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
