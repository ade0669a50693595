//! Why a recording cannot be read or played.

use thiserror::Error;

use super::{SIGNATURE, VERSION};
use crate::script::ScriptError;

/// A recording cannot be read, or cannot be played by the app at hand.
///
/// Offsets are in bytes from the start of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It does not begin like one.
    #[error(
        "byte {offset}: not a recording: found {found:#04x}, expected {:#04x}, as in the \
         signature of every .rec file",
        SIGNATURE.get(*.offset).copied().unwrap_or_default()
    )]
    NotARecording {
        /// The first byte that differs.
        offset: usize,
        /// What is there.
        found: u8,
    },
    /// It is in a format that is newer than this program.
    #[error(
        "byte {offset}: a recording in format {found}; this program reads up to format \
         {VERSION}: update it, or record the run again"
    )]
    NewerFormat {
        /// Where the version stands.
        offset: usize,
        /// The version it has.
        found: u8,
    },
    /// It ends too early.
    #[error(
        "byte {offset}: the recording is cut short: it ends here, expected at least {expected} bytes"
    )]
    Truncated {
        /// Where it ends.
        offset: usize,
        /// The bytes it should have at least.
        expected: usize,
    },
    /// It goes on after its end.
    #[error("byte {offset}: the recording ends here, and {extra} more bytes follow")]
    Trailing {
        /// Where it should end.
        offset: usize,
        /// The bytes that follow.
        extra: usize,
    },
    /// Its checksum is not that of its bytes.
    #[error(
        "byte {offset}: the recording is damaged: its checksum is {stored:08x}, expected \
         {computed:08x}"
    )]
    Damaged {
        /// Where the checksum stands.
        offset: usize,
        /// The checksum it has.
        stored: u32,
        /// The checksum of its bytes.
        computed: u32,
    },
    /// A number in it is larger than this program takes.
    #[error("byte {offset}: {what} is {found}: at most {most} is allowed")]
    Limit {
        /// Where the number stands.
        offset: usize,
        /// What it counts.
        what: &'static str,
        /// The number.
        found: u64,
        /// The most that is allowed.
        most: u64,
    },
    /// Its bytes are whole but make no sense: no program of ours wrote them.
    #[error("byte {offset}: {problem}")]
    Malformed {
        /// Where the part begins that makes no sense.
        offset: usize,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// What should be recorded cannot be.
    #[error("{0}")]
    Unusable(String),
    /// What was recorded cannot be played.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// It was recorded from another app.
    #[error("byte {offset}: a recording of app `{recorded}` cannot be played by app `{asked}`")]
    OtherApp {
        /// Where the app's name stands.
        offset: usize,
        /// The app that was recorded.
        recorded: String,
        /// The app that should play it.
        asked: &'static str,
    },
    /// It was recorded from an app that is not there.
    #[error(
        "byte {offset}: a recording of app `{recorded}`, and there is none of that name: expected {known}"
    )]
    UnknownApp {
        /// Where the app's name stands.
        offset: usize,
        /// The app that was recorded.
        recorded: String,
        /// The apps there are.
        known: String,
    },
    /// It has a button that the app no longer has.
    #[error(
        "byte {offset}: a recording with a button `{name}`, and app `{app}` has none of that \
         name: expected {known}"
    )]
    MissingButton {
        /// Where the button's name stands.
        offset: usize,
        /// The button of the recording.
        name: String,
        /// The app that should play it.
        app: &'static str,
        /// The buttons of the app.
        known: String,
    },
}

impl RecordingError {
    /// How to mend it, where there is a way.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotARecording { offset: 0, .. } => {
                Some("`sim run` plays scenarios and waveforms, `sim replay` recordings")
            }
            Self::NotARecording { .. } => {
                Some("it was changed like a text: copy it as bytes, line ends and all")
            }
            Self::Truncated { .. } | Self::Trailing { .. } | Self::Damaged { .. } => {
                Some("copy it again from where it came, or record the run again")
            }
            Self::MissingButton { .. } => Some("record the run again with the app as it is now"),
            _ => None,
        }
    }
}
