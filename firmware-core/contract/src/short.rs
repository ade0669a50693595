//! Short runs of bytes and short texts, kept where they are: no heap, no lifetime.

use core::fmt;
use core::ops::Deref;

/// The most bytes of either.
pub const MAX: usize = 64;

/// At most [`MAX`] bytes.
#[derive(Clone, Copy)]
pub struct ShortBytes {
    length: u8,
    bytes: [u8; MAX],
}

impl ShortBytes {
    /// The bytes, or the first [`MAX`] of them.
    #[must_use]
    pub const fn new(bytes: &[u8]) -> Self {
        let mut kept = [0; MAX];
        let mut length = 0;
        while length < bytes.len() && length < MAX {
            kept[length] = bytes[length];
            length += 1;
        }
        #[allow(clippy::cast_possible_truncation, reason = "at most 64")]
        Self {
            length: length as u8,
            bytes: kept,
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or(&self.bytes)
    }
}

impl Deref for ShortBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq for ShortBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for ShortBytes {}

impl core::hash::Hash for ShortBytes {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl fmt::Debug for ShortBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_slice().escape_ascii())
    }
}

/// A text of at most [`MAX`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShortText(ShortBytes);

impl ShortText {
    /// The text; of a longer one, its first [`MAX`] bytes, or a little less, so that no character is
    /// cut.
    #[must_use]
    pub const fn new(text: &str) -> Self {
        let mut length = text.len();
        if length > MAX {
            length = MAX;
            while !text.is_char_boundary(length) {
                length -= 1;
            }
        }
        let (text, _) = text.split_at(length);
        Self(ShortBytes::new(text.as_bytes()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Deref for ShortText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(feature = "serde")]
mod travel {
    use super::{MAX, ShortBytes, ShortText};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    impl Serialize for ShortBytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self)
        }
    }

    impl<'de> Deserialize<'de> for ShortBytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let bytes = <&[u8]>::deserialize(deserializer)?;
            match bytes.len() <= MAX {
                true => Ok(Self::new(bytes)),
                false => Err(D::Error::custom("more than 64 bytes")),
            }
        }
    }

    impl Serialize for ShortText {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self)
        }
    }

    impl<'de> Deserialize<'de> for ShortText {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = <&str>::deserialize(deserializer)?;
            match text.len() <= MAX {
                true => Ok(Self::new(text)),
                false => Err(D::Error::custom("a text of more than 64 bytes")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_long_text_ends_at_a_character() {
        for (text, kept) in [
            ("x".repeat(64), 64),
            ("x".repeat(65), 64),
            (std::string::String::from("x") + &"é".repeat(40), 63),
        ] {
            assert_eq!(ShortText::new(&text).len(), kept);
            assert!(text.starts_with(&*ShortText::new(&text)));
        }
    }

    #[test]
    fn what_is_beyond_the_length_is_not_compared() {
        let one = ShortBytes::new(b"ab");
        let mut other = one;
        other.bytes[5] = 1;
        assert_eq!(one, other);
        assert_eq!(&*ShortBytes::new(&[7; 70]), [7; 64]);
    }
}
