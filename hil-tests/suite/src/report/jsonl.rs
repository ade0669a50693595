//! A suite for other programs: JSON lines, one object a line.
//!
//! ```text
//! {"report":2,"tick_ms":1}
//! {"case":"lamp/lock/holds","file":"fixtures/…","bench":"virtual-v1",…,"verdict":"pass",…}
//! {"end":"complete","verdict":"pass","exit":0,"took_us":210000,"counts":{"pass":1,…}}
//! ```
//!
//! Keys are always in the same order, and what is not known is `null`. A report without its
//! last line was cut short.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_engine::trace::document::Record;
use serde::Serialize;

use super::{RenderError, reason};
use crate::verdict::{Attempt, BoardDivergence, Case, LogLine, PinSample, Suite, Verdict};

/// The version of the format that is written.
pub const VERSION: u32 = 2;

/// Milliseconds in a tick.
const TICK_MS: u32 = 1;

/// What every report has near its beginning, and other files do not have.
pub const MARK: &str = "{\"report\":";

/// The whole report.
///
/// # Errors
///
/// Those of the JSON writer.
pub fn render(suite: &Suite) -> Result<String, RenderError> {
    lines(suite).map_err(|error| RenderError::new("JSON", error))
}

fn lines(suite: &Suite) -> Result<String, serde_json::Error> {
    let header = Header {
        report: VERSION,
        tick_ms: TICK_MS,
    };
    let mut text = line(&header)?;
    for case in &suite.cases {
        text += &line(&CaseRow::of(case))?;
    }
    Ok(text + &line(&EndRow::of(suite))?)
}

