//! The numbers that values of a signal stand for.

use super::change::{BitLevel, Value};
use super::error::{NUMBER, WaveformErrorKind, unexpected};
use super::port::Encoding;
use crate::decimal::rounded;

/// The number that a value stands for, in units of the last of so many decimals; `None` where it is
/// not known. Bits are that number as the app has it, of whatever unit.
///
/// One that has no room in 128 bits is the one next to it that has.
pub(super) fn number_of(
    value: Value<'_>,
    encoding: Encoding,
    decimals: u8,
) -> Result<Option<i128>, WaveformErrorKind> {
    let not_a_number = || unexpected(&String::from_utf8_lossy(value.bytes()), NUMBER);
    match (value, encoding) {
        (Value::Bits(bits), Encoding::Vector { signed }) => of_bits(bits, signed),
        (Value::Real(text) | Value::Sample(text), _) => of_text(text, decimals),
        _ => None,
    }
    .ok_or_else(not_a_number)
}

/// The bits as a number, the highest first. A short value continues to the left with zeros, so that
/// only one with all of its bits can be negative.
fn of_bits(bits: &[u8], signed: Option<u32>) -> Option<Option<i128>> {
    let width = signed.and_then(|width| usize::try_from(width).ok());
    let is_negative = width.is_some_and(|width| bits.len() >= width)
        && BitLevel::of(*bits.first()?)? == BitLevel::High;
    let mut number = if is_negative { -1_i128 } else { 0 };
    let mut is_known = !bits.is_empty();
    for bit in bits {
        let bit = match BitLevel::of(*bit)? {
            BitLevel::Low => 0,
            BitLevel::High => 1,
            BitLevel::Unknown => {
                is_known = false;
                0
            }
        };
        number = number.saturating_mul(2).saturating_add(bit);
    }
    Some(is_known.then_some(number))
}

fn of_text(text: &[u8], decimals: u8) -> Option<Option<i128>> {
    let text = text.trim_ascii();
    let is_unknown = BitLevel::of_sample(text) == Some(BitLevel::Unknown)
        || text.eq_ignore_ascii_case(b"nan")
        || text.eq_ignore_ascii_case(b"-nan");
    if is_unknown {
        return Some(None);
    }
    rounded(str::from_utf8(text).ok()?, decimals).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bits(text: &str, signed: Option<u32>) -> Option<Option<i128>> {
        let value = Value::Bits(text.as_bytes());
        number_of(value, Encoding::Vector { signed }, 1).ok()
    }

    #[test]
    fn bits_are_a_number_of_their_own_unit() {
        for (text, signed, number) in [
            ("101", None, Some(Some(5))),
            ("101", Some(3), Some(Some(-3))),
            ("101", Some(8), Some(Some(5))),
            ("1x1", None, Some(None)),
            ("z", Some(32), Some(None)),
            ("1x2", None, None),
        ] {
            assert_eq!(bits(text, signed), number, "{text} {signed:?}");
        }
        assert_eq!(bits(&"1".repeat(200), None), Some(Some(i128::MAX)));
    }

    #[test]
    fn texts_are_rounded_to_the_decimals() {
        let number = |text: &str| number_of(Value::Real(text.as_bytes()), Encoding::Real, 1).ok();
        assert_eq!(number("21.46"), Some(Some(215)));
        assert_eq!(number("-4.2e1"), Some(Some(-420)));
        assert_eq!(number("nan"), Some(None));
        assert_eq!(number("warm"), None);
        let text = Value::Text(b"21");
        assert!(number_of(text, Encoding::Real, 1).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_in_twos_complement_is_read(number: i32) {
            let text = format!("{number:032b}");
            prop_assert_eq!(bits(&text, Some(32)), Some(Some(i128::from(number))));
        }
    }
}
