//! How the code of an app can fail to return.

use std::fmt;
use std::time::Duration;

/// Why an app is not played on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppFailure {
    /// It panicked, with this message.
    Panicked(String),
    /// It ended the process that it was played in.
    Ended(Ending),
    /// The process that it was to be played in could not be used, for this reason. It says
    /// nothing about the app.
    Process(String),
}

/// How an app ended the process that it was played in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// It exited, with this code.
    Exited(i32),
    /// It aborted.
    Aborted,
    /// It called itself, or something like it, until its stack was full.
    StackOverflow,
    /// It accessed memory that is not its own, at this address.
    BadAccess(u64),
    /// A signal of this number ended it: somebody else killed it, or the system did.
    Killed(i32),
    /// It did not return from a call, and was killed.
    NeverReturned {
        /// How long it was given.
        limit: Duration,
        /// What it was doing, if it says so: such as the task that was polled.
        doing: Option<String>,
    },
}

/// What the app did, as the end of a sentence that begins with its name.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with code {code}"),
            Self::Aborted => f.write_str("aborted"),
            Self::StackOverflow => f.write_str("overflowed its stack"),
            Self::BadAccess(address) => {
                write!(f, "accessed memory that is not its own ({address:#x})")
            }
            Self::Killed(signal) => write!(f, "was killed by signal {signal}"),
            Self::NeverReturned { limit, doing } => {
                write!(f, "did not return within {} s", limit.as_secs_f64())?;
                match doing {
                    Some(doing) => write!(f, " from {doing}"),
                    None => Ok(()),
                }
            }
        }
    }
}
