//! Parses what stands after `expect`.

use lockstep_core::time::{RunTicks, TickPeriod};

use super::name;
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::duration::{length, tolerance};
use crate::scenario::lexer::{Token, TokenCursor, unexpected_token};
use crate::scenario::pattern::Pattern;
use crate::scenario::picture_pattern::{NOTHING, PicturePattern};
use crate::scenario::quantity::{in_one_word, quantity};
use crate::scenario::{
    Expectation, LogAssertion, MatrixAssertion, Measurement, Name, OutputAssertion, Polarity,
    SerialAssertion, TargetLevel,
};

pub(super) fn expectation(cursor: &mut TokenCursor<'_>) -> Result<Expectation, Diagnostic> {
    if cursor.accept("log") {
        let (log, value) = log(cursor)?;
        let assertion = if cursor.accept("within") {
            LogAssertion::LoggedWithin(length(cursor)?)
        } else {
            LogAssertion::Logged
        };
        return Ok(Expectation::Log {
            log,
            value,
            assertion,
        });
    }
    if cursor.accept("no") {
        cursor.keyword(&["log"])?;
        let (log, value) = log(cursor)?;
        cursor.keyword_before_duration("for")?;
        let assertion = LogAssertion::NotLogged(length(cursor)?);
        return Ok(Expectation::Log {
            log,
            value,
            assertion,
        });
    }
    if cursor.accept("only") {
        return only_on(cursor);
    }
    let output = name(cursor, "the name of an output, `log` or `no log`")?;
    if cursor.accept("says") {
        return Ok(Expectation::Serial {
            line: output,
            assertion: says(cursor)?,
        });
    }
    if cursor.accept("shows") {
        return Ok(Expectation::Matrix {
            matrix: output,
            assertion: shows(cursor)?,
        });
    }
    let mut target_span = None;
    let assertion = output_assertion(cursor, &mut target_span)?;
    Ok(Expectation::Output {
        output,
        assertion,
        target_span,
    })
}

fn only_on(cursor: &mut TokenCursor<'_>) -> Result<Expectation, Diagnostic> {
    let mut outputs = vec![name(cursor, "the name of an output")?];
    while cursor.accept("and") {
        outputs.push(name(cursor, "the name of an output")?);
    }
    cursor.keyword(&["is", "are"])?;
    cursor.keyword(&["on"])?;
    Ok(Expectation::OnlyOn(outputs))
}

fn says(cursor: &mut TokenCursor<'_>) -> Result<SerialAssertion, Diagnostic> {
    if cursor.accept("nothing") {
        cursor.keyword_before_duration("for")?;
        return Ok(SerialAssertion::Silent(length(cursor)?));
    }
    let text = cursor.next_token("a text in quotes, such as `\"OK\"`, or `nothing`")?;
    let pattern = Pattern::read(text)?;
    Ok(match cursor.accept("within") {
        true => SerialAssertion::SentWithin(pattern, length(cursor)?),
        false => SerialAssertion::Sent(pattern),
    })
}

/// A picture on the same line, or one whose rows are on the lines that follow: then it has none yet.
fn shows(cursor: &mut TokenCursor<'_>) -> Result<MatrixAssertion, Diagnostic> {
    let pattern = match cursor.peek() {
        None => PicturePattern::DARK,
        Some(token) if token.text == "within" => PicturePattern::DARK,
        Some(_) if cursor.accept(NOTHING) => PicturePattern::DARK,
        Some(_) => PicturePattern::read(cursor.next_token("a row in quotes")?)?,
    };
    Ok(match cursor.accept("within") {
        true => MatrixAssertion::ShowsWithin(pattern, length(cursor)?),
        false => MatrixAssertion::Shows(pattern),
    })
}

fn log(cursor: &mut TokenCursor<'_>) -> Result<(Name, Option<Name>), Diagnostic> {
    let log = name(cursor, "the name of a log")?;
    let value = match cursor.peek() {
        Some(token) if !["within", "for"].contains(&token.text) => {
            Some(name(cursor, "a value of the log")?)
        }
        _ => None,
    };
    Ok((log, value))
}

