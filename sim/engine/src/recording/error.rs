//! Why a recording cannot be read or played.

use lockstep_core::time::TickPeriod;
use thiserror::Error;

use super::{SIGNATURE, VERSION};
use crate::script::ScriptError;

/// A recording cannot be read, or cannot be played by the app at hand.
///
/// Offsets are in bytes from the start of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// It does not begin with the signature.
    #[error(
        "byte {offset}: not a recording: found {found:#04x}, expected {:#04x}, as in the \
         signature of every .rec file",
        SIGNATURE.get(*.offset).copied().unwrap_or_default()
    )]
    NotARecording {
        /// The first byte that differs.
        offset: usize,
        /// The byte.
        found: u8,
    },
    /// Its format is newer than this program.
    #[error(
        "byte {offset}: a recording in format {found}; this program reads up to format \
         {VERSION}: update it, or record the run again"
    )]
    NewerFormat {
        /// The offset of the version.
        offset: usize,
        /// The version.
        found: u8,
    },
    /// It ends too early.
    #[error(
        "byte {offset}: the recording is cut short: it ends here, expected at least {expected} bytes"
    )]
    Truncated {
        /// Where it ends.
        offset: usize,
        /// The least number of bytes it should have.
        expected: usize,
    },
    /// It goes on after its end.
    #[error("byte {offset}: the recording ends here, and {extra} more bytes follow")]
    Trailing {
        /// Where it should end.
        offset: usize,
        /// The number of bytes that follow.
        extra: usize,
    },
    /// Its checksum is not that of its bytes.
    #[error(
        "byte {offset}: the recording is damaged: its checksum is {stored:08x}, expected \
         {computed:08x}"
    )]
    Damaged {
        /// The offset of the checksum.
        offset: usize,
        /// The checksum it has.
        stored: u32,
        /// The checksum of its bytes.
        computed: u32,
    },
    /// A number in it is larger than this program accepts.
    #[error("byte {offset}: {what} is {found}: at most {most} is allowed")]
    Limit {
        /// The offset of the number.
        offset: usize,
        /// What it counts.
        what: &'static str,
        /// The number.
        found: u64,
        /// The most that is allowed.
        most: u64,
    },
    /// Its checksum is right, but its content is not valid.
    #[error("byte {offset}: {problem}")]
    Malformed {
        /// The offset of the invalid part.
        offset: usize,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// It was recorded with ticks of another length than the app has now.
    #[error(
        "byte {offset}: recorded with ticks of {recorded}, and app `{app}` has ticks of \
         {declared}: record the run again"
    )]
    OtherTick {
        /// The offset of the content.
        offset: usize,
        /// The app.
        app: &'static str,
        /// The length of a tick then.
        recorded: TickPeriod,
        /// The length of a tick now.
        declared: TickPeriod,
    },
    /// A script cannot be recorded.
    #[error("{0}")]
    Unusable(String),
    /// The recorded script cannot be played.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// It was recorded from another app.
    #[error("byte {offset}: a recording of app `{recorded}` cannot be played by app `{asked}`")]
    OtherApp {
        /// The offset of the app's name.
        offset: usize,
        /// The app that was recorded.
        recorded: String,
        /// The app that should play it.
        asked: &'static str,
    },
    /// It was recorded from an app that is not known.
    #[error(
        "byte {offset}: a recording of app `{recorded}`, which does not exist: expected {known}"
    )]
    UnknownApp {
        /// The offset of the app's name.
        offset: usize,
        /// The app that was recorded.
        recorded: String,
        /// The apps there are.
        known: String,
    },
    /// It has a port that the app no longer has.
    #[error(
        "byte {offset}: a recording with a {what} `{name}`, and app `{app}` has none of that \
         name: expected {known}"
    )]
    MissingPort {
        /// The offset of the port's name.
        offset: usize,
        /// What it is: a button, a number input, a serial line.
        what: &'static str,
        /// The port of the recording.
        name: String,
        /// The app that should play it.
        app: &'static str,
        /// The ports of the app that are the same.
        known: String,
    },
}

impl RecordingError {
    /// What to do, if there is anything.
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
            Self::MissingPort { .. } => Some("record the run again with the app as it is now"),
            _ => None,
        }
    }
}
