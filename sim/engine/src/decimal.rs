//! Decimal numbers of files, read without going through a float.

/// A decimal number times a factor, rounded towards zero.
pub(crate) fn scaled(text: &str, factor: i128) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(position) => (&text[..position], text[position + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let places = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let number = digits.checked_mul(factor)?;
    let power = 10_i128.checked_pow(places.unsigned_abs());
    let number = match power {
        Some(power) if places >= 0 => number.checked_mul(power)?,
        Some(power) => number / power,
        None if places >= 0 && number != 0 => return None,
        None => 0,
    };
    Some(if is_negative { -number } else { number })
}

/// A decimal number with so many of its digits behind the point, as a whole number of the last of
/// them: to the nearest, halves away from zero.
pub(crate) fn rounded(text: &str, places: u8) -> Option<i128> {
    let doubled = scaled(
        text,
        10_i128.checked_pow(u32::from(places))?.checked_mul(2)?,
    )?;
    Some((doubled + doubled.signum()) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimal_numbers_are_exact() {
        const SECOND: i128 = 1_000_000_000_000;
        for (text, factor, value) in [
            ("0.000000001", SECOND, Some(1_000)),
            ("-0.0015", SECOND, Some(-1_500_000_000)),
            ("1.2e-05", SECOND, Some(12_000_000)),
            ("7", 1_000, Some(7_000)),
            (".5", 10, Some(5)),
            ("", 1, None),
            ("1,5", 1, None),
            ("2023-01-01T00:00:00", 1, None),
            ("1e999", 1, None),
            ("1e-999", 1, Some(0)),
        ] {
            assert_eq!(scaled(text, factor), value, "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (text, places, value) in [
            ("21.45", 1, Some(215)),
            ("21.449999999", 1, Some(214)),
            ("-0.05", 1, Some(-1)),
            ("-0.049", 1, Some(0)),
            ("3", 2, Some(300)),
            ("2.5", 0, Some(3)),
            ("nan", 0, None),
        ] {
            assert_eq!(rounded(text, places), value, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_for_a_number(text in "[-+0-9.eE]{0,50}", places in 0_u8..10) {
            let _ = scaled(&text, 1_000_000_000_000);
            let _ = rounded(&text, places);
        }
    }
}
