//! Goldens: the trace of a scenario, in a file beside it.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lockstep_core::time::RunTicks;
use thiserror::Error;

use crate::checker::{Failure, check_trace};
use crate::diagnostic::Diagnostic;
use crate::files;
use crate::idle_check;
use crate::load::{InputFormat, LoadError};
use crate::play::{self, PlayError};
use crate::recording::RecordingError;
use crate::registry::Registry;
use crate::trace::{Trace, document, text};

/// The extension of scenarios.
pub const SCENARIO_EXTENSION: &str = "scn";

/// The extension of goldens.
pub const GOLDEN_EXTENSION: &str = "snap";

/// A scenario has no trace that could be its golden.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// The file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The scenario.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// It is not a scenario for one of the apps.
    #[error("{}", listed(.path, .diagnostics))]
    Invalid {
        /// The scenario.
        path: PathBuf,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// It is a recording that cannot be played.
    #[error("cannot play `{}`", .path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        error: RecordingError,
    },
    /// It was not played to its end.
    #[error("cannot play `{}`", .path.display())]
    Play {
        /// The scenario.
        path: PathBuf,
        /// Why not.
        #[source]
        error: PlayError,
    },
    /// Some of its expectations fail.
    #[error("{}", failed(.path, .failures))]
    Failed {
        /// The scenario.
        path: PathBuf,
        /// The expectations that fail.
        failures: Vec<Failure>,
    },
}

/// How many ticks of a scenario are also played without passing over any.
pub const CHECKED_TICKS: RunTicks = RunTicks(1_000_000);

/// Plays a scenario whose expectations must hold, and gives its trace. What the app says of its
/// idle time is held against ticking it, for the first [`CHECKED_TICKS`].
///
/// # Errors
///
/// A [`GoldenError`]. It lists what is wrong in the scenario, or which expectations fail,
/// each with file, line and column.
pub fn play_file(registry: &Registry, path: &Path) -> Result<Trace, GoldenError> {
    let bytes = files::read(path, InputFormat::MAX_BYTES).map_err(|error| GoldenError::Read {
        path: path.to_owned(),
        error,
    })?;
    let loaded = InputFormat::Scenario
        .load_file(registry, (path, &bytes), None)
        .map_err(|error| match error {
            LoadError::Diagnostics(diagnostics) => GoldenError::Invalid {
                path: path.to_owned(),
                diagnostics,
            },
            LoadError::Recording(error) => GoldenError::Recording {
                path: path.to_owned(),
                error,
            },
            LoadError::Waveform(refused) => GoldenError::Invalid {
                path: path.to_owned(),
                diagnostics: vec![refused.error.diagnostic()],
            },
        })?;
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(&loaded.app, &loaded.script, &mut watch)
        .and_then(|trace| {
            idle_check::check(&loaded.app, &loaded.script, CHECKED_TICKS, &mut watch)?;
            Ok(trace)
        })
        .map_err(|error| GoldenError::Play {
            path: path.to_owned(),
            error,
        })?;
    let failures = check_trace(&loaded.checks, &trace);
    if failures.is_empty() {
        Ok(trace)
    } else {
        Err(GoldenError::Failed {
            path: path.to_owned(),
            failures,
        })
    }
}

fn listed(path: &Path, diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(|diagnostic| {
        let Diagnostic {
            span,
            message,
            expected,
            help,
        } = diagnostic;
        let help = in_brackets(help.as_deref());
        format!("{}:{span}: {message}; {expected}{help}", path.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn failed(path: &Path, failures: &[Failure]) -> String {
    let lines = failures.iter().map(|failure| {
        let note = in_brackets(failure.note.as_deref());
        let help = in_brackets(failure.help.as_deref());
        let Failure { span, message, .. } = failure;
        format!("{}:{span}: {message}{note}{help}", path.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn in_brackets(text: Option<&str>) -> String {
    text.map_or(String::new(), |text| format!(" ({text})"))
}

/// The trace as text, as a golden has it.
#[must_use]
pub fn render(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and the text form is UTF-8.
    let _ = text::write(trace, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The trace in a golden, without the header that insta writes.
///
/// # Errors
///
/// Those of the file system, and one that names the limit of a trace.
pub fn read(path: &Path) -> io::Result<String> {
    let bytes = files::read(path, document::MAX_BYTES)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    // The header ends with a line of three dashes.
    let text = text.replace("\r\n", "\n");
    Ok(text
        .split_once("\n---\n")
        .map_or_else(String::new, |(_, kept)| kept.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities::Capabilities;
    use crate::diagnostic::error_chain;
    use crate::registry::AppEntry;
    use lockstep_apps::toggle::Toggle;
    use lockstep_core::app::App;
    use lockstep_core::time::Instant;

    /// The toggle, but its tick counter cannot be set.
    fn registry() -> Registry {
        let toggle = AppEntry::with_builder(
            |clock| (clock == Instant::ZERO).then(<Toggle as App>::new),
            <Toggle as App>::new,
            Capabilities::none(),
        );
        Registry::new(vec![toggle]).unwrap()
    }

    fn error(file: &str, text: &str) -> String {
        let path = std::env::temp_dir().join(format!("lockstep-{}-{file}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let error = play_file(&registry(), &path).unwrap_err();
        std::fs::remove_file(&path).unwrap();
        let told = error_chain(&error);
        told.replace(&path.display().to_string(), "x.scn")
    }

    #[test]
    fn a_scenario_that_cannot_be_blessed_says_why() {
        assert_eq!(
            error("invalid", "app toggle\npres button\n"),
            "x.scn:2:1: unexpected `pres`; expected `app`, `board`, `clock`, `seed`, `press`, \
             `release`, `tap`, `wait`, `reset`, `expect`, `hold`, `set`, `ramp`, `send`, `turn`, `play`, `repeat` or `end` (did you mean `press`?)"
        );
        assert_eq!(
            error("failing", "app toggle\nwait 5 ms\nexpect led is on\n"),
            "x.scn:3:1: at tick 5 `led` was 0, expected on (this holds: `expect led is off`)"
        );
        assert_eq!(
            error("clock", "app toggle\nclock starts at 5\nwait 1 ms\n"),
            "cannot play `x.scn`: app `toggle` cannot start its tick counter at 5: it does not \
             implement `App::starting_at`"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = play_file(&registry(), Path::new("no-such-folder/x.scn")).unwrap_err();
        let told = error_chain(&error);
        assert!(
            told.starts_with("cannot read `no-such-folder/x.scn`: "),
            "{told}"
        );
    }
}
