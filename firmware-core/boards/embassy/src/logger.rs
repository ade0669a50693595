//! Where the firmware says what happened.

use lockstep_core::app::AppDescriptor;
use lockstep_core::log::{Log, LogId, LogValues};

use crate::port_states;
use crate::ports::place;

/// Where the firmware says what happened.
#[derive(Clone, Copy, Debug)]
pub struct Logger {
    descriptor: &'static AppDescriptor,
    index: usize,
}

impl Logger {
    pub(crate) const fn new(descriptor: &'static AppDescriptor, index: usize) -> Self {
        Self { descriptor, index }
    }

    /// Says one of the words that the descriptor declares.
    ///
    /// # Panics
    ///
    /// If it declares no such word.
    #[track_caller]
    pub fn word(&self, word: &str) {
        let kind = self.descriptor.logs().get(self.index);
        let words = match kind.map(|kind| kind.values()) {
            Some(LogValues::Words(words)) => words,
            _ => &[],
        };
        let value = place(words.iter().copied(), "word", word);
        self.number(i32::try_from(value).unwrap_or(i32::MAX));
    }

    /// Says a number.
    pub fn number(&self, value: i32) {
        port_states::log(Log::new(self.id(), value));
    }

    /// Says a text: of a long one, the first 64 bytes.
    pub fn text(&self, text: &str) {
        port_states::log(Log::text(self.id(), text));
    }

    pub(crate) fn id(&self) -> LogId {
        LogId(u8::try_from(self.index).unwrap_or(u8::MAX))
    }
}
