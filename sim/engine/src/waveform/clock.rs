//! From the times of a file to ticks.

use std::fmt;

use lockstep_core::time::{RunTicks, TickPeriod};

use super::error::WaveformErrorKind;
use crate::diagnostic::closest;
use crate::sanitize::excerpt;
use crate::script::max_length;

/// Femtoseconds in a microsecond.
const MICROSECOND: u128 = 1_000_000_000;

/// The units of time, and their femtoseconds.
const UNITS: [(&str, u128); 6] = [
    ("s", 1_000_000_000_000_000),
    ("ms", 1_000 * MICROSECOND),
    ("us", MICROSECOND),
    ("ns", 1_000_000),
    ("ps", 1_000),
    ("fs", 1),
];

/// The unit of time in a file, in femtoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timescale(u128);

impl Timescale {
    /// The unit of files whose reader converts the times itself.
    pub(super) const PICOSECOND: Self = Self(1_000);

    /// Ten to the power of `exponent` seconds.
    pub(super) fn from_exponent(exponent: i8) -> Option<Self> {
        let exponent = u32::try_from(i32::from(exponent) + 15).ok()?;
        (exponent <= 18).then(|| Self(10_u128.pow(exponent)))
    }

    /// Reads `1ms`. The standard allows 1, 10 and 100 of a unit; any whole number is read.
    pub(super) fn parse(text: &str) -> Result<Self, WaveformErrorKind> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, name) = text.split_at(digits);
        let found = || excerpt(text);
        if number.is_empty() {
            return Err(WaveformErrorKind::BadTimescale {
                found: found(),
                instead: None,
            });
        }
        let unit = UNITS
            .iter()
            .find(|(unit, _)| *unit == name.to_ascii_lowercase())
            .map(|(_, femtoseconds)| *femtoseconds)
            .ok_or_else(|| WaveformErrorKind::UnknownUnit {
                found: excerpt(name),
                meant: closest(name, UNITS.map(|(unit, _)| unit)).map(str::to_owned),
            })?;
        match number.parse::<u32>() {
            Ok(count) if count > 0 => Ok(Self(u128::from(count) * unit)),
            _ => Err(WaveformErrorKind::BadTimescale {
                found: found(),
                instead: decimal(number)
                    .and_then(|(mantissa, divisor)| {
                        let scaled = mantissa.checked_mul(unit)?;
                        (scaled % divisor == 0).then_some(scaled / divisor)
                    })
                    .and_then(standard),
            }),
        }
    }

    /// A time of the file in femtoseconds.
    pub(super) fn femtoseconds(self, time: u64) -> u128 {
        // Only an absurd unit comes this far, and all its times are too late.
        u128::from(time).saturating_mul(self.0)
    }

    /// How messages name the unit itself.
    pub(super) fn unit(self) -> String {
        self.shown(1)
    }

    /// How messages name a time of the file.
    pub(super) fn shown(self, time: u64) -> String {
        WaveTime(self.femtoseconds(time)).to_string()
    }
}

/// This many femtoseconds as 1, 10 or 100 of a unit.
fn standard(femtoseconds: u128) -> Option<String> {
    UNITS.iter().find_map(|(name, unit)| {
        [1, 10, 100]
            .into_iter()
            .find(|count| count * unit == femtoseconds)
            .map(|count| format!("{count} {name}"))
    })
}

/// A decimal number as a whole one and what it is divided by.
fn decimal(text: &str) -> Option<(u128, u128)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let places = u32::try_from(fraction.len()).ok()?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, 10_u128.checked_pow(places)?))
}

/// A time in a waveform, finer than a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaveTime(u128);

impl WaveTime {
    /// Reads a number with a unit from `fs` to `min`, such as `1.5ms`; 0 needs none.
    ///
    /// # Errors
    ///
    /// What was expected instead, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "`{}` is not a time: expected a number and a unit, such as `1.5ms`, `20 us` or `2 s`",
                excerpt(text)
            )
        };
        let text = text.trim();
        if text == "0" {
            return Ok(Self(0));
        }
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(expected)?;
        let (number, name) = (&text[..digits], text[digits..].trim_start());
        let minute = ("min", 60 * UNITS[0].1);
        let (_, unit) = UNITS
            .iter()
            .chain([&minute])
            .find(|(unit, _)| *unit == name)
            .ok_or_else(expected)?;
        let (mantissa, divisor) = decimal(number).ok_or_else(expected)?;
        let scaled = mantissa.checked_mul(*unit).ok_or_else(expected)?;
        Ok(Self(scaled / divisor))
    }
}

