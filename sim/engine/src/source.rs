//! Where something stands in a text people wrote, and what is wrong with it there.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// A stretch of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The first character of the stretch, from 1.
    pub column: usize,
    /// How many characters it has.
    pub width: usize,
}

impl Place {
    /// The place that begins where this one does and ends where `last` does; both are on
    /// one line.
    #[must_use]
    pub fn to(self, last: Self) -> Self {
        Self {
            width: (last.column + last.width).saturating_sub(self.column),
            ..self
        }
    }

    /// The place right after this one.
    #[must_use]
    pub fn after(self) -> Self {
        Self {
            column: self.column + self.width,
            width: 1,
            ..self
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something wrong in a text: what, where, what was expected and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: String,
    /// How to mend it, where that is not plain from what was expected.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at this place.
    pub fn new(place: Place, message: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            expected: expected.into(),
            help: None,
        }
    }

    /// The same problem with a way to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The text, or where it stops being one.
///
/// # Errors
///
/// A [`Problem`] at the first byte that is not UTF-8.
pub fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    str::from_utf8(bytes).map_err(|error| {
        let place = place_after(&bytes[..error.valid_up_to()]);
        Problem::new(place, "this byte is not UTF-8", "expected a text in UTF-8")
    })
}

/// The place of these bytes in a text, up to the end of the line they begin on.
#[must_use]
pub fn place_of(text: &str, bytes: Range<usize>) -> Place {
    let after = text.as_bytes().get(bytes.start..).unwrap_or_default();
    let stretch = &after[..after.len().min(bytes.len())];
    let line = stretch.split(|byte| *byte == b'\n').next();
    let width = String::from_utf8_lossy(line.unwrap_or_default());
    Place {
        width: width.trim_end_matches('\r').chars().count().max(1),
        ..place_after(&text.as_bytes()[..text.len() - after.len()])
    }
}

/// What some programs put before a text; no column counts it.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn place_after(before: &[u8]) -> Place {
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = &before[start..];
    let mark = if start == 0 { BYTE_ORDER_MARK } else { b"" };
    let line = line.strip_prefix(mark).unwrap_or(line);
    Place {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(line).chars().count() + 1,
        width: 1,
    }
}

/// The most of a text that a message repeats, in characters.
const MAX_EXCERPT: usize = 40;

/// The beginning of a text from outside, short and safe enough to stand in a message:
/// what cannot be seen, or would do something to a terminal, is escaped.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == MAX_EXCERPT {
            excerpt.push('…');
            break;
        }
        match c {
            '\'' | '"' | '\\' => excerpt.push(c),
            _ => excerpt.extend(c.escape_debug()),
        }
    }
    excerpt
}

/// The word of `known` that somebody who wrote `word` most likely meant.
#[must_use]
pub fn likely<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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

/// The error and what caused it, in one line: `cannot read `x`: permission denied`. A cause
/// that its error has in its message already is left out.
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
    fn a_slip_of_the_finger_finds_the_word_that_was_meant() {
        assert_eq!(likely("hartbeat", ["lamp", "heartbeat"]), Some("heartbeat"));
        assert_eq!(likely("LAMP", ["lamp", "heartbeat"]), Some("lamp"));
        assert_eq!(likely("zebra", ["lamp", "heartbeat"]), None);
    }

    #[test]
    fn bytes_have_their_place_within_one_line() {
        let text = "größe = 1\r\nb = [\r\n1]";
        let place = |line, column, width| Place {
            line,
            column,
            width,
        };
        assert_eq!(place_of(text, 10..11), place(1, 9, 1));
        assert_eq!(place_of(text, 17..22), place(2, 5, 1));
        assert_eq!(place_of(text, 99..100), place(3, 3, 1));
    }

    #[test]
    fn what_a_message_repeats_is_short_and_does_nothing() {
        assert_eq!(excerpt("größe \"彩\""), "größe \"彩\"");
        assert_eq!(excerpt("\u{1b}[2J\u{feff}"), "\\u{1b}[2J\\u{feff}");
        assert_eq!(excerpt(&"x".repeat(41)), "x".repeat(40) + "…");
    }

    #[test]
    fn choices_read_as_a_sentence() {
        assert_eq!(one_of([]), "nothing");
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
