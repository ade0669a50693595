//! The words of a VCD file, with their offsets.

/// A position in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// A word: bytes between spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
}

impl<'a> Words<'a> {
    /// The words from this offset on.
    pub(super) fn new(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// Where the next word is looked for.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The word at the position, and then the position after it. A file ends where it ends:
    /// a newline after the last word is not needed.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Word<'a>> {
        let rest = self.bytes.get(self.position..)?;
        let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
        let rest = &rest[spaces..];
        if rest.is_empty() {
            return None;
        }
        let length = rest
            .iter()
            .position(|byte| is_space(*byte))
            .unwrap_or(rest.len());
        let offset = self.position + spaces;
        self.position = offset + length;
        Some(Word {
            offset,
            bytes: &rest[..length],
        })
    }

    /// The last word before the end of this line, and the position after it.
    pub(super) fn last_of_line(&self) -> Option<(Self, Word<'a>)> {
        let rest = self.bytes.get(self.position..)?;
        let length = rest.iter().position(|byte| *byte == b'\n');
        let line = &self.bytes[..self.position + length.unwrap_or(rest.len())];
        let mut words = Self {
            bytes: line,
            position: self.position,
        };
        let mut last = None;
        while let Some(word) = words.next() {
            last = Some(word);
        }
        let end = Self {
            bytes: self.bytes,
            position: words.position,
        };
        last.map(|last| (end, last))
    }

    /// The bytes between two offsets.
    pub(super) fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Passes over everything up to and including `$end`, which must be a word of its own; `None`
    /// if there is no `$end`.
    pub(super) fn skip_to_end(&mut self) -> Option<()> {
        while self.next()?.bytes != END {}
        Some(())
    }
}

/// The word that closes a command.
pub(super) const END: &[u8] = b"$end";

/// Whether a byte separates words. Some tools leave zero bytes behind.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c | 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn end_is_a_word_and_no_prefix() {
        let mut words = Words::new(b"one $ending two$end $end three", 0);
        assert_eq!(words.skip_to_end(), Some(()));
        assert_eq!(words.next().unwrap().bytes, b"three");
        assert_eq!(words.next(), None);
        assert_eq!(words.skip_to_end(), None);
    }

    proptest! {
        #[test]
        fn words_are_what_stands_between_spaces(text in "[a$ \t\r\n]{0,40}") {
            let mut words = Words::new(text.as_bytes(), 0);
            for expected in text.split_ascii_whitespace() {
                let word = words.next().unwrap();
                prop_assert_eq!(word.bytes, expected.as_bytes());
                prop_assert_eq!(&text[word.offset..word.offset + expected.len()], expected);
            }
            prop_assert_eq!(words.next(), None);
        }
    }
}
