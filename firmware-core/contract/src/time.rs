//! Time in ticks: as firmware counts it, and as a run does.
//!
//! Firmware counts with 32 bits: a [`Ticks`] is a length, an [`Instant`] is a reading of a counter
//! that wraps. A run counts with 64 bits and never wraps: [`RunTicks`]. How long a tick is, the app
//! says: [`TickPeriod`], one millisecond where it does not.

use core::fmt;
use core::ops::Add;

/// A length of time in ticks.
///
/// Arithmetic saturates: a length never wraps round to a short one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Ticks(pub u32);

impl Ticks {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest length that can be named: about 49.7 days in ticks of a millisecond, 71 minutes
    /// in ticks of a microsecond.
    pub const MAX: Self = Self(u32::MAX);

    /// A length in milliseconds, in ticks of [`TickPeriod::MILLISECOND`]. In others,
    /// [`TickPeriod::ms`] gives it.
    #[must_use]
    pub const fn from_ms(ms: u32) -> Self {
        Self(ms)
    }

    /// A length in seconds, at most [`Ticks::MAX`], in ticks of [`TickPeriod::MILLISECOND`].
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// A length in minutes, at most [`Ticks::MAX`], in ticks of [`TickPeriod::MILLISECOND`].
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

/// How long a tick is: from 1 µs to 100 ms.
///
/// ```
/// use lockstep_core::time::{RunTicks, TickPeriod, Ticks};
///
/// const TICK: TickPeriod = TickPeriod::from_us(250);
/// const LONG_PRESS: Ticks = TICK.ms(800);
/// assert_eq!(LONG_PRESS, Ticks(3_200));
/// assert_eq!(TICK.length(RunTicks(5)).to_string(), "1250 us");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TickPeriod {
    us: u32,
}

impl TickPeriod {
    /// The shortest, a microsecond.
    pub const MIN: Self = Self { us: 1 };
    /// What an app has that does not say.
    pub const MILLISECOND: Self = Self { us: 1_000 };
    /// The longest, 100 ms.
    pub const MAX: Self = Self { us: 100_000 };

    /// A period in microseconds. In a constant, one that is not allowed does not compile.
    ///
    /// # Panics
    ///
    /// If it is not from [`TickPeriod::MIN`] to [`TickPeriod::MAX`].
    #[must_use]
    pub const fn from_us(us: u32) -> Self {
        assert!(
            us >= Self::MIN.us && us <= Self::MAX.us,
            "a tick is from 1 us to 100 ms long"
        );
        Self { us }
    }

    /// A period in microseconds; `None` for one that is not allowed.
    #[must_use]
    pub const fn try_from_us(us: u64) -> Option<Self> {
        if us < Self::MIN.us as u64 || us > Self::MAX.us as u64 {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "it was compared just now")]
        Some(Self { us: us as u32 })
    }

    /// The period in microseconds.
    #[must_use]
    pub const fn as_us(self) -> u32 {
        self.us
    }

    /// So many microseconds in these ticks, at most [`Ticks::MAX`]. A part of a tick counts as a
    /// whole one.
    #[must_use]
    pub const fn us(self, us: u32) -> Ticks {
        Ticks(us.div_ceil(self.us))
    }

    /// So many milliseconds in these ticks, at most [`Ticks::MAX`]. A part of a tick counts as a
    /// whole one.
    #[must_use]
    pub const fn ms(self, ms: u32) -> Ticks {
        let ticks = (ms as u64 * 1_000).div_ceil(self.us as u64);
        if ticks > u32::MAX as u64 {
            return Ticks::MAX;
        }
        #[allow(clippy::cast_possible_truncation, reason = "it was compared just now")]
        Ticks(ticks as u32)
    }

    /// The time that so many ticks of a run take, to be written: `800 ms`, `2 s`, `10 min`.
    #[must_use]
    pub const fn length(self, ticks: RunTicks) -> Length {
        Length {
            us: ticks.0.saturating_mul(self.us as u64),
        }
    }

    /// How many of these ticks a time of a run takes, in microseconds. A part of a tick counts as
    /// a whole one.
    #[must_use]
    pub const fn run_ticks(self, us: u64) -> RunTicks {
        RunTicks(us.div_ceil(self.us as u64))
    }
}

impl Default for TickPeriod {
    fn default() -> Self {
        Self::MILLISECOND
    }
}

/// Writes it as a length: `1 ms`, `250 us`.
impl fmt::Display for TickPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.length(RunTicks(1)).fmt(f)
    }
}

/// A length of time, to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length {
    us: u64,
}

impl fmt::Display for Length {
    /// Writes the length in the largest unit that expresses it whole: `250 us`, `800 ms`, `2 s`,
    /// `10 min`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.us {
            0 => f.write_str("0 ms"),
            us if us % 60_000_000 == 0 => write!(f, "{} min", us / 60_000_000),
            us if us % 1_000_000 == 0 => write!(f, "{} s", us / 1_000_000),
            us if us % 1_000 == 0 => write!(f, "{} ms", us / 1_000),
            us => write!(f, "{us} us"),
        }
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
        for (tick, ticks, text) in [
            (TickPeriod::MILLISECOND, 0, "0 ms"),
            (TickPeriod::MILLISECOND, 999, "999 ms"),
            (TickPeriod::MILLISECOND, 1_000, "1 s"),
            (TickPeriod::MILLISECOND, 1_500, "1500 ms"),
            (TickPeriod::MILLISECOND, 600_000, "10 min"),
            (TickPeriod::from_us(250), 3, "750 us"),
            (TickPeriod::from_us(250), 4, "1 ms"),
            (TickPeriod::from_us(250), 5, "1250 us"),
            (TickPeriod::MAX, 7, "700 ms"),
            (TickPeriod::MAX, u64::MAX, "18446744073709551615 us"),
        ] {
            assert_eq!(tick.length(RunTicks(ticks)).to_string(), text);
        }
        assert_eq!(TickPeriod::from_us(40).to_string(), "40 us");
    }

    #[test]
    fn a_length_in_ticks_is_at_least_that_long() {
        assert_eq!(TickPeriod::MILLISECOND.ms(20), Ticks::from_ms(20));
        assert_eq!(TickPeriod::from_us(300).ms(1), Ticks(4));
        assert_eq!(TickPeriod::from_us(300).us(601), Ticks(3));
        assert_eq!(TickPeriod::MIN.ms(u32::MAX), Ticks::MAX);
        assert_eq!(TickPeriod::MAX.ms(250), Ticks(3));
        assert_eq!(TickPeriod::MAX.run_ticks(1), RunTicks(1));
    }

    #[test]
    fn a_period_that_is_not_allowed_is_none() {
        assert_eq!(TickPeriod::try_from_us(0), None);
        assert_eq!(TickPeriod::try_from_us(100_001), None);
        assert_eq!(TickPeriod::try_from_us(100_000), Some(TickPeriod::MAX));
    }

    proptest! {
        #[test]
        fn a_reading_knows_how_long_ago_another_was(start: u32, length: u32) {
            let earlier = Instant(start);
            prop_assert_eq!((earlier + Ticks(length)).since(earlier), Ticks(length));
        }
    }
}
