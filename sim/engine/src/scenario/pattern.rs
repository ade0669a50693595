//! What is expected of a text: its bytes, with placeholders for what may vary.
//!
//! A placeholder is written `{}`. It stands for one byte or more, but not for the end of a line. A brace
//! that is meant is written `\x7b`.

use std::fmt;

use super::lexer::Token;
use crate::diagnostic::{Diagnostic, Span};
use crate::quoted::{Quoted, unquote};

const HOLE: &str = "{}";

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// What is between the placeholders: one piece more than there are placeholders.
    pieces: Vec<Vec<u8>>,
}

impl Pattern {
    /// The text without placeholders.
    #[must_use]
    pub fn exactly(text: &[u8]) -> Self {
        Self {
            pieces: vec![text.to_vec()],
        }
    }

    /// Reads a text in quotes.
    pub(super) fn read(token: Token<'_>) -> Result<Self, Diagnostic> {
        let bytes = quoted_bytes(token, "a text in quotes, such as `\"OK\"`")?;
        let refuse = |message: &str, expected: &str| {
            Err(Diagnostic::new(token.span, message.to_owned(), expected))
        };
        if bytes.is_empty() {
            return refuse(
                "an empty text is in every text",
                "expected at least one byte",
            );
        }
        let inner = token
            .text
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'));
        let inner = inner.unwrap_or_default();
        let pieces: Vec<_> = inner
            .split(HOLE)
            .map(|piece| unquote(&format!("\"{piece}\"")).unwrap_or_default())
            .collect();
        let inside = pieces.get(1..pieces.len().saturating_sub(1));
        if inside.is_some_and(|inside| inside.iter().any(Vec::is_empty)) {
            return refuse(
                "two placeholders in a row",
                "expected one: it takes any length",
            );
        }
        if pieces.iter().all(Vec::is_empty) {
            return refuse(
                "a placeholder alone matches every text",
                "expected something beside it",
            );
        }
        Ok(Self { pieces })
    }

    /// Whether the whole text is like this.
    #[must_use]
    pub fn is_whole(&self, text: &[u8]) -> bool {
        let rest = match self.pieces.split_first() {
            Some((first, _)) => text.strip_prefix(first.as_slice()),
            None => Some(text),
        };
        rest.is_some_and(|rest| after(&self.pieces[1..], rest, true).is_some())
    }

    /// Where something like this begins in the text, if anywhere.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        self.place(text).map(|(start, _)| start)
    }

    /// Where the first such thing ends in the text.
    #[must_use]
    pub fn end(&self, text: &[u8]) -> Option<usize> {
        self.place(text).map(|(_, end)| end)
    }

    fn place(&self, text: &[u8]) -> Option<(usize, usize)> {
        let (first, others) = self.pieces.split_first()?;
        (0..=text.len()).find_map(|start| {
            let rest = text.get(start..)?.strip_prefix(first.as_slice())?;
            let rest = after(others, rest, false)?;
            Some((start, text.len() - rest.len()))
        })
    }
}

/// What is left of a text that begins with a placeholder, the first piece, a placeholder, the second piece, and so
/// on; `None` of one that does not.
fn after<'a>(pieces: &[Vec<u8>], text: &'a [u8], to_the_end: bool) -> Option<&'a [u8]> {
    let mut text = text;
    for (index, piece) in pieces.iter().enumerate() {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let longest = text.iter().position(is_end).unwrap_or(text.len());
        let behind = |placeholder: usize| text.get(placeholder..)?.strip_prefix(piece.as_slice());
        let rest = match to_the_end && index + 1 == pieces.len() {
            true => {
                let placeholder = text.len().checked_sub(piece.len());
                placeholder
                    .filter(|placeholder| (1..=longest).contains(placeholder))
                    .and_then(behind)
            }
            // The first place is the best one: a placeholder does not go beyond the end of a line, so what
            // follows at a later place of the same line follows here too.
            false => (1..=longest).find_map(behind),
        };
        text = rest?;
    }
    (!to_the_end || text.is_empty()).then_some(text)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                f.write_str(HOLE)?;
            }
            let quoted = Quoted(piece).to_string();
            // Two braces that are bytes would be read as a placeholder.
            let quoted = quoted.replace('{', "\\x7b");
            let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            f.write_str(inner.unwrap_or_default())?;
        }
        f.write_str("\"")
    }
}

