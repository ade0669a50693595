//! Goldens: the trace of a scenario, kept in a file beside it.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::checker::check_trace;
use crate::files;
use crate::load::{Form, LoadError};
use crate::play;
use crate::registry::Registry;
use crate::source::Problem;
use crate::trace::{Trace, text};

/// The ending of scenarios.
pub const SCENARIO: &str = "scn";

/// The ending of goldens.
pub const GOLDEN: &str = "snap";

/// Plays a scenario that must hold, and gives its trace.
///
/// # Errors
///
/// What is wrong with the scenario, or what of it did not hold, each with file, line and
/// column.
pub fn play_file(registry: &Registry, path: &Path) -> Result<Trace, String> {
    let shown = path.display();
    let bytes = files::read(path, Form::MAX_BYTES).map_err(|error| format!("{shown}: {error}"))?;
    let loaded = Form::Scenario
        .load(registry, &bytes, None)
        .map_err(|error| match error {
            LoadError::Problems(problems) => listed(path, &problems),
            LoadError::Recording(error) => format!("{shown}: {error}"),
        })?;
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(&loaded.app, &loaded.script, &mut watch)
        .map_err(|error| format!("{shown}: {error}"))?;
    let failures: Vec<_> = check_trace(&loaded.checks, &trace)
        .into_iter()
        .map(|failure| {
            let note = failure
                .note
                .map_or(String::new(), |note| format!(" ({note})"));
            format!("{shown}:{}: {}{note}", failure.place, failure.message)
        })
        .collect();
    if failures.is_empty() {
        Ok(trace)
    } else {
        Err(failures.join("\n"))
    }
}

fn listed(path: &Path, problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| {
        let Problem {
            place,
            message,
            expected,
            help,
        } = problem;
        let help = help
            .as_ref()
            .map_or(String::new(), |help| format!(" ({help})"));
        format!("{}:{place}: {message}; {expected}{help}", path.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The trace as it stands in a golden.
#[must_use]
pub fn golden(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and the text form is UTF-8.
    let _ = text::write(trace, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The trace that a golden keeps, without what insta writes above it.
///
/// # Errors
///
/// Those of the file system.
pub fn kept(path: &Path) -> io::Result<String> {
    let kept = fs::read_to_string(path)?.replace("\r\n", "\n");
    // What insta writes above a snapshot ends with a line of three dashes.
    Ok(kept
        .split_once("\n---\n")
        .map_or_else(String::new, |(_, kept)| kept.to_owned()))
}
