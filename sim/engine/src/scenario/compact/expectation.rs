//! What a scenario on one line expects.

use lockstep_core::time::{RunTicks, TickPeriod};

use super::{KEYS, NOLOG, after, log_value, name, names_of, required, split_at_sign, target};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::sanitize::excerpt;
use crate::scenario::duration::{short_length, short_length_or_zero};
use crate::scenario::grammar::tolerance_too_large;
use crate::scenario::lexer::Token;
use crate::scenario::pattern::Pattern;
use crate::scenario::picture_pattern::{NOTHING, PicturePattern};
use crate::scenario::quantity::in_one_word;
use crate::scenario::{
    Expectation, LogAssertion, MatrixAssertion, Measurement, OutputAssertion, Polarity,
    SerialAssertion, TargetLevel,
};

pub(super) fn expectation(
    key: &str,
    token: Token<'_>,
    tick: TickPeriod,
) -> Result<Expectation, Diagnostic> {
    if key == "only" {
        return names_of(token).map(Expectation::OnlyOn);
    }
    let (subject, window) = split_at_sign(token, "@");
    let window = window.map(|token| short_length(token, tick)).transpose()?;
    let required_window = || {
        window.ok_or_else(|| {
            Diagnostic::new(
                after(token),
                format!("`{key}` has no window"),
                "expected `@` and a time in ms",
            )
        })
    };
    if key == "shows" {
        return shows(subject, window, token);
    }
    if key == "says" || key == "silent" {
        return serial(key, subject, window, token);
    }
    let sign = ["!>=", "!<=", "!=", ">=", "<="]
        .into_iter()
        .find(|sign| subject.text.contains(*sign));
    let sign = sign.unwrap_or("=");
    let negated = sign.starts_with('!');
    let (subject, value) = split_at_sign(subject, sign);
    let level = |value: Token<'_>| match sign {
        ">=" | "!>=" => in_one_word(value).map(|(least, _)| TargetLevel::AtLeast(least)),
        "<=" | "!<=" => in_one_word(value).map(|(most, _)| TargetLevel::AtMost(most)),
        _ => target(value),
    };
    if negated && key != "is" {
        return Err(Diagnostic::new(
            token.span,
            format!("`{key}` does not take `!=`"),
            "expected `=`",
        ));
    }
    let subject = name(subject)?;
    let required_value = || {
        value.ok_or_else(|| {
            Diagnostic::new(
                after(token),
                format!("`{key}` has no value"),
                "expected `=` and a value",
            )
        })
    };
    let measure = || -> Result<Measurement, Diagnostic> {
        let (number, tolerance) = split_at_sign(required_value()?, "+-");
        let length = short_length(number, tick)?;
        let tolerance = tolerance.map_or(Ok(RunTicks::ZERO), |token| {
            short_length_or_zero(token, tick)
        })?;
        if tolerance >= length {
            return Err(tolerance_too_large(number.span, length, tolerance, tick));
        }
        Ok(Measurement {
            length,
            tolerance,
            within: required_window()?,
        })
    };
    let forbid = |what: Option<Span>, name: &str| match what {
        Some(span) => Err(Diagnostic::new(
            span,
            format!("`{key}` takes no {name}"),
            "expected nothing",
        )),
        None => Ok(()),
    };
    let target_span = value.map(|value| value.span);
    let assertion = match key {
        "log" | NOLOG => {
            let assertion = match window {
                _ if key == NOLOG => LogAssertion::NotLogged(required_window()?),
                Some(window) => LogAssertion::LoggedWithin(window),
                None => LogAssertion::Logged,
            };
            let value = value.map(log_value).transpose()?;
            return Ok(Expectation::Log {
                log: subject,
                value,
                assertion,
            });
        }
        "is" => {
            forbid(window.map(|_| token.span), "window")?;
            let target = level(required_value()?)?;
            if negated {
                OutputAssertion::IsNot(target)
            } else {
                OutputAssertion::Is(target)
            }
        }
        "becomes" => OutputAssertion::Becomes(level(required_value()?)?, required_window()?),
        "changes" => {
            forbid(value.map(|value| value.span), "value")?;
            OutputAssertion::Changes(required_window()?)
        }
        "stays" => OutputAssertion::Stays(value.map(level).transpose()?, required_window()?),
        "pulse" => OutputAssertion::Pulse(Polarity::High, measure()?),
        "low" => OutputAssertion::Pulse(Polarity::Low, measure()?),
        "period" => OutputAssertion::Period(measure()?),
        _ => {
            return Err(Diagnostic::new(
                token.span,
                format!("`{}` expects nothing", excerpt(key)),
                format!("expected {}", one_of(KEYS)),
            ));
        }
    };
    Ok(Expectation::Output {
        output: subject,
        assertion,
        target_span,
    })
}

fn shows(
    subject: Token<'_>,
    window: Option<RunTicks>,
    token: Token<'_>,
) -> Result<Expectation, Diagnostic> {
    let (matrix, picture) = split_at_sign(subject, "=");
    let expected = "`=` and rows in quotes, or `nothing`";
    let picture = required(picture, token, "`shows` has no picture", expected)?;
    let pattern = match picture.text {
        NOTHING => PicturePattern::DARK,
        _ => PicturePattern::read(picture)?,
    };
    Ok(Expectation::Matrix {
        matrix: name(matrix)?,
        assertion: match window {
            Some(window) => MatrixAssertion::ShowsWithin(pattern, window),
            None => MatrixAssertion::Shows(pattern),
        },
    })
}

fn serial(
    key: &str,
    subject: Token<'_>,
    window: Option<RunTicks>,
    token: Token<'_>,
) -> Result<Expectation, Diagnostic> {
    let (line, text) = split_at_sign(subject, "=");
    let line = name(line)?;
    let assertion = match (key, text, window) {
        ("silent", None, Some(length)) => SerialAssertion::Silent(length),
        ("silent", _, _) => {
            return Err(Diagnostic::new(
                token.span,
                "`silent` takes a line and a time",
                "expected them as in `silent:uart@1000`",
            ));
        }
        (_, text, window) => {
            let text = required(
                text,
                token,
                "`says` has no text",
                "`=` and a text in quotes",
            )?;
            let pattern = Pattern::read(text)?;
            match window {
                Some(window) => SerialAssertion::SentWithin(pattern, window),
                None => SerialAssertion::Sent(pattern),
            }
        }
    };
    Ok(Expectation::Serial { line, assertion })
}
