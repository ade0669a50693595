//! Text from outside, made safe to print: nothing in it may move the cursor of a terminal,
//! hide, or turn the line around.

use crate::diagnostic::Span;

/// Stands for a character that is not printed.
const REPLACEMENT: char = '\u{fffd}';

/// The most of a text that a message repeats, in characters.
const MAX_EXCERPT: usize = 40;

/// How many characters of a long line are shown, and how many of them before the span.
const MAX_LINE: usize = 110;
const MAX_BEFORE: usize = 60;

/// Whether a character does something to a terminal, or cannot be seen: control characters,
/// marks of direction, what has no width, and what is no character at all.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}'
    ) || c.is_control()
}

/// The character, or U+FFFD in place of an unprintable one; newlines and tabs stay.
#[must_use]
pub fn scrub_char(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        c if is_unprintable(c) => REPLACEMENT,
        c => c,
    }
}

/// The text with each of its characters as [`scrub_char`] gives it.
#[must_use]
pub fn scrub(text: &str) -> String {
    text.chars().map(scrub_char).collect()
}

/// The text on one line, its characters as [`scrub_char`] gives them; a space stands for a
/// newline or a tab.
#[must_use]
pub fn scrub_line(text: &str) -> String {
    text.chars().map(scrub_line_char).collect()
}

fn scrub_line_char(c: char) -> char {
    match scrub_char(c) {
        '\n' | '\t' => ' ',
        c => c,
    }
}

/// The beginning of a text, short enough to be quoted in a message, its unprintable
/// characters escaped.
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

/// The part of a line around a span in it, scrubbed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineExcerpt {
    /// What is shown of the line; `…` stands where it goes on.
    pub text: String,
    /// Where the span begins in `text`, in bytes.
    pub start: usize,
    /// Where it ends, after `start`.
    pub end: usize,
    /// How many characters of the line were left out before `text`.
    pub skipped: usize,
}

impl LineExcerpt {
    /// The part of the line around a span in it.
    #[must_use]
    pub fn new(line: &str, span: Span) -> Self {
        let count = line.chars().count();
        let column = span.column.saturating_sub(1).min(count);
        let end = column.saturating_add(span.width.max(1));
        let first = match count > MAX_LINE {
            true => column.saturating_sub(MAX_BEFORE),
            false => 0,
        };
        let last = count.min(first + MAX_LINE);
        let shown = line.chars().skip(first).take(last - first);
        let mut chars: Vec<char> = shown.map(scrub_line_char).collect();
        if let (true, Some(c)) = (first > 0, chars.first_mut()) {
            *c = '…';
        }
        if let (true, Some(c)) = (last < count, chars.last_mut()) {
            *c = '…';
        }
        // Where something is missing at the end of a line, a space stands for it.
        let missing = if end > last { " " } else { "" };
        let text = String::from_iter(chars) + missing;
        let byte = |index: usize| {
            let position = text.char_indices().nth(index - first);
            position.map_or(text.len(), |(byte, _)| byte)
        };
        Self {
            start: byte(column),
            end: byte(end.min(last + missing.len())),
            skipped: first,
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(column: usize, width: usize) -> Span {
        Span {
            line: 1,
            column,
            width,
        }
    }

    fn shown(line: &str, column: usize, width: usize) -> (String, String) {
        let LineExcerpt {
            text, start, end, ..
        } = LineExcerpt::new(line, span(column, width));
        let marked = text[start..end].to_owned();
        (text, marked)
    }

    #[test]
    fn what_a_message_quotes_is_short_and_does_nothing() {
        assert_eq!(excerpt("größe \"彩\""), "größe \"彩\"");
        assert_eq!(excerpt("\u{1b}[2J\u{feff}"), "\\u{1b}[2J\\u{feff}");
        assert_eq!(excerpt(&"x".repeat(40)), "x".repeat(40));
        assert_eq!(excerpt(&"x".repeat(41)), "x".repeat(40) + "…");
    }

    #[test]
    fn scrubbing_replaces_one_character_by_one() {
        let text = "a\u{1b}[2J\u{202e}b\u{200b}\u{feff}\u{fffe}\u{7f}é\n\tc";
        let scrubbed = "a\u{fffd}[2J\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}é\n\tc";
        assert_eq!(scrub(text), scrubbed);
        assert_eq!(scrub_line(text), scrubbed.replace(['\n', '\t'], " "));
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        assert_eq!(shown("tap A", 5, 1), ("tap A".to_owned(), "A".to_owned()));
        assert_eq!(shown("é\té", 2, 2), ("é é".to_owned(), " é".to_owned()));
    }

    #[test]
    fn the_end_of_a_line_can_be_shown() {
        assert_eq!(shown("tap", 4, 1), ("tap ".to_owned(), " ".to_owned()));
        assert_eq!(shown("", 1, 1), (" ".to_owned(), " ".to_owned()));
    }

    #[test]
    fn of_a_long_line_the_part_around_the_span_is_shown() {
        let line = "a".repeat(200) + "X" + &"b".repeat(200);
        let excerpt = LineExcerpt::new(&line, span(201, 1));
        assert_eq!(excerpt.text.chars().count(), MAX_LINE);
        assert_eq!(&excerpt.text[excerpt.start..excerpt.end], "X");
        assert_eq!(excerpt.skipped, 200 - MAX_BEFORE);
        assert!(excerpt.text.starts_with("…a"), "{}", excerpt.text);
        assert!(excerpt.text.ends_with("b…"), "{}", excerpt.text);
    }

    proptest! {
        #[test]
        fn any_span_of_any_line_is_shown(line in "\\PC{0,5}|(\\PC){100,300}|.{0,300}", column in 0_usize..400, width in 0_usize..400) {
            let LineExcerpt { text, start, end, .. } = LineExcerpt::new(&line, span(column, width));
            prop_assert!(start < end, "{start}..{end} of {text:?}");
            prop_assert!(text.get(start..end).is_some());
            prop_assert!(!text.contains(is_unprintable), "{text:?}");
        }

        #[test]
        fn nothing_unprintable_is_left(text: String) {
            prop_assert!(!scrub_line(&text).contains(is_unprintable));
            prop_assert!(!excerpt(&text).contains(is_unprintable), "{}", excerpt(&text));
            prop_assert_eq!(scrub(&text).chars().count(), text.chars().count());
        }
    }
}
