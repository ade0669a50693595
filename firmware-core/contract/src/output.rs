//! What an app shows the world: named pins and what stands on them.

/// What stands on an output: 0 is off, and a digital output is 0 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Level(pub u16);

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
}

impl Range {
    /// The highest level of the range.
    #[must_use]
    pub const fn max(self) -> Level {
        match self {
            Self::Digital => Level::ON,
            Self::Analog { max } => Level(max),
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
    /// The name is of lower-case letters, digits and `-`, beginning with a letter.
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
