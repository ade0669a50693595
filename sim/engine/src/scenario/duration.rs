//! Durations: a number and its unit.

use std::time::Duration;

use lockstep_core::time::{RunTicks, TickPeriod};

use super::lexer::{TOLERANCE, Token, TokenCursor, tokenize};
use crate::diagnostic::Diagnostic;
use crate::script::max_length;

/// The units, and their microseconds.
const UNITS: [(&str, u64); 5] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
];

/// What can follow a number whose unit is missing.
const AFTER_A_DURATION: [&str; 3] = ["within", TOLERANCE[0], TOLERANCE[1]];

const A_UNIT: &str = "`us`, `ms`, `s`, `min` or `h`";
const A_UNIT_OR_PERCENT: &str = "`us`, `ms`, `s`, `min`, `h` or `%`";

/// Parses a text that is a single duration, of at least one of these ticks.
///
/// # Errors
///
/// A [`Diagnostic`] if it is not one.
pub fn parse_length(text: &str, tick: TickPeriod) -> Result<RunTicks, Diagnostic> {
    let tokens = tokenize(text, 1);
    let mut cursor = TokenCursor::new(&tokens, tick);
    let length = length(&mut cursor)?;
    cursor.expect_end()?;
    Ok(length)
}

/// Parses a text that is a single duration, of whole microseconds and not zero.
///
/// # Errors
///
/// A [`Diagnostic`] if it is not one.
pub fn parse_duration(text: &str) -> Result<Duration, Diagnostic> {
    let microseconds = parse_length(text, TickPeriod::MIN)?;
    Ok(Duration::from_micros(microseconds.0))
}

/// The ticks of this length that a duration takes. A part of a tick counts as a whole one.
#[must_use]
pub fn ticks_of(duration: Duration, tick: TickPeriod) -> RunTicks {
    tick.run_ticks(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// A duration of at least one tick.
pub fn length(cursor: &mut TokenCursor<'_>) -> Result<RunTicks, Diagnostic> {
    let (number, unit) = quantity(cursor, "a duration such as `50 ms`", A_UNIT)?;
    at_least_one(number, ticks(number, unit, cursor.tick)?, cursor.tick)
}

/// A tolerance after its sign, in percent of `length` or as a duration; zero if there is
/// none.
pub(super) fn tolerance(
    cursor: &mut TokenCursor<'_>,
    length: RunTicks,
) -> Result<RunTicks, Diagnostic> {
    if !TOLERANCE.iter().any(|sign| cursor.accept(sign)) {
        return Ok(RunTicks::ZERO);
    }
    let (number, unit) = quantity(
        cursor,
        "a tolerance such as `5 ms` or `1 %`",
        A_UNIT_OR_PERCENT,
    )?;
    if unit.text != "%" {
        return ticks(number, unit, cursor.tick);
    }
    let percent: u64 = number
        .text
        .parse()
        .ok()
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| {
            Diagnostic::new(
                number.span,
                format!("`{number}` is not a percentage"),
                "expected a whole number from 0 to 100",
            )
        })?;
    // The longest length, a hundred times over, is far below 2^64.
    Ok(RunTicks(length.0.saturating_mul(percent) / 100))
}

/// A number of milliseconds, with or without a unit, of at least one tick.
pub(super) fn short_length(token: Token<'_>, tick: TickPeriod) -> Result<RunTicks, Diagnostic> {
    at_least_one(token, short_length_or_zero(token, tick)?, tick)
}

/// A number of milliseconds, with or without a unit.
pub(super) fn short_length_or_zero(
    token: Token<'_>,
    tick: TickPeriod,
) -> Result<RunTicks, Diagnostic> {
    match split_unit(token) {
        Some((number, unit)) => ticks(number, unit, tick),
        None if is_number(token.text) => ticks(
            token,
            Token {
                text: "ms",
                ..token
            },
            tick,
        ),
        None => Err(Diagnostic::new(
            token.span,
            match token.text {
                "" => "a time is missing".to_owned(),
                _ => format!("`{token}` is not a time"),
            },
            "expected milliseconds such as `50`, or a number and a unit such as `2s`",
        )),
    }
}

fn at_least_one(
    number: Token<'_>,
    length: RunTicks,
    tick: TickPeriod,
) -> Result<RunTicks, Diagnostic> {
    if length == RunTicks::ZERO {
        return Err(Diagnostic::new(
            number.span,
            "the duration is zero",
            format!("expected at least {tick}, which is one tick"),
        ));
    }
    Ok(length)
}

/// A number and its unit, in one token or two.
fn quantity<'a>(
    cursor: &mut TokenCursor<'a>,
    expected: &str,
    units: &str,
) -> Result<(Token<'a>, Token<'a>), Diagnostic> {
    let token = cursor.next_token(expected)?;
    if let Some(parts) = split_unit(token) {
        return Ok(parts);
    }
    if !token.text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Diagnostic::new(
            token.span,
            format!("unexpected `{token}`"),
            format!("expected {expected}"),
        ));
    }
    match cursor.peek() {
        Some(unit) if !AFTER_A_DURATION.contains(&unit.text) => {
            Ok((token, cursor.next_token(expected)?))
        }
        _ => Err(Diagnostic::new(
            token.span,
            format!("`{token}` has no unit"),
            format!("expected {units} after it"),
        )
        .with_help(match cursor.tick {
            TickPeriod::MILLISECOND => format!("one tick is 1 ms: write `{token} ms`"),
            tick => format!("one tick is {tick}: a length has a unit, as in `{token} ms`"),
        })),
    }
}

