//! Sentences that set numbers, send bytes and turn knobs.

use std::num::{IntErrorKind, ParseIntError};
use std::path::{Component, Path};

use super::name;
use crate::diagnostic::Diagnostic;
use crate::sanitize::is_unprintable;
use crate::scenario::duration::length;
use crate::scenario::lexer::{Token, TokenCursor};
use crate::scenario::pattern::quoted_bytes;
use crate::scenario::quantity::quantity;
use crate::scenario::{Name, StatementKind};

pub(super) fn set(cursor: &mut TokenCursor<'_>) -> Result<StatementKind, Diagnostic> {
    let number = name(cursor, "the name of a number input")?;
    cursor.keyword(&["to"])?;
    let (to, span) = quantity(cursor)?;
    Ok(StatementKind::Set { number, to, span })
}

pub(super) fn ramp(cursor: &mut TokenCursor<'_>) -> Result<StatementKind, Diagnostic> {
    let number = name(cursor, "the name of a number input")?;
    cursor.keyword(&["from"])?;
    let from = quantity(cursor)?;
    cursor.keyword(&["to"])?;
    let to = quantity(cursor)?;
    cursor.keyword_before_duration("over")?;
    Ok(StatementKind::Ramp {
        number,
        from,
        to,
        length: length(cursor)?,
    })
}

pub(super) fn play(cursor: &mut TokenCursor<'_>) -> Result<StatementKind, Diagnostic> {
    let number = name(cursor, "the name of a number input")?;
    cursor.keyword(&["from"])?;
    let file = file_name(cursor.next_token("the name of a table, such as `room.csv`")?)?;
    Ok(StatementKind::Play { number, file })
}

/// The name of a file beside the scenario or below its folder, perhaps in quotes.
pub(in crate::scenario) fn file_name(token: Token<'_>) -> Result<Name, Diagnostic> {
    const EXPECTED: &str = "the name of a table, such as `room.csv`";
    let text = match token.text.starts_with('"') {
        true => String::from_utf8(quoted_bytes(token, EXPECTED)?).unwrap_or_default(),
        false => token.text.to_owned(),
    };
    let is_beside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let refuse = |message: String, expected: &str| {
        Err(Diagnostic::new(token.span, message, expected.to_owned()))
    };
    if text.is_empty() || text.contains(is_unprintable) {
        return refuse(
            format!("`{token}` is not the name of a file"),
            "expected one such as `room.csv`",
        );
    }
    if !Path::new(&text).components().all(is_beside) {
        return refuse(
            format!("`{token}` leads out of the folder of the scenario"),
            "expected a file beside it or below, such as `room.csv`",
        );
    }
    Ok(Name {
        text,
        span: token.span,
    })
}

pub(super) fn send(cursor: &mut TokenCursor<'_>) -> Result<StatementKind, Diagnostic> {
    const EXPECTED: &str = "a text in quotes, such as `\"status\\n\"`";
    let line = name(cursor, "the name of a serial line")?;
    let text = cursor.next_token(EXPECTED)?;
    let bytes = quoted_bytes(text, EXPECTED)?;
    if bytes.is_empty() {
        return Err(Diagnostic::new(
            text.span,
            "nothing is sent",
            "expected at least one byte",
        ));
    }
    Ok(StatementKind::Send { line, bytes })
}

pub(super) fn turn(cursor: &mut TokenCursor<'_>) -> Result<StatementKind, Diagnostic> {
    let encoder = name(cursor, "the name of an encoder")?;
    cursor.keyword(&["by"])?;
    let clicks = clicks(cursor.next_token("a number of clicks")?)?;
    cursor.keyword(&["clicks", "click"])?;
    cursor.keyword_before_duration("over")?;
    Ok(StatementKind::Turn {
        encoder,
        clicks,
        length: length(cursor)?,
    })
}

/// A number of clicks, negative for counterclockwise.
pub(in crate::scenario) fn clicks(token: Token<'_>) -> Result<i32, Diagnostic> {
    let refuse = |message: String, expected: String| Diagnostic::new(token.span, message, expected);
    let is_too_long = |error: &ParseIntError| {
        let kind = error.kind();
        matches!(kind, IntErrorKind::PosOverflow | IntErrorKind::NegOverflow)
    };
    match token.text.parse() {
        Ok(0) => Err(refuse(
            "0 clicks turn nothing".to_owned(),
            "expected a number such as `3`, or `-3` for counterclockwise".to_owned(),
        )),
        Ok(clicks) => Ok(clicks),
        Err(error) if is_too_long(&error) => Err(refuse(
            format!("`{token}` is out of range"),
            format!(
                "expected a number of clicks from {} to {}",
                i32::MIN,
                i32::MAX
            ),
        )),
        Err(_) => Err(refuse(
            format!("`{token}` is not a number of clicks"),
            "expected a whole number such as `3`, or `-3` for counterclockwise".to_owned(),
        )),
    }
}
