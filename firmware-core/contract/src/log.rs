//! What an app says happened.

use crate::short::ShortText;

/// A kind of log, by its place in [`AppDescriptor::logs`](crate::descriptor::AppDescriptor::logs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LogId(pub u8);

/// One thing an app says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Log {
    /// What kind of thing.
    pub id: LogId,
    /// Which of the kind's words, its number, or its text.
    pub value: LogValue,
}

/// The value of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LogValue {
    /// A number, or the place of a word among those of its kind.
    Number(i32),
    /// A text.
    Text(ShortText),
}

impl Log {
    /// A log of this kind with this number, or with the word at this place.
    #[must_use]
    pub const fn new(id: LogId, value: i32) -> Self {
        Self {
            id,
            value: LogValue::Number(value),
        }
    }

    /// A log of this kind with this text, of a longer one as much as a [`ShortText`] holds.
    #[must_use]
    pub const fn text(id: LogId, text: &str) -> Self {
        Self {
            id,
            value: LogValue::Text(ShortText::new(text)),
        }
    }
}

/// A kind of log as its app declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogKind {
    name: &'static str,
    values: LogValues,
}

/// What the value of a log means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogValues {
    /// A place in this list of words, each of lower-case letters, digits, `-` and `_`.
    Words(&'static [&'static str]),
    /// Itself.
    Number,
    /// A text of at most [`short::MAX`](crate::short::MAX) bytes.
    Text,
}

impl LogKind {
    /// The most words of a kind.
    pub const MAX_WORDS: usize = 256;

    /// Its name: lower-case letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What its value means.
    #[must_use]
    pub const fn values(&self) -> LogValues {
        self.values
    }

    /// A kind whose values are words; the value of a log is a place in `words`. At most
    /// [`LogKind::MAX_WORDS`].
    #[must_use]
    pub const fn words(name: &'static str, words: &'static [&'static str]) -> Self {
        Self {
            name,
            values: LogValues::Words(words),
        }
    }

    /// A kind whose values are numbers.
    #[must_use]
    pub const fn number(name: &'static str) -> Self {
        Self {
            name,
            values: LogValues::Number,
        }
    }

    /// A kind whose values are short texts: [`Log::text`].
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self {
            name,
            values: LogValues::Text,
        }
    }
}
