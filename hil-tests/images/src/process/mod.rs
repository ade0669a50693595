//! Programs that are run: each in a process group, with a timeout, and ended with all that it
//! has started once this process is interrupted.
//!
//! - [`CommandSpec`]: what is run.
//! - [`Supervisor`]: runs it.
//! - [`ProcessOutput`]: how it ended, and what it printed.

mod capture;
mod command_spec;
mod supervisor;
#[cfg(test)]
mod tests;

pub use command_spec::{CommandSpec, StderrMode, StdoutMode};
pub use supervisor::Supervisor;

use std::time::Duration;

/// How a program ended, and what it printed, if that was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessOutput {
    /// How it ended.
    pub termination: Termination,
    /// What it printed on standard output.
    pub stdout: Vec<u8>,
}

impl From<Termination> for ProcessOutput {
    fn from(termination: Termination) -> Self {
        Self {
            termination,
            stdout: Vec::new(),
        }
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Termination {
    /// It exited.
    Exited {
        /// Its exit code.
        code: i32,
        /// The last lines on standard error, if they were kept.
        stderr_tail: Vec<String>,
    },
    /// A signal ended it.
    Signaled,
    /// It ran longer than it may, and was killed.
    TimedOut(Duration),
    /// It was ended because this process was interrupted.
    Interrupted,
    /// It could not be started or watched.
    SpawnFailed(String),
}

impl Termination {
    /// Whether it exited with code 0.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Exited { code: 0, .. })
    }

    /// Why it is no success, in one line.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Exited { code: 0, .. } => None,
            Self::Exited { code, stderr_tail } => Some(match error_line(stderr_tail) {
                Some(line) => line.to_owned(),
                None => format!("it ended with exit code {code}"),
            }),
            Self::Signaled => Some("a signal ended it".to_owned()),
            Self::TimedOut(timeout) => {
                Some(format!("it did not end within {} s", timeout.as_secs()))
            }
            Self::Interrupted => Some("interrupted".to_owned()),
            Self::SpawnFailed(error) => Some(format!("it cannot be started: {error}")),
        }
    }
}

/// The line that explains a failure best: the last one that is marked as an error, or else the
/// last one.
fn error_line(lines: &[String]) -> Option<&str> {
    let is_error = |line: &&String| {
        let line = line.trim_start().to_lowercase();
        ["error", "e:", "caused by"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let line = lines.iter().rev().find(is_error).or(lines.last())?;
    Some(line.trim())
}
