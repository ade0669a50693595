//! The ports of an app that are more than a contact or a level: numbers, serial lines, encoders.
//!
//! ```
//! use lockstep_core::descriptor::AppDescriptor;
//! use lockstep_core::event::ButtonId;
//! use lockstep_core::output::Output;
//! use lockstep_core::ports::{Encoder, NumberInput, SerialLine};
//!
//! const THERMOSTAT: AppDescriptor = AppDescriptor::new("thermostat", "1.0.0")
//!     .with_buttons(&["knob-a", "knob-b"])
//!     .with_encoders(&[Encoder::new("knob", ButtonId(0), ButtonId(1))])
//!     .with_numbers(&[NumberInput::new("temperature", -400, 1_250)
//!         .with_decimals(1)
//!         .with_unit("C")
//!         .starting_at(200)])
//!     .with_serial_lines(&[SerialLine::new("uart")])
//!     .with_outputs(&[Output::digital("heater")]);
//! assert_eq!(THERMOSTAT.numbers()[0].scale().shown(215).to_string(), "21.5");
//! ```

use core::fmt;

use crate::event::ButtonId;

/// What a number means: its range, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    min: i32,
    max: i32,
    decimals: u8,
    unit: &'static str,
}

impl Scale {
    /// The most decimal places.
    pub const MAX_DECIMALS: u8 = 9;

    /// The longest unit, in bytes.
    pub const MAX_UNIT: usize = 8;

    /// Whole numbers from `min` to `max`, without a unit.
    #[must_use]
    pub const fn new(min: i32, max: i32) -> Self {
        Self {
            min,
            max,
            decimals: 0,
            unit: "",
        }
    }

    /// The same, with so many of its digits behind the point, at most [`Scale::MAX_DECIMALS`].
    #[must_use]
    pub const fn with_decimals(mut self, decimals: u8) -> Self {
        self.decimals = decimals;
        self
    }

    /// The same, written with this unit: at most [`Scale::MAX_UNIT`] bytes, without spaces.
    #[must_use]
    pub const fn with_unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// The smallest number.
    #[must_use]
    pub const fn min(&self) -> i32 {
        self.min
    }

    /// The largest number.
    #[must_use]
    pub const fn max(&self) -> i32 {
        self.max
    }

    /// How many of its digits stand behind the point: with 1, 215 is written `21.5`.
    #[must_use]
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The unit it is written with; empty if it has none.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// Whether a number is in the range.
    #[must_use]
    pub const fn contains(&self, number: i32) -> bool {
        self.min <= number && number <= self.max
    }

    /// The number as people write it, without its unit.
    #[must_use]
    pub const fn shown(&self, number: i32) -> Decimal {
        Decimal {
            digits: number as i64,
            places: self.decimals,
        }
    }
}

/// A number with a decimal point: `digits` divided by ten, `places` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All of its digits.
    pub digits: i64,
    /// How many of them stand behind the point.
    pub places: u8,
}

impl Decimal {
    /// With exactly so many places, in digits; `None` if some that are not zero would be lost, or
    /// there is no room.
    #[must_use]
    pub fn with_places(self, places: u8) -> Option<i64> {
        let mut digits = self.digits;
        for _ in self.places..places {
            digits = digits.checked_mul(10)?;
        }
        for _ in places..self.places {
            if digits % 10 != 0 {
                return None;
            }
            digits /= 10;
        }
        Some(digits)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs();
        let places = usize::from(self.places);
        if places == 0 {
            return write!(f, "{sign}{digits}");
        }
        let one = 10_u64.saturating_pow(u32::from(self.places));
        write!(f, "{sign}{}.{:0places$}", digits / one, digits % one)
    }
}

/// A number that the world gives an app: a sensor, a converter, a knob.
///
/// After it came up, and after each change, the app is told by
/// [`Event::Number`](crate::event::Event::Number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NumberInput {
    name: &'static str,
    scale: Scale,
    start: i32,
    is_seed: bool,
}

