//! What an app shows the world: named pins and what stands on them.

/// What stands on an output: 0 is off, and a digital output is 0 or 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "protocol", derive(serde::Serialize, serde::Deserialize))]
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

/// The colour people see an output in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "a colour is its own description")]
pub enum Colour {
    Red,
    Amber,
    Green,
    Blue,
    White,
}

/// One output as its app declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    /// Its name: lower-case letters, digits and `-`, beginning with a letter.
    pub name: &'static str,
    /// The levels it can have.
    pub range: Range,
    /// The colour to draw it in.
    pub colour: Colour,
}

impl Output {
    /// An output that is on or off, drawn in red unless told.
    #[must_use]
    pub const fn digital(name: &'static str) -> Self {
        Self {
            name,
            range: Range::Digital,
            colour: Colour::Red,
        }
    }

    /// An output with levels from 0 to `max`, drawn in red unless told.
    #[must_use]
    pub const fn analog(name: &'static str, max: u16) -> Self {
        Self {
            name,
            range: Range::Analog { max },
            colour: Colour::Red,
        }
    }

    /// The same output, drawn in `colour`.
    #[must_use]
    pub const fn in_colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }
}
