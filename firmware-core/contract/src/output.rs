//! What an app shows the world: named outputs and what stands on them.

use crate::ports::Scale;

/// What stands on an output: 0 is off, and a digital output is 0 or 1. That of a number is the
/// number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Level(pub i32);

impl Level {
    /// Off, low, dark.
    pub const OFF: Self = Self(0);
    /// A digital output that is on.
    pub const ON: Self = Self(1);
}

impl From<bool> for Level {
    fn from(on: bool) -> Self {
        if on { Self::ON } else { Self::OFF }
    }
}

/// What levels an output can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// 0 or 1.
    Digital,
    /// 0 to `max`: a brightness, a duty, a position. On a board the output's own pin is
    /// high while the level is above 0, and what shows the level is up to the board.
    Analog {
        /// The highest level, at least 2.
        max: u16,
    },
    /// A number, which may be negative: a speed, a temperature, what a display shows. On a board
    /// it has no pin.
    Number(Scale),
}

impl Range {
    /// The lowest level of the range.
    #[must_use]
    pub const fn min(self) -> Level {
        match self {
            Self::Digital | Self::Analog { .. } => Level::OFF,
            Self::Number(scale) => Level(scale.min()),
        }
    }

    /// The highest level of the range.
    #[must_use]
    pub const fn max(self) -> Level {
        match self {
            Self::Digital => Level::ON,
            Self::Analog { max } => Level(max as i32),
            Self::Number(scale) => Level(scale.max()),
        }
    }

    /// Whether a level is in the range.
    #[must_use]
    pub const fn contains(self, level: Level) -> bool {
        self.min().0 <= level.0 && level.0 <= self.max().0
    }

    /// How a level is written.
    #[must_use]
    pub const fn scale(self) -> Scale {
        match self {
            Self::Digital | Self::Analog { .. } => Scale::new(self.min().0, self.max().0),
            Self::Number(scale) => scale,
        }
    }
}

/// One output as its app declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    name: &'static str,
    range: Range,
}

impl Output {
    /// An output that is on or off.
    ///
    /// The name is of lower-case letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn digital(name: &'static str) -> Self {
        Self {
            name,
            range: Range::Digital,
        }
    }

    /// An output with levels from 0 to `max`.
    #[must_use]
    pub const fn analog(name: &'static str, max: u16) -> Self {
        Self {
            name,
            range: Range::Analog { max },
        }
    }

    /// A number from `min` to `max`.
    #[must_use]
    pub const fn number(name: &'static str, min: i32, max: i32) -> Self {
        Self {
            name,
            range: Range::Number(Scale::new(min, max)),
        }
    }

    /// The same number, with so many of its digits behind the point where it is written, at most
    /// [`Scale::MAX_DECIMALS`]. Of an output that is no number, nothing changes.
    #[must_use]
    pub const fn with_decimals(mut self, decimals: u8) -> Self {
        if let Range::Number(scale) = self.range {
            self.range = Range::Number(scale.with_decimals(decimals));
        }
        self
    }

    /// The same number, written with this unit: at most [`Scale::MAX_UNIT`] bytes, without spaces.
    /// Of an output that is no number, nothing changes.
    #[must_use]
    pub const fn with_unit(mut self, unit: &'static str) -> Self {
        if let Range::Number(scale) = self.range {
            self.range = Range::Number(scale.with_unit(unit));
        }
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The levels it can have.
    #[must_use]
    pub const fn range(&self) -> Range {
        self.range
    }
}
