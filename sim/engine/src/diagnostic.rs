//! What is wrong in a text, and where.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// A range of characters in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The line, from 1.
    pub line: usize,
    /// The first character, from 1.
    pub column: usize,
    /// The number of characters.
    pub width: usize,
}

impl Span {
    /// The first character of a text.
    pub const START: Self = Self {
        line: 1,
        column: 1,
        width: 1,
    };

    /// The span from the start of this one to the end of `last`, which is on the same line.
    #[must_use]
    pub fn to(self, last: Self) -> Self {
        Self {
            width: (last.column + last.width).saturating_sub(self.column),
            ..self
        }
    }

    /// The character after this span.
    #[must_use]
    pub fn after(self) -> Self {
        Self {
            column: self.column + self.width,
            width: 1,
            ..self
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something wrong in a text: what, where, what was expected, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: String,
    /// What to do, if that is not clear from what was expected.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Something wrong at this span.
    pub fn new(span: Span, message: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            expected: expected.into(),
            help: None,
        }
    }

    /// The same, with what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The bytes as text.
///
/// # Errors
///
/// A [`Diagnostic`] at the first byte that is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Diagnostic> {
    str::from_utf8(bytes).map_err(|error| {
        let span = span_after(&bytes[..error.valid_up_to()]);
        Diagnostic::new(span, "this byte is not UTF-8", "expected a text in UTF-8")
    })
}

/// The span of these bytes in a text, up to the end of their first line.
#[must_use]
pub fn span_of(text: &str, bytes: Range<usize>) -> Span {
    let after = text.as_bytes().get(bytes.start..).unwrap_or_default();
    let stretch = &after[..after.len().min(bytes.len())];
    let line = stretch.split(|byte| *byte == b'\n').next();
    let width = String::from_utf8_lossy(line.unwrap_or_default());
    Span {
        width: width.trim_end_matches('\r').chars().count().max(1),
        ..span_after(&text.as_bytes()[..text.len() - after.len()])
    }
}

/// The mark that some programs put before a text; columns do not count it.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn span_after(before: &[u8]) -> Span {
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = &before[start..];
    let mark = if start == 0 { BYTE_ORDER_MARK } else { b"" };
    let line = line.strip_prefix(mark).unwrap_or(line);
    Span {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(line).chars().count() + 1,
        width: 1,
    }
}

/// The word of `known` that is closest to `word`, if one is close enough to be meant.
#[must_use]
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::jaro_winkler(&word, &candidate.to_lowercase());
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The error and its causes in one line, as in `cannot read x: permission denied`. A cause
/// that the message repeats already is left out.
#[must_use]
pub fn error_chain(error: &dyn Error) -> String {
    let mut chain = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !chain.ends_with(&message) {
            chain = format!("{chain}: {message}");
        }
        next = cause.source();
    }
    chain
}

/// The words as a list to choose from: `` `a`, `b` or `c` ``.
#[must_use]
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_closest_word() {
        assert_eq!(
            closest("hartbeat", ["lamp", "heartbeat"]),
            Some("heartbeat")
        );
        assert_eq!(closest("LAMP", ["lamp", "heartbeat"]), Some("lamp"));
        assert_eq!(closest("zebra", ["lamp", "heartbeat"]), None);
    }

    #[test]
    fn bytes_have_their_span_within_one_line() {
        let text = "größe = 1\r\nb = [\r\n1]";
        let span = |line, column, width| Span {
            line,
            column,
            width,
        };
        assert_eq!(span_of(text, 10..11), span(1, 9, 1));
        assert_eq!(span_of(text, 17..22), span(2, 5, 1));
        assert_eq!(span_of(text, 99..100), span(3, 3, 1));
    }

    #[test]
    fn an_error_is_followed_by_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("{text}")]
        struct Layer {
            text: &'static str,
            source: Option<Box<Layer>>,
        }
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let chain = layer("a", Some(layer("b", Some(layer("c", None)))));
        assert_eq!(error_chain(&chain), "a: b: c");
        let repeated = layer("a: b", Some(layer("b", Some(layer("c", None)))));
        assert_eq!(error_chain(&repeated), "a: b: c");
    }

    #[test]
    fn choices_read_as_a_sentence() {
        assert_eq!(one_of([]), "nothing");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
