//! Text that is cut or wrapped to fit.

use unicode_width::UnicodeWidthChar;

/// The text in at most this many columns. If it is longer, its middle is left out: long names
/// often differ at their end.
pub(super) fn shorten(text: &str, width: usize, gap: char) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let Some(kept) = width.checked_sub(1) else {
        return String::new();
    };
    let tail = kept / 2;
    let head = head_of(text, kept - tail);
    format!("{head}{gap}{}", tail_of(text, tail))
}

/// As much of the beginning as fits in this many columns.
pub(super) fn head_of(text: &str, width: usize) -> &str {
    let mut left = width;
    let end = text.char_indices().find(|(_, c)| !takes(*c, &mut left));
    end.map_or(text, |(end, _)| &text[..end])
}

/// As much of the end as fits in this many columns.
pub(super) fn tail_of(text: &str, width: usize) -> &str {
    let mut left = width;
    let before = text
        .char_indices()
        .rev()
        .find(|(_, c)| !takes(*c, &mut left));
    before.map_or(text, |(at, c)| &text[at + c.len_utf8()..])
}

/// How many columns a text takes. A control character counts as one: no more is drawn in its
/// place.
fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(1)).sum()
}

fn takes(c: char, left: &mut usize) -> bool {
    match left.checked_sub(c.width().unwrap_or(1)) {
        Some(less) => {
            *left = less;
            true
        }
        None => false,
    }
}

/// The text in lines of at most this many columns, broken at blanks if there are any.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let gap = usize::from(!line.is_empty());
        if columns(&line) + gap + columns(word) <= width {
            if gap > 0 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while columns(rest) > width {
            let head = head_of(rest, width);
            lines.push(head.to_owned());
            rest = &rest[head.len()..];
        }
        rest.clone_into(&mut line);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("heartbeat", 9, '~'), "heartbeat");
        assert_eq!(shorten("front-left-indicator", 9, '~'), "fron~ator");
        assert_eq!(shorten("語語語語", 4, '~'), "語~");
        assert_eq!(shorten("name", 0, '~'), "");
    }

    #[test]
    fn lines_break_at_blanks_and_words_that_are_too_long_anywhere() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrapped("a/very/long/path x", 6),
            ["a/very", "/long/", "path x"]
        );
        assert_eq!(wrapped("", 6), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in ".{0,60}", width in 2_usize..40) {
            prop_assert!(columns(&shorten(&text, width, '~')) <= width);
            for line in wrapped(&text, width) {
                prop_assert!(columns(&line) <= width, "{:?}", line);
            }
        }
    }
}
