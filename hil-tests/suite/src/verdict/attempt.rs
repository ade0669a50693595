//! One attempt at a scenario on a bench, with everything that was seen of it.

use std::error::Error;
use std::fmt;
use std::iter;
use std::time::Duration;

use lockstep_core::time::RunTicks;
use lockstep_engine::trace::document::Document;

use super::{Evidence, Verdict};

/// What came of an attempt. What is not a pass has its cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything held.
    Pass,
    /// The board was judged, and does something else.
    Fail(Reason),
    /// The board could not be judged.
    Infra(Reason),
    /// The bench cannot play it, or there is no bench.
    Skipped(Reason),
}

impl Outcome {
    /// The verdict of this attempt alone.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Fail(_) => Verdict::Fail,
            Self::Infra(_) => Verdict::Infra,
            Self::Skipped(_) => Verdict::Skipped,
        }
    }

    /// Why it is no pass.
    #[must_use]
    pub const fn cause(&self) -> Option<&Reason> {
        match self {
            Self::Pass => None,
            Self::Fail(cause) | Self::Infra(cause) | Self::Skipped(cause) => Some(cause),
        }
    }
}

/// Why something is no pass.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Reason {
    /// In one sentence, what happened.
    pub message: String,
    /// Lines that explain it, such as registers, a backtrace or a crash record.
    pub details: String,
    /// What can be done about it.
    pub help: Option<String>,
    /// Where in a scenario or a source file.
    pub place: Option<SourceLocation>,
    /// When in the run.
    pub tick: Option<RunTicks>,
}

impl Reason {
    /// A cause that one sentence tells.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// The cause that an error is, with what caused that.
    #[must_use]
    pub fn of(error: &dyn Error) -> Self {
        let sources = iter::successors(error.source(), |error| (*error).source());
        Self {
            details: sources
                .map(|source| format!("caused by: {source}\n"))
                .collect(),
            ..Self::new(error.to_string())
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// The path, from where the suite was started.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// How much a line of a board's log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the levels are those of defmt")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    /// Its word in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line that the board logged for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The tick, if the line carries one.
    pub tick: Option<RunTicks>,
    /// The level, if the line has one.
    pub level: Option<LogLevel>,
    /// What it says.
    pub text: String,
    /// Where in the firmware's source it is said, if the image tells.
    pub place: Option<SourceLocation>,
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tick {
            Some(tick) => write!(f, "{:>8}", tick.0)?,
            None => write!(f, "{:>8}", "-")?,
        }
        let level = self.level.map_or("", LogLevel::word);
        write!(f, "  {level:<5}  {}", self.text)?;
        self.place
            .as_ref()
            .map_or(Ok(()), |place| write!(f, "  ({place})"))
    }
}

/// What was seen of an output, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinSample {
    /// When, in ticks from the start of the run.
    pub tick: RunTicks,
    /// The output of the app.
    pub output: String,
    /// Its pin, such as `P0.03`.
    pub pin: String,
    /// The level that was seen.
    pub level: u16,
    /// Who saw it.
    pub evidence: Evidence,
}

impl fmt::Display for PinSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tick,
            output,
            pin,
            level,
            evidence,
        } = self;
        let who = evidence.word();
        write!(f, "{:>8}  {output} ({pin})  {level}  [{who}]", tick.0)
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// What the board logged for people, in order.
    pub log: Vec<LogLine>,
    /// What the board did, as far as it came.
    pub trace: Option<Document>,
    /// Whether the trace ends where the run broke off: of its last tick all or nothing may have
    /// come.
    pub is_partial: bool,
    /// What it should have done, where that is not the golden: what the host does with presses that
    /// came as near to those of the scenario as the bench could make them.
    pub expected: Option<Document>,
    /// What was seen of the outputs otherwise, in order.
    pub pins: Vec<PinSample>,
    /// How far presses were from their ticks at most, where it was measured.
    pub slack: Option<RunTicks>,
    /// The file that keeps what the board was told, for the terminal simulator.
    pub recording: Option<String>,
}

impl Attempt {
    /// An attempt of which nothing but the outcome is known.
    #[must_use]
    pub const fn new(outcome: Outcome, took: Duration) -> Self {
        Self {
            outcome,
            took,
            log: Vec::new(),
            trace: None,
            is_partial: false,
            expected: None,
            pins: Vec::new(),
            slack: None,
            recording: None,
        }
    }
}
