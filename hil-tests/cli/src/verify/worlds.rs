//! What each scenario came to in a world.

use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use lockstep_hil::report::jsonl::VERSION;
use lockstep_hil::verdict::{Ending, Verdict};

/// A world that scenarios were played in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct World {
    /// Its name, such as `virtual rtt`.
    pub name: String,
    /// What was played, in order.
    pub cases: Vec<Played>,
}

/// A scenario in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The name of the scenario.
    pub scenario: String,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// Why it is no pass.
    pub reason: Option<String>,
}

/// A report cannot be used.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A line is not what the format says.
    #[error("line {line} of the report is none of its format: {error}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// The format is another.
    #[error("the report has version {0} of its format: expected {VERSION}")]
    Version(u32),
    /// There is no such verdict.
    #[error("`{0}` is no verdict")]
    Verdict(String),
    /// The last line is missing.
    #[error("the report was cut short")]
    Cut,
    /// It did not come to its end.
    #[error("the suite was {0}")]
    Ending(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
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

/// Reads the cases out of a report in JSON lines, as `docs/reports.md` describes it.
///
/// # Errors
///
/// That it is no such report, or does not tell of a whole suite.
pub fn read(name: &str, report: &str) -> Result<World, ReportError> {
    let mut cases = Vec::new();
    let mut ending = None;
    for (number, text) in report.lines().enumerate() {
        let line = number + 1;
        match serde_json::from_str(text).map_err(|error| ReportError::Line { line, error })? {
            Row::Header { report: VERSION } => {}
            Row::Header { report } => return Err(ReportError::Version(report)),
            Row::Case {
                case,
                verdict,
                took_us,
                reason,
            } => {
                let mut known = Verdict::ALL.into_iter();
                let Some(verdict) = known.find(|known| known.word() == verdict) else {
                    return Err(ReportError::Verdict(verdict));
                };
                cases.push(Played {
                    scenario: case,
                    verdict,
                    took: Duration::from_micros(took_us),
                    reason,
                });
            }
            Row::End { end } => ending = Some(end),
        }
    }
    match ending {
        None => Err(ReportError::Cut),
        Some(end) if end == Ending::Complete.word() => Ok(World {
            name: name.to_owned(),
            cases,
        }),
        Some(end) => Err(ReportError::Ending(end)),
    }
}

impl World {
    /// The verdict of all of it, and how many cases need attention.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_suite(self.cases.iter().map(|case| case.verdict))
    }

    /// Why it is no pass: the first case that needs attention, and how many more.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let mut cases = self.cases.iter();
        let first = cases.find(|case| case.verdict.needs_attention())?;
        let more = cases.filter(|case| case.verdict.needs_attention()).count();
        let reason = first.reason.as_deref().unwrap_or("no reason is told");
        let reason = reason.lines().next().unwrap_or_default();
        let more = match more {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("{}: {reason}{more}", first.scenario))
    }
}