/// `50ms` as `50` and `ms`.
fn split_unit(token: Token<'_>) -> Option<(Token<'_>, Token<'_>)> {
    let split = token
        .text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .filter(|split| *split > 0)?;
    let (number, unit) = token.text.split_at(split);
    let mut spans = [token.span; 2];
    spans[0].width = number.len();
    spans[1].column += number.len();
    spans[1].width = token.span.width - number.len();
    Some((
        Token {
            text: number,
            span: spans[0],
        },
        Token {
            text: unit,
            span: spans[1],
        },
    ))
}

fn ticks(number: Token<'_>, unit: Token<'_>, tick: TickPeriod) -> Result<RunTicks, Diagnostic> {
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit.text) else {
        let diagnostic = Diagnostic::new(
            unit.span,
            format!("`{unit}` is not a unit of time"),
            format!("expected {A_UNIT}"),
        );
        return Err(match meant_unit(unit.text) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        });
    };
    if !is_number(number.text) {
        return Err(Diagnostic::new(
            number.span,
            format!("`{number}` is not a number"),
            "expected digits, with at most one point among them, as in `50` or `1.5`",
        ));
    }
    let span = number.span.to(unit.span);
    let period = u64::from(tick.as_us());
    let us = whole_microseconds(number.text, *scale).filter(|us| {
        // What does not fit is too long, and has no other fault.
        *us == u64::MAX || us.is_multiple_of(period)
    });
    let ticks = us.map(|us| RunTicks(us / period)).ok_or_else(|| {
        Diagnostic::new(
            span,
            format!("`{number} {unit}` is not a whole number of ticks"),
            match tick {
                TickPeriod::MILLISECOND => {
                    "expected whole milliseconds: one tick is 1 ms".to_owned()
                }
                tick => format!("expected a multiple of {tick}, which is one tick"),
            },
        )
    })?;
    if us == Some(u64::MAX) || ticks > max_length(tick) {
        return Err(Diagnostic::new(
            span,
            format!("`{number} {unit}` is too long"),
            "expected at most 30 days, 2592000000 ms",
        ));
    }
    Ok(ticks)
}

/// The unit meant by another common word for it.
fn meant_unit(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let begins = |with: &[&str]| with.iter().any(|with| word.starts_with(with));
    if word == "ms" || begins(&["mil", "msec"]) {
        Some("ms")
    } else if word == "s" || begins(&["sec"]) {
        Some("s")
    } else if word == "m" || begins(&["min"]) {
        Some("min")
    } else if word == "h" || begins(&["hour", "hr"]) {
        Some("h")
    } else if word == "us" || word == "µs" || word == "μs" || begins(&["micro", "usec"]) {
        Some("us")
    } else {
        None
    }
}

fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction)
}