/// The bytes of a word in quotes.
pub(super) fn quoted_bytes(token: Token<'_>, expected: &str) -> Result<Vec<u8>, Diagnostic> {
    if !token.text.starts_with('"') {
        return Err(Diagnostic::new(
            token.span,
            format!("`{token}` is not in quotes"),
            format!("expected {expected}"),
        ));
    }
    unquote(token.text).map_err(|error| {
        let span = Span {
            column: token.span.column + error.at,
            width: error.width,
            ..token.span
        };
        Diagnostic::new(span, error.message, error.expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        let span = Span::START;
        Pattern::read(Token { text, span }).unwrap()
    }

    #[test]
    fn a_placeholder_is_one_byte_or_more_of_a_line() {
        let temperature = pattern(r#""temp {} C\n""#);
        assert_eq!(temperature.find(b"ok\ntemp 21.5 C\n"), Some(3));
        assert_eq!(temperature.find(b"temp  C\n"), None);
        assert_eq!(temperature.find(b"temp 2\n1 C\n"), None);
        assert!(temperature.is_whole(b"temp 21.5 C\n"));
        assert!(!temperature.is_whole(b"temp 21.5 C\n."));
        assert!(pattern(r#""a{}""#).is_whole(b"abc"));
        assert!(pattern(r#""{}c""#).is_whole(b"abc"));
        assert!(pattern(r#""a{}b{}c""#).is_whole(b"a.b.b.c"));
    }

    /// Whether [`after`] finds anything, by trying every length of every placeholder.
    fn follows_somehow(pieces: &[Vec<u8>], text: &[u8], to_the_end: bool) -> bool {
        let Some((piece, rest)) = pieces.split_first() else {
            return !to_the_end || text.is_empty();
        };
        let longest = text
            .iter()
            .position(|it| *it == b'\n')
            .unwrap_or(text.len());
        (1..=longest).any(|placeholder| {
            let text = text[placeholder..].strip_prefix(piece.as_slice());
            text.is_some_and(|text| follows_somehow(rest, text, to_the_end))
        })
    }

    #[test]
    fn the_end_is_that_of_the_first_place() {
        let temperature = pattern(r#""temp {} C""#);
        assert_eq!(temperature.end(b"ok\ntemp 21 C\ntemp 22 C"), Some(12));
        assert_eq!(temperature.end(b"temp 21"), None);
    }

    #[test]
    fn many_placeholders_in_a_long_line_are_looked_through_at_once() {
        let many = pattern(&format!("\"{}OK\"", "{} ".repeat(60)));
        assert_eq!(many.find(&b"00 ".repeat(4_000)), None);
    }

    #[test]
    fn what_is_in_every_text_is_refused() {
        for text in [r#""""#, r#""{}""#, r#""a{}{}b""#, r"plain", r#""open"#] {
            let span = Span::START;
            assert!(Pattern::read(Token { text, span }).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pieces in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 1..6), 1..4,
        )) {
            let written = Pattern { pieces };
            prop_assert_eq!(pattern(&written.to_string()), written);
        }

        #[test]
        fn the_first_place_of_a_piece_is_the_best(
            pieces in prop::collection::vec("[ab\n]{0,3}", 1..4),
            text in "[ab\n]{0,12}",
            to_the_end: bool,
        ) {
            let pieces: Vec<_> = pieces.into_iter().map(String::into_bytes).collect();
            let text = text.as_bytes();
            prop_assert_eq!(
                after(&pieces, text, to_the_end).is_some(),
                follows_somehow(&pieces, text, to_the_end)
            );
        }

        #[test]
        fn a_text_is_found_in_itself(text in prop::collection::vec(any::<u8>(), 1..20)) {
            let exact = Pattern::exactly(&text);
            prop_assert!(exact.is_whole(&text));
            prop_assert_eq!(exact.find(&text), Some(0));
        }
    }
}
