//! A suite for other programs: JSON lines, one object a line.
//!
//! ```text
//! {"report":2,"tick_ms":1}
//! {"case":"lamp/lock/holds","file":"fixtures/…","bench":"virtual-v1",…,"verdict":"pass",…}
//! {"end":"complete","verdict":"pass","exit":0,"took_us":210000,"counts":{"pass":1,…}}
//! ```
//!
//! Keys always stand in the same order, and what is not known is `null`. A report without its
//! last line was cut short.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_engine::trace::document::Record;
use serde::Serialize;

use super::reason;
use crate::verdict::{Attempt, Case, Divergence, LogLine, PinSample, Suite, Verdict};

/// The version of the format that is written.
pub const VERSION: u32 = 2;

/// Milliseconds in a tick.
const TICK_MS: u32 = 1;

/// What a report has near its beginning, and other files have not.
pub const MARK: &str = "{\"report\":";

/// The whole report.
///
/// # Errors
///
/// Those of the JSON writer.
pub fn render(suite: &Suite) -> Result<String, serde_json::Error> {
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
struct Header {
    report: u32,
    tick_ms: u32,
}

#[derive(Serialize)]
struct CaseRow<'a> {
    case: &'a str,
    file: &'a str,
    bench: &'a str,
    board: &'a str,
    probe: &'a str,
    build: Option<&'a str>,
    stimulus: &'static str,
    evidence: Vec<&'static str>,
    verdict: &'static str,
    reason: Option<&'a str>,
    took_us: u64,
    tolerance: u32,
    slack: Option<u32>,
    attempts: Vec<AttemptRow<'a>>,
    divergence: Option<DivergenceRow>,
    replay: Option<String>,
    open: Option<String>,
}

impl<'a> CaseRow<'a> {
    fn of(case: &'a Case) -> Self {
        let bench = &case.bench;
        let clues = case.clues();
        let (replay, open) = clues.map(|clues| (clues.replay, clues.open)).unzip();
        Self {
            case: &case.scenario,
            file: &case.path,
            bench: &bench.name,
            board: &bench.board,
            probe: &bench.probe,
            build: bench.build.as_deref(),
            stimulus: case.stimulus.word(),
            evidence: case.evidence.iter().map(|one| one.word()).collect(),
            verdict: case.verdict().word(),
            reason: reason(case),
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
struct AttemptRow<'a> {
    verdict: &'static str,
    took_us: u64,
    message: Option<&'a str>,
    details: Option<&'a str>,
    help: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    tick: Option<u32>,
    broke_off: bool,
    slack: Option<u32>,
    recording: Option<&'a str>,
    pins: Vec<PinRow<'a>>,
    log: Vec<LogRow<'a>>,
}

impl<'a> AttemptRow<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        let cause = attempt.outcome.cause();
        let place = cause.and_then(|cause| cause.place.as_ref());
        Self {
            verdict: attempt.outcome.verdict().word(),
            took_us: micros(attempt.took),
            message: cause.map(|cause| cause.message.as_str()),
            details: cause
                .map(|cause| cause.details.as_str())
                .filter(|details| !details.is_empty()),
            help: cause.and_then(|cause| cause.help.as_deref()),
            file: place.map(|place| place.file.as_str()),
            line: place.map(|place| place.line),
            tick: cause.and_then(|cause| cause.tick).map(|tick| tick.0),
            broke_off: attempt.is_cut,
            slack: attempt.slack.map(|slack| slack.0),
            recording: attempt.recording.as_deref(),
            pins: attempt.pins.iter().map(PinRow::of).collect(),
            log: attempt.log.iter().map(LogRow::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct PinRow<'a> {
    tick: u32,
    output: &'a str,
    pin: &'a str,
    level: u16,
    evidence: &'static str,
}

impl<'a> PinRow<'a> {
    fn of(sample: &'a PinSample) -> Self {
        Self {
            tick: sample.tick.0,
            output: &sample.output,
            pin: &sample.pin,
            level: sample.level,
            evidence: sample.evidence.word(),
        }
    }
}

#[derive(Serialize)]
struct LogRow<'a> {
    tick: Option<u32>,
    level: Option<&'static str>,
    text: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
}

impl<'a> LogRow<'a> {
    fn of(line: &'a LogLine) -> Self {
        let place = line.place.as_ref();
        Self {
            tick: line.tick.map(|tick| tick.0),
            level: line.level.map(|level| level.word()),
            text: &line.text,
            file: place.map(|place| place.file.as_str()),
            line: place.map(|place| place.line),
        }
    }
}

#[derive(Serialize)]
struct DivergenceRow {
    tick: u32,
    shared: usize,
    summary: String,
    expected: Option<EventRow>,
    board: Option<EventRow>,
}

impl DivergenceRow {
    fn of(divergence: Divergence) -> Self {
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
struct EventRow {
    tick: u32,
    kind: &'static str,
    name: String,
    value: String,
}

impl EventRow {
    fn of(line: Record) -> Self {
        Self {
            tick: line.tick.0,
            kind: line.kind.word(),
            name: line.name,
            value: line.value,
        }
    }
}

#[derive(Serialize)]
struct EndRow {
    end: &'static str,
    verdict: &'static str,
    exit: u8,
    took_us: u64,
    counts: BTreeMap<&'static str, usize>,
}

impl EndRow {
    fn of(suite: &Suite) -> Self {
        let counts = Verdict::ALL.map(|verdict| (verdict.word(), suite.count(verdict)));
        Self {
            end: suite.ending.word(),
            verdict: suite.verdict().word(),
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
