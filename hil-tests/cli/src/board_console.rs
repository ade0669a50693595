//! The UART of `hil board`: lines that are typed, and lines that come.

use std::fmt::Write;
use std::time::{Duration, Instant};

use lockstep_engine::quoted::Quoted;

/// The key that begins a line for the board.
pub(super) const BEGIN: char = ':';

/// The longest line that can be typed, in bytes.
const MAX_LINE: usize = 200;

/// A line that has no end is shown when nothing has followed it for this long.
const PATIENCE: Duration = Duration::from_millis(200);

const BACKSPACE: [char; 2] = ['\u{8}', '\u{7f}'];

/// A line that is being typed, once [`BEGIN`] was pressed.
#[derive(Debug, Default)]
pub(super) struct TypedLine {
    text: Option<String>,
}

impl TypedLine {
    /// Takes a key; the line, if the key ends it. True beside it if the key belonged to a line.
    pub(super) fn take(&mut self, key: char) -> (bool, Option<String>) {
        match (&mut self.text, key) {
            (None, BEGIN) => {
                self.text = Some(String::new());
                (true, None)
            }
            (None, _) => (false, None),
            (Some(_), '\r' | '\n') => (true, self.text.take().map(|text| text + "\n")),
            (Some(text), key) if BACKSPACE.contains(&key) => {
                text.pop();
                (true, None)
            }
            (Some(text), key) => {
                if text.len() < MAX_LINE {
                    text.push(key);
                }
                (true, None)
            }
        }
    }
}

/// What the board has sent, cut into lines.
#[derive(Debug, Default)]
pub(super) struct SentLines {
    partial: Vec<u8>,
    changed: Option<Instant>,
}

impl SentLines {
    /// Shows the lines that are whole, and one that is not where nothing follows it.
    pub(super) fn show(&mut self, sent: &[u8], lost: u64, now: Instant, shown: &mut String) {
        if lost > 0 {
            let _ = writeln!(shown, "uart {lost} bytes were lost: they came too fast");
        }
        if !sent.is_empty() {
            self.partial.extend_from_slice(sent);
            self.changed = Some(now);
        }
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            let _ = writeln!(shown, "uart {}", Quoted(&line));
        }
        let is_over = self
            .changed
            .is_some_and(|changed| now >= changed + PATIENCE);
        let is_long = self.partial.len() >= MAX_LINE;
        if (is_over || is_long) && !self.partial.is_empty() {
            let _ = writeln!(shown, "uart {}", Quoted(&self.partial));
            self.partial.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_between_its_key_and_enter() {
        let mut line = TypedLine::default();
        let lines: Vec<_> = "a:stat x\u{7f}\u{7f}us\nb"
            .chars()
            .map(|key| line.take(key))
            .collect();
        assert_eq!(lines.first(), Some(&(false, None)));
        assert_eq!(lines[12], (true, Some("status\n".to_owned())));
        assert_eq!(lines[13], (false, None));
    }

    #[test]
    fn a_line_without_an_end_is_shown_when_nothing_follows() {
        let (mut lines, mut shown) = (SentLines::default(), String::new());
        let now = Instant::now();
        lines.show(b"ok\nread", 0, now, &mut shown);
        lines.show(b"", 0, now + PATIENCE / 2, &mut shown);
        assert_eq!(shown, "uart \"ok\\n\"\n");
        lines.show(b"y", 3, now + PATIENCE, &mut shown);
        lines.show(b"", 0, now + PATIENCE * 2, &mut shown);
        assert!(shown.ends_with("uart 3 bytes were lost: they came too fast\nuart \"ready\"\n"));
    }
}