impl NumberInput {
    /// A whole number from `min` to `max`, which is 0 at first, or the number next to it.
    ///
    /// The name is of letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, min: i32, max: i32) -> Self {
        let start = if min > 0 {
            min
        } else if max < 0 {
            max
        } else {
            0
        };
        Self {
            name,
            scale: Scale::new(min, max),
            start,
            is_seed: false,
        }
    }

    /// What a random source begins with: from 0 up, 0 at first. The header `seed 42` of a scenario
    /// sets it at tick 0; a board that has a source of randomness may set it when it comes up as the
    /// product.
    #[must_use]
    pub const fn seed(name: &'static str) -> Self {
        Self {
            is_seed: true,
            ..Self::new(name, 0, i32::MAX)
        }
    }

    /// The same, with so many of its digits behind the point where it is written, at most
    /// [`Scale::MAX_DECIMALS`].
    #[must_use]
    pub const fn with_decimals(mut self, decimals: u8) -> Self {
        self.scale = self.scale.with_decimals(decimals);
        self
    }

    /// The same, written with this unit: at most [`Scale::MAX_UNIT`] bytes, without spaces.
    #[must_use]
    pub const fn with_unit(mut self, unit: &'static str) -> Self {
        self.scale = self.scale.with_unit(unit);
        self
    }

    /// The same, but this number at first.
    #[must_use]
    pub const fn starting_at(mut self, start: i32) -> Self {
        self.start = start;
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its range, and how it is written.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// Whether a random source begins with it: [`NumberInput::seed`].
    #[must_use]
    pub const fn is_seed(&self) -> bool {
        self.is_seed
    }

    /// What it is at power-up.
    #[must_use]
    pub const fn start(&self) -> i32 {
        self.start
    }
}

/// A serial line: bytes in and bytes out.
///
/// The app takes one byte at a time, by [`Event::Byte`](crate::event::Event::Byte), and sends by
/// [`Sink::send`](crate::sink::Sink::send).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SerialLine {
    name: &'static str,
    baud: u32,
}

impl SerialLine {
    /// A line of 115,200 baud with 8 data bits, no parity and a stop bit.
    ///
    /// The name is of letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            baud: 115_200,
        }
    }

    /// The same, with so many bits a second, at least 1.
    #[must_use]
    pub const fn with_baud(mut self, baud: u32) -> Self {
        self.baud = baud;
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Bits a second; a byte takes ten.
    #[must_use]
    pub const fn baud(&self) -> u32 {
        self.baud
    }
}

/// A rotary encoder: two of the app's buttons, whose contacts close one after the other when it
/// turns. One click closes and opens both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoder {
    name: &'static str,
    a: ButtonId,
    b: ButtonId,
}

impl Encoder {
    /// An encoder whose contact `a` closes before `b` when it turns clockwise.
    ///
    /// The name is of letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, a: ButtonId, b: ButtonId) -> Self {
        Self { name, a, b }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The contact that closes first when it turns clockwise.
    #[must_use]
    pub const fn a(&self) -> ButtonId {
        self.a
    }

    /// The other contact.
    #[must_use]
    pub const fn b(&self) -> ButtonId {
        self.b
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    #[test]
    fn a_number_is_written_with_its_places() {
        for (digits, places, text) in [
            (215, 1, "21.5"),
            (-5, 1, "-0.5"),
            (7, 3, "0.007"),
            (-40, 0, "-40"),
            (i64::from(i32::MIN), 9, "-2.147483648"),
        ] {
            assert_eq!(Decimal { digits, places }.to_string(), text);
        }
    }

    #[test]
    fn places_are_added_and_taken_away_only_where_nothing_is_lost() {
        let decimal = |digits, places| Decimal { digits, places };
        assert_eq!(decimal(21, 0).with_places(1), Some(210));
        assert_eq!(decimal(2_150, 2).with_places(1), Some(215));
        assert_eq!(decimal(2_151, 2).with_places(1), None);
        assert_eq!(decimal(i64::MAX, 0).with_places(1), None);
    }

    #[test]
    fn a_number_begins_within_its_range() {
        assert_eq!(NumberInput::new("a", -5, 5).start(), 0);
        assert_eq!(NumberInput::new("a", 3, 5).start(), 3);
        assert_eq!(NumberInput::new("a", -5, -3).start(), -3);
    }
}
