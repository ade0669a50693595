//! Numbers with their units, as sentences have them.

use std::fmt;

use lockstep_core::ports::{Decimal, Scale};
use lockstep_core::time::TickPeriod;

use super::TargetLevel;
use super::lexer::{Token, TokenCursor, tokenize};
use crate::diagnostic::{Diagnostic, Span};
use crate::sanitize::excerpt;

/// Words that can follow a quantity: none of them is a unit.
const AFTER_A_QUANTITY: [&str; 17] = [
    "within", "for", "and", "to", "over", ",", "or", "while", "after", "until", "before",
    "whenever", "at", "is", "with", "holds", "stays",
];

/// The most digits of a number.
const MAX_DIGITS: usize = 18;

/// A number, and the unit that is written after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The number.
    pub number: Decimal,
    /// Its unit; none where none is written.
    pub unit: Unit,
}

/// The unit of a quantity: at most [`Scale::MAX_UNIT`] bytes, padded with zeros.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Unit([u8; Scale::MAX_UNIT]);

impl Unit {
    /// The unit of this name; `None` for one that is too long.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; Scale::MAX_UNIT];
        bytes
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        Some(Self(bytes))
    }

    /// Its name; empty where there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0);
        let name = self.0.get(..length.unwrap_or(self.0.len()));
        name.and_then(|name| str::from_utf8(name).ok())
            .unwrap_or_default()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.as_str().is_empty()
    }
}

impl fmt::Debug for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Quantity {
    /// What a port is, as sentences write it.
    #[must_use]
    pub fn of(scale: &Scale, number: i32) -> Self {
        Self {
            number: scale.shown(number),
            unit: Unit::new(scale.unit()).unwrap_or_default(),
        }
    }

    /// The number of a port of this name and scale.
    pub fn on(self, name: &str, scale: &Scale, span: Span) -> Result<i32, Diagnostic> {
        if !self.unit.is_none() && self.unit.as_str() != scale.unit() {
            let expected = match scale.unit() {
                "" => "expected the number alone".to_owned(),
                unit => format!("expected `{unit}`, or no unit"),
            };
            let unit = excerpt(self.unit.as_str());
            let message = format!("`{name}` is not counted in `{unit}`");
            return Err(Diagnostic::new(span, message, expected));
        }
        let [min, max] = [scale.min(), scale.max()].map(|bound| Self::of(scale, bound));
        let expected = match scale.decimals() {
            0 => format!("expected a whole number from {min} to {max}"),
            1 => format!("expected a number from {min} to {max}, with at most one decimal"),
            decimals => {
                format!("expected a number from {min} to {max}, with at most {decimals} decimals")
            }
        };
        let Some(digits) = self.number.with_places(scale.decimals()) else {
            let message = format!("`{name}` cannot be {} exactly", self.number);
            return Err(Diagnostic::new(span, message, expected));
        };
        match i32::try_from(digits).ok().filter(|it| scale.contains(*it)) {
            Some(number) => Ok(number),
            None => Err(Diagnostic::new(
                span,
                format!("{self} is out of range for `{name}`"),
                expected,
            )),
        }
    }

    /// The number that a text stands for, of a port of this name and scale: `21.5` or `21.5 C`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and what is expected: the range of the port.
    pub fn parse(text: &str, name: &str, scale: &Scale) -> Result<i32, Diagnostic> {
        let tokens = tokenize(text, 1);
        let mut cursor = TokenCursor::new(&tokens, TickPeriod::MILLISECOND);
        let (quantity, span) = quantity(&mut cursor)?;
        cursor.expect_end()?;
        quantity.on(name, scale, span)
    }

    /// As it is written in the compact form, in one word.
    pub(super) fn word(self) -> String {
        format!("{}{}", self.number, self.unit.as_str())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit.as_str() {
            "" => self.number.fmt(f),
            unit => write!(f, "{} {unit}", self.number),
        }
    }
}

/// Reads a number and its unit, in one word or two, and where they stand.
pub fn quantity(cursor: &mut TokenCursor<'_>) -> Result<(Quantity, Span), Diagnostic> {
    let token = cursor.next_token("a number")?;
    let (quantity, span) = in_one_word(token)?;
    if !quantity.unit.is_none() {
        return Ok((quantity, span));
    }
    match cursor.peek() {
        Some(next) if can_be_unit(next.text) => {
            let unit = cursor.next_token("a unit")?;
            let unit = unit_of(unit)?;
            let span = span.to(next.span);
            Ok((Quantity { unit, ..quantity }, span))
        }
        _ => Ok((quantity, span)),
    }
}

fn can_be_unit(word: &str) -> bool {
    let begins_otherwise = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '"');
    !AFTER_A_QUANTITY.contains(&word) && !word.starts_with(begins_otherwise)
}