impl fmt::Display for WaveTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = UNITS
            .iter()
            .find(|(_, unit)| self.0.is_multiple_of(*unit))
            .unwrap_or(&UNITS[5]);
        let unit = UNITS.iter().find(|it| it.0 == *name).map_or(1, |it| it.1);
        write!(f, "{} {name}", self.0 / unit)
    }
}

/// The part of a waveform that is played, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// The time of the file that becomes the start; its beginning if there is none.
    pub from: Option<WaveTime>,
    /// The time of the file at which the script ends; the last one if there is none.
    pub to: Option<WaveTime>,
    /// How long the start is put off. A part of a tick counts as a whole one.
    pub shift: WaveTime,
}

/// Converts the times of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct TickClock {
    tick: TickPeriod,
    timescale: Timescale,
    window: TimeWindow,
    /// The time that is the start, in femtoseconds.
    origin: u128,
    /// The first time of the file, once there is one.
    first: Option<u64>,
    /// The last time of the file that is within the longest script.
    latest: u64,
}

impl TickClock {
    pub(super) fn new(tick: TickPeriod, timescale: Timescale, window: TimeWindow) -> Self {
        let origin = window.from.map_or(0, |from| from.0);
        Self {
            tick,
            timescale,
            window,
            origin,
            first: None,
            latest: 0,
        }
        .with_latest()
    }

    fn femtoseconds_a_tick(&self) -> u128 {
        u128::from(self.tick.as_us()) * MICROSECOND
    }