/// `number` times `scale`, if that is a whole number; [`u64::MAX`] if it does not fit.
fn whole_microseconds(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let fraction = fraction.trim_end_matches('0');
    let denominator = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let numerator = match fraction {
        "" => 0,
        digits => digits.parse::<u64>().ok()?.checked_mul(scale)?,
    };
    if numerator % denominator != 0 {
        return None;
    }
    Some(
        whole
            .parse::<u64>()
            .ok()
            .and_then(|whole| {
                whole
                    .checked_mul(scale)?
                    .checked_add(numerator / denominator)
            })
            .unwrap_or(u64::MAX),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RunTicks, Diagnostic> {
        length(&mut TokenCursor::new(
            &tokenize(text, 1),
            TickPeriod::MILLISECOND,
        ))
    }

    #[test]
    fn numbers_with_units_are_read_with_and_without_a_space() {
        for (text, ticks) in [
            ("50 ms", 50),
            ("50ms", 50),
            ("2 s", 2_000),
            ("1.5 s", 1_500),
            ("0.001 s", 1),
            ("10min", 600_000),
            ("0.5 min", 30_000),
            ("2 h", 7_200_000),
            ("3000 us", 3),
            ("7.000 ms", 7),
        ] {
            assert_eq!(read(text).unwrap(), RunTicks(ticks), "{text}");
        }
    }

    #[test]
    fn other_words_for_a_unit_are_suggested_but_not_accepted() {
        for (unit, meant) in [
            ("sec", "s"),
            ("Seconds", "s"),
            ("S", "s"),
            ("MS", "ms"),
            ("msec", "ms"),
            ("milliseconds", "ms"),
            ("m", "min"),
            ("minutes", "min"),
            ("hours", "h"),
            ("µs", "us"),
            ("microseconds", "us"),
        ] {
            let help = read(&format!("5 {unit}")).unwrap_err().help;
            assert_eq!(help, Some(format!("did you mean `{meant}`?")), "{unit}");
        }
        assert_eq!(read("5 d").unwrap_err().help, None);
    }

    #[test]
    fn what_is_not_a_duration_says_why() {
        for (text, message) in [
            ("50", "`50` has no unit"),
            ("50 within", "`50` has no unit"),
            ("50 +- 1 ms", "`50` has no unit"),
            ("50 foo", "`foo` is not a unit of time"),
            ("50d", "`d` is not a unit of time"),
            ("721 h", "too long"),
            ("0 ms", "the duration is zero"),
            ("0.5 ms", "not a whole number of ticks"),
            ("1..5 s", "`1..5` is not a number"),
            ("1.2.3 s", "`1.2.3` is not a number"),
            ("5. s", "`5.` is not a number"),
            (".5 s", "unexpected `.5`"),
            ("soon", "unexpected `soon`"),
            ("999999999999999999999999 ms", "too long"),
            ("44000 min", "too long"),
        ] {
            let diagnostic = read(text).unwrap_err();
            assert!(
                diagnostic.message.contains(message),
                "{text}: {}",
                diagnostic.message
            );
        }
    }

    #[test]
    fn lengths_are_counted_in_the_ticks_of_the_app() {
        for (us, text, ticks) in [
            (1, "1 us", 1),
            (1, "30.000001 s", 30_000_001),
            (250, "1 ms", 4),
            (250, "500us", 2),
            (100_000, "30 s", 300),
            (100_000, "720 h", 25_920_000),
        ] {
            let read = parse_length(text, TickPeriod::from_us(us));
            assert_eq!(read.unwrap(), RunTicks(ticks), "{text}");
        }
        for (us, text, expected) in [
            (
                250,
                "100 us",
                "expected a multiple of 250 us, which is one tick",
            ),
            (
                100_000,
                "50 ms",
                "expected a multiple of 100 ms, which is one tick",
            ),
            (
                100_000,
                "0 s",
                "expected at least 100 ms, which is one tick",
            ),
            (1, "721 h", "expected at most 30 days, 2592000000 ms"),
        ] {
            let refused = parse_length(text, TickPeriod::from_us(us)).unwrap_err();
            assert_eq!(refused.expected, expected, "{text}");
        }
    }
}
