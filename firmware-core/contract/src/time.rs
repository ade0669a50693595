//! Time in ticks: as firmware counts it, and as a run does.
//!
//! Firmware counts with 32 bits: a [`Ticks`] is a length, an [`Instant`] is a reading of a counter
//! that wraps. A run counts with 64 bits and never wraps: [`RunTicks`].

use core::fmt;
use core::ops::Add;

/// A length of time in ticks; one tick is one millisecond of firmware time.
///
/// Arithmetic saturates: a length never wraps round to a short one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ticks(pub u32);

impl Ticks {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest length that can be named: about 49.7 days.
    pub const MAX: Self = Self(u32::MAX);

    /// A length in milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u32) -> Self {
        Self(ms)
    }

    /// A length in seconds, at most [`Ticks::MAX`].
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// A length in minutes, at most [`Ticks::MAX`].
    #[must_use]
    pub const fn from_mins(minutes: u32) -> Self {
        Self(minutes.saturating_mul(60_000))
    }

    /// The sum, at most [`Ticks::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least [`Ticks::ZERO`].
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Ticks {
    /// Writes the length in the largest unit that expresses it whole: `800 ms`, `2 s`,
    /// `10 min`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ms(self.0.into(), f)
    }
}

fn write_ms(ms: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match ms {
        0 => f.write_str("0 ms"),
        ms if ms % 60_000 == 0 => write!(f, "{} min", ms / 60_000),
        ms if ms % 1_000 == 0 => write!(f, "{} s", ms / 1_000),
        ms => write!(f, "{ms} ms"),
    }
}

/// A time in a run, in ticks: since power-up, or between two of its ticks.
///
/// Arithmetic saturates: a time never wraps round to an earlier one.
///
/// ```
/// use lockstep_core::time::RunTicks;
///
/// let press = RunTicks(4_294_967_290);
/// assert_eq!(press.saturating_add(RunTicks(10)), RunTicks(4_294_967_300));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RunTicks(pub u64);

impl RunTicks {
    /// Power-up, or no time at all.
    pub const ZERO: Self = Self(0);
    /// Later than any run lasts.
    pub const MAX: Self = Self(u64::MAX);

    /// The sum, at most [`RunTicks::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least [`RunTicks::ZERO`].
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for RunTicks {
    /// Writes the time as [`Ticks`] are written, one tick a millisecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ms(self.0, f)
    }
}

impl From<Ticks> for RunTicks {
    fn from(length: Ticks) -> Self {
        Self(u64::from(length.0))
    }
}

/// A reading of the tick counter, which wraps from `u32::MAX` to zero.
///
/// Two readings have no order of their own: which came first depends on how far apart
/// they can be. Ask [`Instant::since`] for a length instead of comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Instant(pub u32);

impl Instant {
    /// The reading after a reset.
    pub const ZERO: Self = Self(0);

    /// The reading one tick later.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// The reading counted from `now`, as if that had been [`Instant::ZERO`].
    #[must_use]
    pub const fn counted_from(self, now: Self) -> Self {
        Self(self.0.wrapping_sub(now.0))
    }

    /// The time from `earlier` to this reading, right across a wrap as long as less
    /// than 2^32 ticks lie between them.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Ticks {
        Ticks(self.0.wrapping_sub(earlier.0))
    }
}

impl Add<Ticks> for Instant {
    type Output = Self;

    fn add(self, length: Ticks) -> Self {
        Self(self.0.wrapping_add(length.0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn lengths_saturate() {
        assert_eq!(Ticks::from_mins(u32::MAX), Ticks::MAX);
        assert_eq!(Ticks::from_secs(u32::MAX), Ticks::MAX);
        assert_eq!(Ticks::MAX.saturating_add(Ticks(1)), Ticks::MAX);
        assert_eq!(Ticks(1).saturating_sub(Ticks(2)), Ticks::ZERO);
    }

    #[test]
    fn lengths_read_in_their_largest_whole_unit() {
        for (length, text) in [
            (Ticks::ZERO, "0 ms"),
            (Ticks(999), "999 ms"),
            (Ticks(1_000), "1 s"),
            (Ticks(1_500), "1500 ms"),
            (Ticks::from_mins(10), "10 min"),
        ] {
            assert_eq!(length.to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn a_reading_knows_how_long_ago_another_was(start: u32, length: u32) {
            let earlier = Instant(start);
            prop_assert_eq!((earlier + Ticks(length)).since(earlier), Ticks(length));
        }
    }
}
