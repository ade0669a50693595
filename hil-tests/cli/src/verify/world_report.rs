//! The verdict of each scenario in a world.

use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use lockstep_hil::report::jsonl::VERSION;
use lockstep_hil::verdict::{Ending, Verdict};

/// The results of the scenarios that were played in a world.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WorldReport {
    /// The name of the world, such as `virtual rtt`.
    pub world: String,
    /// The results, in order.
    pub results: Vec<ScenarioResult>,
}

/// The result of a scenario in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioResult {
    /// The name of the scenario.
    pub scenario: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// Why it did not pass.
    pub reason: Option<String>,
}

/// A report cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorldReportError {
    /// A line is malformed.
    #[error("line {line} of the report is malformed")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The format has another version.
    #[error("the report has version {0} of its format: expected {VERSION}")]
    Version(u32),
    /// There is no such verdict.
    #[error("unknown verdict `{0}`")]
    Verdict(String),
    /// The last line is missing.
    #[error("the report is truncated: expected a last line with `end`")]
    Truncated,
    /// The suite did not complete.
    #[error("the suite was {0}")]
    Ending(String),
}

/// A line of a report.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReportLine {
    Header {
        report: u32,
    },
    Case {
        case: String,
        verdict: String,
        took_us: u64,
        reason: Option<String>,
    },
    End {
        end: String,
    },
}

/// Parses a report in JSON lines, as `docs/reports.md` describes it.
///
/// # Errors
///
/// The report is malformed, or its suite did not complete.
pub fn parse(world: &str, report: &str) -> Result<WorldReport, WorldReportError> {
    let mut results = Vec::new();
    let mut ending = None;
    for (number, text) in report.lines().enumerate() {
        let line = number + 1;
        let parsed = serde_json::from_str(text);
        match parsed.map_err(|source| WorldReportError::Line { line, source })? {
            ReportLine::Header { report: VERSION } => {}
            ReportLine::Header { report } => return Err(WorldReportError::Version(report)),
            ReportLine::Case {
                case,
                verdict,
                took_us,
                reason,
            } => {
                let mut known = Verdict::ALL.into_iter();
                let Some(verdict) = known.find(|known| known.word() == verdict) else {
                    return Err(WorldReportError::Verdict(verdict));
                };
                results.push(ScenarioResult {
                    scenario: case,
                    verdict,
                    duration: Duration::from_micros(took_us),
                    reason,
                });
            }
            ReportLine::End { end } => ending = Some(end),
        }
    }
    match ending {
        None => Err(WorldReportError::Truncated),
        Some(end) if end == Ending::Complete.word() => Ok(WorldReport {
            world: world.to_owned(),
            results,
        }),
        Some(end) => Err(WorldReportError::Ending(end)),
    }
}

impl WorldReport {
    /// The verdict of all scenarios together.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_suite(self.results.iter().map(|result| result.verdict))
    }

    /// Why the world did not pass: the first scenario that needs attention, and how many others do.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let mut results = self.results.iter();
        let first = results.find(|result| result.verdict.needs_attention())?;
        let more = results
            .filter(|result| result.verdict.needs_attention())
            .count();
        let reason = first.reason.as_deref().unwrap_or("no reason given");
        let reason = reason.lines().next().unwrap_or_default();
        let more = match more {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("{}: {reason}{more}", first.scenario))
    }
}
