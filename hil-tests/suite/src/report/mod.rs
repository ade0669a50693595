//! Reports of a suite: for people, for CI servers, for other programs.
//!
//! - [`text`]: a table for the terminal, and the details of what needs attention.
//! - [`junit`]: XML for CI servers.
//! - [`jsonl`]: JSON lines for other programs.
//! - [`github`]: annotations and a step summary for GitHub Actions.
//! - [`html`]: one page with waveforms.
//!
//! Equal suites give equal bytes. `docs/reports.md` describes each format.

mod details;
mod escape;
pub mod github;
mod grid;
pub mod html;
pub mod jsonl;
pub mod junit;
pub mod text;
mod waves;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use thiserror::Error;

use crate::verdict::{Case, Suite, Verdict};

/// Why a case without attempts has none.
const NOT_RUN: &str = "not run";

/// A report cannot be written as text.
#[derive(Debug, Error)]
#[error("cannot render the {format} report")]
#[non_exhaustive]
pub struct RenderError {
    /// The format.
    pub format: &'static str,
    /// The error of the library that writes the format.
    pub source: Box<dyn Error + Send + Sync>,
}

impl RenderError {
    fn new(format: &'static str, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            format,
            source: Box::new(source),
        }
    }
}

/// A duration in seconds.
fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// How many cases have each verdict: `3 passed, 0 failed, 0 flaky, 0 infra, 1 skipped`.
fn counts(suite: &Suite) -> String {
    let counts =
        Verdict::ALL.map(|verdict| format!("{} {}", suite.count(verdict), verdict.counted()));
    counts.join(", ")
}

/// The verdict as it stands at the start of a line: what needs attention stands out.
fn headline(verdict: Verdict) -> String {
    if verdict.needs_attention() {
        verdict.word().to_uppercase()
    } else {
        verdict.word().to_owned()
    }
}

/// In one sentence, why the case did not pass.
fn reason(case: &Case) -> Option<&str> {
    match (case.verdict(), case.cause()) {
        (Verdict::Pass, _) => None,
        (_, Some(cause)) => Some(&cause.message),
        (_, None) => Some(NOT_RUN),
    }
}