/// What is expected of an output, and through `target_span` where its level is written.
fn output_assertion(
    cursor: &mut TokenCursor<'_>,
    target_span: &mut Option<Span>,
) -> Result<OutputAssertion, Diagnostic> {
    let verbs = ["is", "becomes", "changes", "stays", "pulses", "repeats"];
    Ok(match cursor.keyword(&verbs)? {
        "is" if cursor.accept("not") => OutputAssertion::IsNot(target(cursor, target_span)?),
        "is" => OutputAssertion::Is(target(cursor, target_span)?),
        "becomes" => {
            let target = target(cursor, target_span)?;
            OutputAssertion::Becomes(target, within(cursor)?)
        }
        "changes" => OutputAssertion::Changes(within(cursor)?),
        "stays" => {
            let target = match cursor.peek() {
                Some(token) if token.text == "for" => None,
                _ => Some(target(cursor, target_span)?),
            };
            cursor.keyword_before_duration("for")?;
            OutputAssertion::Stays(target, length(cursor)?)
        }
        "pulses" => {
            let polarity = match cursor.keyword(&["high", "low"])? {
                "high" => Polarity::High,
                _ => Polarity::Low,
            };
            cursor.keyword_before_duration("for")?;
            OutputAssertion::Pulse(polarity, measure(cursor)?)
        }
        _ => {
            cursor.keyword_before_duration("every")?;
            OutputAssertion::Period(measure(cursor)?)
        }
    })
}

fn within(cursor: &mut TokenCursor<'_>) -> Result<RunTicks, Diagnostic> {
    cursor.keyword_before_duration("within")?;
    length(cursor)
}

fn measure(cursor: &mut TokenCursor<'_>) -> Result<Measurement, Diagnostic> {
    let length_span = cursor.peek().map(|token| token.span);
    let length = length(cursor)?;
    let tolerance = tolerance(cursor, length)?;
    if tolerance >= length {
        let span = length_span.unwrap_or(Span::START);
        return Err(tolerance_too_large(span, length, tolerance, cursor.tick));
    }
    Ok(Measurement {
        length,
        tolerance,
        within: within(cursor)?,
    })
}

/// A tolerance so large that any short pulse would be accepted.
pub(in crate::scenario) fn tolerance_too_large(
    span: Span,
    length: RunTicks,
    tolerance: RunTicks,
    tick: TickPeriod,
) -> Diagnostic {
    let [length, tolerance] = [length, tolerance].map(|it| tick.length(it));
    Diagnostic::new(
        span,
        format!("the tolerance, {tolerance}, is not smaller than the duration, {length}"),
        "expected a tolerance smaller than the duration",
    )
}

/// A level, `on`, `off` or a range, and through `target_span` where it is written.
fn target(
    cursor: &mut TokenCursor<'_>,
    target_span: &mut Option<Span>,
) -> Result<TargetLevel, Diagnostic> {
    let (target, span) = target_and_span(cursor)?;
    *target_span = Some(span);
    Ok(target)
}

fn target_and_span(cursor: &mut TokenCursor<'_>) -> Result<(TargetLevel, Span), Diagnostic> {
    match cursor.peek() {
        Some(token) if token.text == "at" => {
            cursor.next_token("`least` or `most`")?;
            let bound = cursor.keyword(&["least", "most"])?;
            let (quantity, span) = quantity(cursor)?;
            let target = match bound {
                "least" => TargetLevel::AtLeast(quantity),
                _ => TargetLevel::AtMost(quantity),
            };
            Ok((target, span))
        }
        Some(token) if token.text == "between" => {
            cursor.next_token("two numbers")?;
            let (least, first) = quantity(cursor)?;
            cursor.keyword(&["and"])?;
            let (most, last) = quantity(cursor)?;
            Ok((TargetLevel::Between(least, most), first.to(last)))
        }
        _ => single_level(cursor),
    }
}

/// A level, `on` or `off`, and where it is written.
fn single_level(cursor: &mut TokenCursor<'_>) -> Result<(TargetLevel, Span), Diagnostic> {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c));
    if cursor.peek().is_some_and(|token| is_number(token.text)) {
        let (level, span) = quantity(cursor)?;
        return Ok((TargetLevel::Level(level), span));
    }
    let token = cursor.next_token("a level, `on` or `off`")?;
    level(token).map(|level| (level, token.span))
}

/// A level in one word, `on` or `off`.
pub(in crate::scenario) fn level(token: Token<'_>) -> Result<TargetLevel, Diagnostic> {
    match token.text {
        "on" | "high" => Ok(TargetLevel::On),
        "off" | "low" => Ok(TargetLevel::Off),
        number if number.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c)) => {
            in_one_word(token).map(|(level, _)| TargetLevel::Level(level))
        }
        _ => {
            let mut diagnostic = unexpected_token(token, &["on", "off"]);
            diagnostic.expected = "expected a level, `on` or `off`".to_owned();
            Err(diagnostic)
        }
    }
}