fn line(object: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(object)? + "\n")
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct Header {
    report: u32,
    tick_ms: u32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct CaseRow {
    case: String,
    file: String,
    bench: String,
    board: String,
    probe: String,
    build: Option<String>,
    stimulus: String,
    evidence: Vec<String>,
    verdict: String,
    reason: Option<String>,
    took_us: u64,
    tolerance: u64,
    slack: Option<u64>,
    attempts: Vec<AttemptRow>,
    divergence: Option<DivergenceRow>,
    replay: Option<String>,
    open: Option<String>,
}

impl CaseRow {
    fn of(case: &Case) -> Self {
        let bench = &case.bench;
        let clues = case.failure_context();
        let (replay, open) = clues.map(|clues| (clues.replay, clues.open)).unzip();
        Self {
            case: case.scenario.clone(),
            file: case.path.clone(),
            bench: bench.name.clone(),
            board: bench.board.clone(),
            probe: bench.probe.clone(),
            build: bench.build.clone(),
            stimulus: case.stimulus.word().to_owned(),
            evidence: case
                .evidence
                .iter()
                .map(|one| one.word().to_owned())
                .collect(),
            verdict: case.verdict().word().to_owned(),
            reason: reason(case).map(str::to_owned),
            took_us: micros(case.took()),
            tolerance: case.tolerance.0,
            slack: case.slack().map(|slack| slack.0),
            attempts: case.attempts.iter().map(AttemptRow::of).collect(),
            divergence: case.divergence().map(DivergenceRow::of),
            replay,
            open,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct AttemptRow {
    verdict: String,
    took_us: u64,
    message: Option<String>,
    details: Option<String>,
    help: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    tick: Option<u64>,
    broke_off: bool,
    slack: Option<u64>,
    recording: Option<String>,
    pins: Vec<PinRow>,
    log: Vec<LogRow>,
}

impl AttemptRow {
    fn of(attempt: &Attempt) -> Self {
        let cause = attempt.outcome.cause();
        let place = cause.and_then(|cause| cause.place.as_ref());
        Self {
            verdict: attempt.outcome.verdict().word().to_owned(),
            took_us: micros(attempt.took),
            message: cause.map(|cause| cause.message.clone()),
            details: cause
                .map(|cause| cause.details.clone())
                .filter(|details| !details.is_empty()),
            help: cause.and_then(|cause| cause.help.clone()),
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            tick: cause.and_then(|cause| cause.tick).map(|tick| tick.0),
            broke_off: attempt.is_partial,
            slack: attempt.slack.map(|slack| slack.0),
            recording: attempt.recording.clone(),
            pins: attempt.pins.iter().map(PinRow::of).collect(),
            log: attempt.log.iter().map(LogRow::of).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct PinRow {
    tick: u64,
    output: String,
    pin: String,
    level: u16,
    evidence: String,
}

impl PinRow {
    fn of(sample: &PinSample) -> Self {
        Self {
            tick: sample.tick.0,
            output: sample.output.clone(),
            pin: sample.pin.clone(),
            level: sample.level,
            evidence: sample.evidence.word().to_owned(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct LogRow {
    tick: Option<u64>,
    level: Option<String>,
    text: String,
    file: Option<String>,
    line: Option<u32>,
}

impl LogRow {
    fn of(line: &LogLine) -> Self {
        let place = line.place.as_ref();
        Self {
            tick: line.tick.map(|tick| tick.0),
            level: line.level.map(|level| level.word().to_owned()),
            text: line.text.clone(),
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct DivergenceRow {
    tick: u64,
    shared: usize,
    summary: String,
    expected: Option<EventRow>,
    board: Option<EventRow>,
}

impl DivergenceRow {
    fn of(divergence: BoardDivergence) -> Self {
        Self {
            tick: divergence.tick.0,
            shared: divergence.shared,
            summary: divergence.summary,
            expected: divergence.expected.map(EventRow::of),
            board: divergence.board.map(EventRow::of),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct EventRow {
    tick: u64,
    kind: String,
    name: String,
    value: String,
}

impl EventRow {
    fn of(line: Record) -> Self {
        Self {
            tick: line.tick.0,
            kind: line.kind.word().to_owned(),
            name: line.name,
            value: line.value,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq, serde::Deserialize))]
#[cfg_attr(test, serde(deny_unknown_fields))]
struct EndRow {
    end: String,
    verdict: String,
    exit: u8,
    took_us: u64,
    counts: BTreeMap<String, usize>,
}

impl EndRow {
    fn of(suite: &Suite) -> Self {
        let counts = Verdict::ALL.map(|verdict| (verdict.word().to_owned(), suite.count(verdict)));
        Self {
            end: suite.ending.word().to_owned(),
            verdict: suite.verdict().word().to_owned(),
            exit: suite.exit_code(),
            took_us: micros(suite.took),
            counts: counts.into(),
        }
    }
}

/// Whole microseconds; what does not fit in 64 bits is the largest number that does.
fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;

    use super::super::testing::suites;
    use super::*;
    use crate::verdict::Outcome;

    /// The row of a line, if writing it gives the same line again.
    fn round_trip<R: Serialize + DeserializeOwned>(text: &str) -> R {
        let row: R = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&row).unwrap(), text);
        row
    }

    proptest! {
        #[test]
        fn a_report_is_read_back_as_it_was_written(
            name in any::<String>(),
            message in any::<String>(),
            level in any::<u16>(),
            index in 0..9_usize,
        ) {
            let mut suite = suites().swap_remove(index).1;
            for case in &mut suite.cases {
                case.scenario.clone_from(&name);
                case.bench.build = Some(message.clone());
                for attempt in &mut case.attempts {
                    if let Outcome::Fail(cause) = &mut attempt.outcome {
                        cause.message.clone_from(&message);
                        cause.help = Some(name.clone());
                    }
                    for sample in &mut attempt.pins {
                        sample.level = level;
                    }
                }
            }
            let text = render(&suite).unwrap();
            let lines: Vec<_> = text.lines().collect();
            let (header, rest) = lines.split_first().unwrap();
            let (end, cases) = rest.split_last().unwrap();
            let header: Header = round_trip(header);
            prop_assert_eq!((header.report, header.tick_ms), (VERSION, TICK_MS));
            let cases: Vec<CaseRow> = cases.iter().map(|line| round_trip(line)).collect();
            let written: Vec<_> = suite.cases.iter().map(CaseRow::of).collect();
            prop_assert_eq!(cases, written);
            prop_assert_eq!(round_trip::<EndRow>(end), EndRow::of(&suite));
        }
    }
}
