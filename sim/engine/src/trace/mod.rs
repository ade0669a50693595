//! Everything observable of a run, in any world.
//!
//! A trace keeps its entries as small numbers, and [`Trace::lines`] gives them their names.
//! [`text`] writes it as a golden, [`jsonl`] for other programs, [`vcd`] for waveform viewers.

pub mod document;
pub mod jsonl;
pub mod text;
pub mod vcd;

use std::fmt;

use lockstep_core::app::{AppDescriptor, Log, LogValues};
use lockstep_core::time::{Instant, RunTicks};

use crate::dyn_runner::{Observation, Observer};
use crate::script::Action;

/// The most lines a trace can keep; further ones are counted.
pub const MAX_LINES: usize = 10_000_000;

/// The observations of a run, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    descriptor: &'static AppDescriptor,
    clock: Instant,
    entries: Vec<Entry>,
    dropped: u64,
    /// The tick of the first observation that did not fit.
    dropped_from: Option<RunTicks>,
    end: RunTicks,
}

/// One observation and its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The tick, counted from the start of the run.
    pub tick: RunTicks,
    /// The observation.
    pub what: Observation,
}

impl Trace {
    /// An empty trace of an app with this descriptor.
    #[must_use]
    pub fn new(descriptor: &'static AppDescriptor) -> Self {
        Self {
            descriptor,
            clock: Instant::ZERO,
            entries: Vec::new(),
            dropped: 0,
            dropped_from: None,
            end: RunTicks::ZERO,
        }
    }

    /// What the app declares.
    #[must_use]
    pub fn descriptor(&self) -> &'static AppDescriptor {
        self.descriptor
    }

    /// Where the board's tick counter started.
    #[must_use]
    pub fn clock(&self) -> Instant {
        self.clock
    }

    /// Sets where the board's tick counter started.
    pub fn set_clock(&mut self, clock: Instant) {
        self.clock = clock;
    }

    /// The observations, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many observations did not fit in [`MAX_LINES`].
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The last tick that was played.
    #[must_use]
    pub fn end(&self) -> RunTicks {
        self.end
    }

    /// Sets the last tick that was played.
    pub fn set_end(&mut self, end: RunTicks) {
        self.end = end;
    }

    /// The trace up to and including this tick; incomplete if this one was incomplete by then.
    #[must_use]
    pub fn up_to(&self, tick: RunTicks) -> Self {
        let count = self.entries.partition_point(|entry| entry.tick <= tick);
        let dropped_from = self.dropped_from.filter(|from| *from <= tick);
        Self {
            descriptor: self.descriptor,
            clock: self.clock,
            entries: self.entries[..count].to_vec(),
            dropped: if dropped_from.is_some() {
                self.dropped
            } else {
                0
            },
            dropped_from,
            end: self.end.min(tick),
        }
    }

    /// The lines with their names.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.entries
            .iter()
            .map(|entry| Line::new(self.descriptor, *entry))
    }
}

impl Observer for Trace {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        if self.entries.len() < MAX_LINES {
            self.entries.push(Entry { tick, what });
        } else {
            self.dropped += 1;
            self.dropped_from.get_or_insert(tick);
        }
    }
}

/// One line of a trace: `tick, kind, name, value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The tick, counted from the start of the run.
    pub tick: RunTicks,
    /// The kind of observation.
    pub kind: Kind,
    /// The name of the button, output or log; `reset` for a reset.
    pub name: &'static str,
    /// The observed value.
    pub value: Value,
}

/// Kind, name and value: `out led 1`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind.word(), self.name, self.value)
    }
}

impl Line {
    /// The entry with its names; what the descriptor does not declare is named `?`.
    #[must_use]
    pub fn new(descriptor: &'static AppDescriptor, Entry { tick, what }: Entry) -> Self {
        let (kind, name, value) = match what {
            Observation::Input(Action::Reset(condition)) => {
                let name = descriptor.boot_condition_name(condition);
                (Kind::In, RESET, Value::Word(name.unwrap_or(UNDECLARED)))
            }
            Observation::Input(Action::Button(button, contact)) => {
                let name = descriptor.buttons().get(usize::from(button.0));
                (
                    Kind::In,
                    name.copied().unwrap_or(UNDECLARED),
                    Value::Word(contact.verb()),
                )
            }
            Observation::Output(index, level) => {
                let output = descriptor.outputs().get(usize::from(index));
                (
                    Kind::Out,
                    output.map_or(UNDECLARED, |output| output.name()),
                    Value::Number(level.0),
                )
            }
            Observation::Log(log) => {
                let kind = descriptor.logs().get(usize::from(log.id.0));
                (
                    Kind::Log,
                    kind.map_or(UNDECLARED, |kind| kind.name()),
                    log_value(kind.map(|kind| kind.values()), log),
                )
            }
        };
        Self {
            tick,
            kind,
            name,
            value,
        }
    }
}

/// The name of a reset among the inputs; no button can have it.
pub const RESET: &str = "reset";

const UNDECLARED: &str = "?";

fn log_value(values: Option<LogValues>, log: Log) -> Value {
    match values {
        Some(LogValues::Words(words)) => words
            .get(usize::from(log.value))
            .map_or(Value::Number(log.value), |word| Value::Word(word)),
        Some(LogValues::Number) | None => Value::Number(log.value),
    }
}

/// The kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An input.
    In,
    /// A change of an output.
    Out,
    /// A log.
    Log,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::In, Self::Out, Self::Log];

    /// Its name in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Log => "log",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The value of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A word of the app or of the script.
    Word(&'static str),
    /// A level or a number.
    Number(u16),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.pad(word),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shipped;

    #[test]
    fn a_trace_keeps_at_most_max_lines_and_counts_the_rest() {
        let mut trace = Trace::new(shipped()[1].descriptor());
        let entry = Entry {
            tick: RunTicks(3),
            what: Observation::Log(Log::new(lockstep_core::app::LogId(0), 1)),
        };
        trace.entries = vec![entry; MAX_LINES];
        for tick in [5, 9] {
            trace.observe(RunTicks(tick), entry.what);
        }
        assert_eq!(trace.entries().len(), MAX_LINES);
        assert_eq!(trace.dropped(), 2);
        assert_eq!(trace.up_to(RunTicks(2)).dropped(), 0);
        assert_eq!(trace.up_to(RunTicks(4)).dropped(), 0);
        assert_ne!(trace.up_to(RunTicks(5)).dropped(), 0);
    }
}
