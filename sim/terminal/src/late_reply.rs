//! A reply of the terminal that comes after nobody waits for it any more.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// Drops the keys that crossterm makes of a late reply to the question for the background
/// color: `ESC ] 11;rgb:ffff/ffff/ffff`, ended by `BEL` or `ESC \\`. Its digits and letters
/// would press buttons.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LateReplyFilter {
    /// How many characters of the reply have come, once it has begun.
    seen: Option<usize>,
}

/// What a reply begins with, after `ESC ]`.
const BEGIN: &str = "11;rgb";

/// More characters than any reply has.
const LONGEST: usize = 32;

impl LateReplyFilter {
    /// Whether the event is part of a reply.
    pub(super) fn drops(&mut self, event: &Event) -> bool {
        let Event::Key(KeyEvent {
            code: KeyCode::Char(typed),
            modifiers,
            ..
        }) = *event
        else {
            self.seen = None;
            return false;
        };
        let alt = modifiers.contains(KeyModifiers::ALT);
        let Some(seen) = self.seen else {
            if alt && typed == ']' {
                self.seen = Some(0);
                return true;
            }
            return false;
        };
        let is_bell = modifiers.contains(KeyModifiers::CONTROL) && typed == 'g';
        if is_bell || alt && typed == '\\' {
            self.seen = None;
            return true;
        }
        let fits = match BEGIN.chars().nth(seen) {
            Some(expected) => typed == expected,
            None => typed.is_ascii_hexdigit() || matches!(typed, ':' | '/'),
        };
        self.seen = (fits && seen < LONGEST).then_some(seen + 1);
        self.seen.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(typed: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(typed), modifiers))
    }

    /// The keys that are left of those after `ESC ]`.
    fn left(keys: &str, end: Option<Event>) -> String {
        let mut filter = LateReplyFilter::default();
        let begin = key(']', KeyModifiers::ALT);
        assert!(filter.drops(&begin));
        let mut left = String::new();
        for typed in keys.chars() {
            if !filter.drops(&key(typed, KeyModifiers::NONE)) {
                left.push(typed);
            }
        }
        if let Some(end) = end {
            assert!(filter.drops(&end));
            assert!(!filter.drops(&key('1', KeyModifiers::NONE)));
        }
        left
    }

    #[test]
    fn a_whole_reply_is_dropped_and_what_follows_is_not() {
        for end in [
            key('g', KeyModifiers::CONTROL),
            key('\\', KeyModifiers::ALT),
        ] {
            assert_eq!(left("11;rgb:fdfd/f6f6/e3e3", Some(end)), "");
        }
    }

    #[test]
    fn keys_that_are_no_reply_are_not_dropped() {
        assert_eq!(left("abq", None), "abq");
        assert_eq!(left("1b", None), "b");
        let endless = format!("11;rgb:{}", "f".repeat(2 * LONGEST));
        assert_ne!(left(&endless, None), "");
        let mut filter = LateReplyFilter::default();
        assert!(!filter.drops(&key(']', KeyModifiers::NONE)));
        assert!(!filter.drops(&key('1', KeyModifiers::NONE)));
    }
}
