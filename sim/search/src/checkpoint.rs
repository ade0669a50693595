//! How an exploration is kept while it goes on, so that it can be gone on with later.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use crate::settings::Progress;

/// Where an exploration is kept.
///
/// What is kept of a situation is where it was reached from and by which choice, so that an app need
/// not be written: it is played again. Whoever keeps it has to see to it that the app, the rules and
/// the settings are the same where it is gone on with.
pub trait CheckpointStore: Sync {
    /// Whether it is time to keep it. It is asked between batches of situations.
    fn is_due(&self, progress: &Progress) -> bool;

    /// Keeps what `write` writes. It is called when that is due, and when an exploration ends that
    /// can go on.
    fn keep(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>);
}

/// An exploration cannot be gone on with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It cannot be read.
    Read(Arc<io::Error>),
    /// It is not as it was written.
    Damaged,
    /// The app does not come into the situations that were kept: it is another, or does not do the
    /// same again.
    Differs,
}

impl Error for CheckpointError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read(_) => "it cannot be read",
            Self::Damaged => "it is damaged: it is not as it was written",
            Self::Differs => "the app does not do again what it did",
        })
    }
}