    /// How many ticks the start is put off.
    fn shift(&self) -> u64 {
        let ticks = self.window.shift.0.div_ceil(self.femtoseconds_a_tick());
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn with_latest(mut self) -> Self {
        let room = u128::from(max_length(self.tick).0.saturating_sub(self.shift()));
        let room = room * self.femtoseconds_a_tick();
        let latest = self.origin.saturating_add(room) / self.timescale.0.max(1);
        self.latest = u64::try_from(latest).unwrap_or(u64::MAX);
        self
    }

    /// Takes notice of a time of the file, and tells whether it is past the end.
    #[inline]
    pub(super) fn advance(&mut self, time: u64) -> Result<bool, WaveformErrorKind> {
        if self.first.is_none() {
            self.first = Some(time);
            // Counted from another moment, such as 1970, or from when a board was switched on.
            if time > self.latest && self.window.from.is_none() && self.window.to.is_none() {
                self.origin = self.timescale.femtoseconds(time);
                *self = self.with_latest();
            }
        }
        let is_past = match self.window.to {
            Some(to) => self.timescale.femtoseconds(time) > to.0,
            None => false,
        };
        if time > self.latest && !is_past {
            return Err(WaveformErrorKind::TooLate {
                time: self.timescale.shown(time),
            });
        }
        Ok(is_past)
    }

    /// Whether this is the first time of the file.
    pub(super) fn is_first(&self, time: u64) -> bool {
        self.first.is_none_or(|first| first == time)
    }

    /// Whether the file is played from its start.
    pub(super) fn is_whole(&self) -> bool {
        self.window.from.is_none()
    }

    /// Whether this time comes before the start.
    pub(super) fn is_before(&self, time: u64) -> bool {
        self.is_before_start(self.femtoseconds(time))
    }

    /// The same of a time in femtoseconds.
    pub(super) fn is_before_start(&self, femtoseconds: u128) -> bool {
        self.window.from.is_some() && femtoseconds < self.origin
    }

    /// A time of the file in femtoseconds.
    pub(super) fn femtoseconds(&self, time: u64) -> u128 {
        self.timescale.femtoseconds(time)
    }

    /// How messages name a time of the file.
    pub(super) fn shown(&self, time: u64) -> String {
        self.timescale.shown(time)
    }

    /// The unit of time of the file.
    pub(super) fn timescale(&self) -> Timescale {
        self.timescale
    }

    /// The time in femtoseconds at which the file is cut off, if it is.
    pub(super) fn cut_off(&self) -> Option<u128> {
        self.window.to.map(|to| to.0)
    }

    /// The first tick at or after this time.
    pub(super) fn tick(&self, time: u64) -> RunTicks {
        self.tick_of(self.timescale.femtoseconds(time))
    }

    /// The first tick at or after a time in femtoseconds.
    pub(super) fn tick_of(&self, femtoseconds: u128) -> RunTicks {
        let ticks = femtoseconds
            .saturating_sub(self.origin)
            .div_ceil(self.femtoseconds_a_tick());
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        RunTicks(ticks.saturating_add(self.shift()))
    }

    /// The tick at which the script ends, if the last time of the file is this.
    pub(super) fn end(&self, last: u64) -> RunTicks {
        let last = self.timescale.femtoseconds(last);
        self.tick_of(self.window.to.map_or(last, |to| to.0.min(last)))
    }

    /// The first time of the file, where it was taken for the start although it is not 0.
    pub(super) fn moved_start(&self) -> Option<String> {
        let first = self.first?;
        (self.window.from.is_none() && self.origin > 0).then(|| self.timescale.shown(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: TickPeriod = TickPeriod::MILLISECOND;

    #[test]
    fn ticks_are_those_of_the_app() {
        for (us, time, tick) in [(1, 7, 7), (250, 1_000, 4), (250, 1_001, 5), (100_000, 1, 1)] {
            let scale = Timescale::parse("1us").unwrap();
            let clock = TickClock::new(TickPeriod::from_us(us), scale, TimeWindow::default());
            assert_eq!(clock.tick(time), RunTicks(tick), "{us}");
        }
    }

    #[test]
    fn a_time_belongs_to_the_first_tick_at_or_after_it() {
        for (scale, time, tick) in [
            ("1ms", 7, 7),
            ("10ns", 0, 0),
            ("10ns", 1, 1),
            ("10ns", 100_000, 1),
            ("10ns", 100_001, 2),
            ("1fs", u64::MAX, 18_446_745),
            ("1s", 2_592_000, max_length(MS).0),
            ("4294967295s", u64::MAX, u64::MAX),
        ] {
            let scale = Timescale::parse(scale).unwrap();
            let clock = TickClock::new(MS, scale, TimeWindow::default());
            assert_eq!(clock.tick(time), RunTicks(tick), "{time} x {scale:?}");
        }
    }

    #[test]
    fn a_window_moves_the_start_and_the_end() {
        let window = TimeWindow {
            from: Some(WaveTime::parse("20ms").unwrap()),
            to: Some(WaveTime::parse("50 ms").unwrap()),
            shift: WaveTime::parse("4.5 ms").unwrap(),
        };
        let mut clock = TickClock::new(MS, Timescale::parse("1us").unwrap(), window);
        assert_eq!(clock.tick(10_000), RunTicks(5));
        assert_eq!(clock.tick(20_001), RunTicks(6));
        assert_eq!(clock.end(1_000_000), RunTicks(35));
        assert_eq!(clock.advance(50_000), Ok(false));
        assert_eq!(clock.advance(50_001), Ok(true));
    }

    #[test]
    fn times_that_begin_too_late_are_counted_from_the_first() {
        let scale = Timescale::parse("1us").unwrap();
        let mut clock = TickClock::new(MS, scale, TimeWindow::default());
        assert_eq!(clock.advance(1_700_000_000_000_000), Ok(false));
        assert_eq!(clock.tick(1_700_000_000_010_000), RunTicks(10));
        assert_eq!(clock.moved_start().as_deref(), Some("1700000000 s"));
        assert!(clock.advance(1_702_592_000_000_001).is_err());
    }

    #[test]
    fn a_timescale_below_one_unit_is_named_as_what_it_is() {
        let instead = |text| match Timescale::parse(text) {
            Err(WaveformErrorKind::BadTimescale { instead, .. }) => instead,
            other => panic!("{other:?}"),
        };
        assert_eq!(instead("0.1ms").as_deref(), Some("100 us"));
        assert_eq!(instead("0.001s").as_deref(), Some("1 ms"));
        assert_eq!(instead("0.3ms"), None);
        assert_eq!(instead("0ms"), None);
        assert_eq!(instead("ms"), None);
        assert_eq!(instead("1.2.3ms"), None);
        let unit = Timescale::parse("1ks");
        assert!(matches!(unit, Err(WaveformErrorKind::UnknownUnit { .. })));
    }

    #[test]
    fn times_are_written_with_their_unit() {
        for (text, shown) in [
            ("0", "0 s"),
            ("1.5ms", "1500 us"),
            ("2 s", "2 s"),
            ("0.25 us", "250 ns"),
            ("1 min", "60 s"),
        ] {
            assert_eq!(WaveTime::parse(text).unwrap().to_string(), shown);
        }
        for text in ["", "5", "ms", "-1ms", "1 h", "1e3ms", "1..2ms", "é"] {
            assert!(WaveTime::parse(text).is_err(), "{text}");
        }
    }
}