/// Reads a number, with its unit if that is in the same word.
pub(super) fn in_one_word(token: Token<'_>) -> Result<(Quantity, Span), Diagnostic> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = token
        .text
        .find(|c| !is_number(c))
        .unwrap_or(token.text.len());
    let (number, unit) = token.text.split_at(end);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let Some(number) = decimal(number) else {
        if digits > MAX_DIGITS {
            return Err(Diagnostic::new(
                token.span,
                format!("the number has {digits} digits"),
                format!("expected at most {MAX_DIGITS}"),
            ));
        }
        return Err(Diagnostic::new(
            token.span,
            match token.text {
                "" => "a number is missing".to_owned(),
                _ => format!("`{token}` is not a number"),
            },
            "expected a number such as `21`, `-4` or `21.5`",
        ));
    };
    if unit.starts_with([',', '\'', '_']) {
        return Err(Diagnostic::new(
            token.span,
            format!("`{token}` is not a number"),
            "expected digits, and a `.` before the decimals",
        ));
    }
    let unit = unit_of(Token {
        text: unit,
        ..token
    })?;
    Ok((Quantity { number, unit }, token.span))
}

fn unit_of(token: Token<'_>) -> Result<Unit, Diagnostic> {
    Unit::new(token.text).ok_or_else(|| {
        Diagnostic::new(
            token.span,
            format!("`{token}` is not a unit"),
            format!("expected one of at most {} bytes, or none", Scale::MAX_UNIT),
        )
    })
}

/// A number with or without a sign and a fraction.
fn decimal(text: &str) -> Option<Decimal> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_empty_fraction = unsigned.ends_with('.');
    if whole.is_empty() || has_empty_fraction || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    if digits.len() > MAX_DIGITS {
        return None;
    }
    let digits: i64 = digits.parse().ok()?;
    Some(Decimal {
        digits: if text.starts_with('-') {
            -digits
        } else {
            digits
        },
        places: u8::try_from(fraction.len()).ok()?,
    })
}

impl<N> TargetLevel<N> {
    /// The same target, its numbers as something else.
    pub fn try_map<M, E>(
        self,
        mut number: impl FnMut(N) -> Result<M, E>,
    ) -> Result<TargetLevel<M>, E> {
        Ok(match self {
            Self::On => TargetLevel::On,
            Self::Off => TargetLevel::Off,
            Self::Level(level) => TargetLevel::Level(number(level)?),
            Self::AtLeast(least) => TargetLevel::AtLeast(number(least)?),
            Self::AtMost(most) => TargetLevel::AtMost(number(most)?),
            Self::Between(least, most) => TargetLevel::Between(number(least)?, number(most)?),
        })
    }
}

impl TargetLevel<i32> {
    /// Whether several levels meet it, in order: `on` is none.
    pub(crate) const fn is_range(self) -> bool {
        matches!(self, Self::AtLeast(_) | Self::AtMost(_) | Self::Between(..))
    }

    /// The target as sentences write it, of an output with this scale.
    pub fn with_scale(self, scale: &Scale) -> TargetLevel {
        match self {
            Self::On => TargetLevel::On,
            Self::Off => TargetLevel::Off,
            Self::Level(level) => TargetLevel::Level(Quantity::of(scale, level)),
            Self::AtLeast(least) => TargetLevel::AtLeast(Quantity::of(scale, least)),
            Self::AtMost(most) => TargetLevel::AtMost(Quantity::of(scale, most)),
            Self::Between(least, most) => {
                TargetLevel::Between(Quantity::of(scale, least), Quantity::of(scale, most))
            }
        }
    }
}

impl fmt::Display for TargetLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On => f.write_str("on"),
            Self::Off => f.write_str("off"),
            Self::Level(level) => level.fmt(f),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Between(least, most) => write!(f, "between {least} and {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Quantity, Diagnostic> {
        let tokens = tokenize(text, 1);
        let mut cursor = TokenCursor::new(&tokens, TickPeriod::MILLISECOND);
        quantity(&mut cursor).map(|(quantity, _)| quantity)
    }

    #[test]
    fn a_unit_may_follow_in_the_same_word_or_in_the_next() {
        for (text, written) in [
            ("21.5 C", "21.5 C"),
            ("21.5C", "21.5 C"),
            ("-4 within", "-4"),
            ("+7", "7"),
            ("50 %", "50 %"),
            ("0.250", "0.250"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), written);
        }
        for text in ["", "C", "1.", ".5", "1,5", "--1", "1.2.3", "5 kilograms"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_typed_number_is_read_or_refused_with_the_range() {
        let scale = Scale::new(-550, 1_250).with_decimals(1).with_unit("C");
        let parse = |text| Quantity::parse(text, "temperature", &scale);
        for (text, number) in [("21.5", 215), ("21.5 C", 215), ("-4C", -40), (" 21 ", 210)] {
            assert_eq!(parse(text).unwrap(), number, "{text}");
        }
        for text in ["", "warm", "21.55", "200", "21 F", "21 C now", "21 C #"] {
            let is_refused = parse(text).is_err();
            assert_eq!(is_refused, text != "21 C #", "{text}");
        }
        assert!(
            parse("200")
                .unwrap_err()
                .expected
                .contains("-55.0 C to 125.0 C")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: i32, decimals in 0..=Scale::MAX_DECIMALS) {
            let scale = Scale::new(i32::MIN, i32::MAX).with_decimals(decimals).with_unit("mV");
            let quantity = Quantity::of(&scale, number);
            prop_assert_eq!(read(&quantity.to_string()).unwrap(), quantity);
            prop_assert_eq!(quantity.on("x", &scale, Span::START).unwrap(), number);
        }
    }
}
