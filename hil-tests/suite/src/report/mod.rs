//! A suite written down: for people, for CI servers, for other programs.
//!
//! - [`text`]: a table for the terminal, and the details of what needs attention.
//! - [`junit`]: XML for CI servers.
//! - [`jsonl`]: JSON lines for other programs.
//! - [`github`]: annotations and a step summary for GitHub Actions.
//! - [`html`]: one page with waveforms.
//!
//! Equal suites give equal bytes. `docs/reports.md` describes each format.

mod details;
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

use std::time::Duration;

use lockstep_engine::sanitize::{scrub as clean, scrub_char as clean_char, scrub_line as one_line};

use crate::verdict::{Case, Suite, Verdict};

/// Why a case without attempts has none.
const NO_TURN: &str = "its turn did not come";

/// A length of real time for people.
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

/// In one sentence, why the verdict is no pass.
fn reason(case: &Case) -> Option<&str> {
    match (case.verdict(), case.cause()) {
        (Verdict::Pass, _) => None,
        (_, Some(cause)) => Some(&cause.message),
        (_, None) => Some(NO_TURN),
    }
}
