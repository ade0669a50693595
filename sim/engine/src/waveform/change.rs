//! The changes of a waveform, as every format gives them.

use super::error::WaveformErrorKind;
use super::signals::SignalId;

/// What takes the changes of a waveform, in the order of time.
pub(super) trait ChangeSink {
    /// Whether changes of this signal are wanted. It is asked at every change.
    fn watches(&self, signal: SignalId) -> bool;

    /// It is this time, in units of the file. Changes before the first time are levels at
    /// the start.
    fn time(&mut self, time: u64) -> Result<Flow, WaveformErrorKind>;

    /// A signal has this value from now on.
    fn change(&mut self, signal: SignalId, value: Value<'_>) -> Result<(), WaveformErrorKind>;
}

/// Whether a sink takes more changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Continue,
    Stop,
}

/// The value of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// Bits as characters, the highest first; possibly fewer or more than were declared.
    Bits(&'a [u8]),
    /// The bytes of a string, nothing in them standing for others.
    Text(&'a [u8]),
    /// A decimal number.
    Real(&'a [u8]),
    /// A field of a table: a level, or a decimal number.
    Sample(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value as it stands in the file.
    pub(super) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bits(bytes) | Self::Text(bytes) | Self::Real(bytes) | Self::Sample(bytes) => {
                bytes
            }
        }
    }
}

/// What is worth telling of a file that was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// How often the tool stopped writing changes.
    pub(super) gaps: u64,
    /// How many changes are of signals that are not declared.
    pub(super) undeclared: u64,
}

/// A level of one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BitLevel {
    Low,
    High,
    /// Undriven, or not known: `x` and `z`, and `U`, `W` and `-` of VHDL.
    Unknown,
}

impl BitLevel {
    /// The level that a character stands for.
    pub(super) fn of(character: u8) -> Option<Self> {
        match character {
            b'0' | b'l' | b'L' => Some(Self::Low),
            b'1' | b'h' | b'H' => Some(Self::High),
            b'x' | b'X' | b'z' | b'Z' | b'u' | b'U' | b'w' | b'W' | b'-' => Some(Self::Unknown),
            _ => None,
        }
    }

    /// The level that a field of a table stands for.
    pub(super) fn of_sample(field: &[u8]) -> Option<Self> {
        match field.trim_ascii() {
            b"0" | b"low" | b"Low" | b"false" => Some(Self::Low),
            b"1" | b"high" | b"High" | b"true" => Some(Self::High),
            b"x" | b"X" | b"z" | b"Z" | b"" => Some(Self::Unknown),
            _ => None,
        }
    }

    /// The level of the bit at this place, counted from the last character. A short value
    /// continues to the left with zeros, or with the unknown level it begins with.
    pub(super) fn at(bits: &[u8], place: u32) -> Option<Self> {
        let place = usize::try_from(place).ok()?;
        match bits.len().checked_sub(place + 1) {
            Some(index) => Self::of(*bits.get(index)?),
            None => match Self::of(*bits.first()?)? {
                Self::Unknown => Some(Self::Unknown),
                Self::Low | Self::High => Some(Self::Low),
            },
        }
    }

    /// The level of a signal of one bit, whose value may have leading zeros.
    pub(super) fn single(bits: &[u8]) -> Option<Self> {
        let (last, leading) = bits.split_last()?;
        let level = Self::of(*last)?;
        let fits = leading.iter().all(|bit| match Self::of(*bit) {
            Some(Self::Low) => true,
            Some(Self::Unknown) => level == Self::Unknown,
            _ => false,
        });
        fits.then_some(level)
    }

    /// The other level of an active-low signal.
    pub(super) fn inverted(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
            Self::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_bit_may_have_leading_zeros() {
        use BitLevel::{High, Low, Unknown};
        for (bits, level) in [
            ("0", Some(Low)),
            ("H", Some(High)),
            ("L", Some(Low)),
            ("0000", Some(Low)),
            ("0001", Some(High)),
            ("000x", Some(Unknown)),
            ("xxxx", Some(Unknown)),
            ("xxx1", None),
            ("10", None),
            ("2", None),
            ("", None),
        ] {
            assert_eq!(BitLevel::single(bits.as_bytes()), level, "{bits}");
        }
    }

    #[test]
    fn a_short_vector_continues_to_the_left() {
        use BitLevel::{High, Low, Unknown};
        for (bits, place, level) in [
            ("101", 0, Some(High)),
            ("101", 1, Some(Low)),
            ("101", 7, Some(Low)),
            ("x01", 7, Some(Unknown)),
            ("U", 3, Some(Unknown)),
            ("", 0, None),
            ("1021", 1, None),
        ] {
            assert_eq!(
                BitLevel::at(bits.as_bytes(), place),
                level,
                "{bits} {place}"
            );
        }
    }
}
