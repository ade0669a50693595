//! Everything observable that happened in a run: what every world is judged by.
//!
//! A trace keeps what was observed as small numbers; [`Trace::lines`] gives each line its
//! names, and [`text`] writes them down as the golden; [`jsonl`] is for other programs,
//! [`vcd`] for waveform viewers.

pub mod document;
pub mod jsonl;
pub mod text;
pub mod vcd;

use std::fmt;

use lockstep_core::app::{AppDescriptor, Log, LogValues};
use lockstep_core::time::{Instant, Ticks};

use crate::dyn_runner::{Observation, Observer};
use crate::script::Action;

/// The most lines a trace can keep; what comes after is counted.
pub const MAX_LINES: usize = 10_000_000;

/// What was observed of an app, tick by tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    descriptor: &'static AppDescriptor,
    clock: Instant,
    entries: Vec<Entry>,
    dropped: u64,
    /// The tick of the first observation that did not fit.
    dropped_from: Option<Ticks>,
    end: Ticks,
}

/// One observation and its tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When, in ticks from the start of the run.
    pub tick: Ticks,
    /// What.
    pub what: Observation,
}

impl Trace {
    /// A trace of an app with this descriptor in which nothing has happened yet.
    #[must_use]
    pub fn new(descriptor: &'static AppDescriptor) -> Self {
        Self {
            descriptor,
            clock: Instant::ZERO,
            entries: Vec::new(),
            dropped: 0,
            dropped_from: None,
            end: Ticks::ZERO,
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

    /// Notes that the board's tick counter started here, and not at zero.
    pub fn set_clock(&mut self, clock: Instant) {
        self.clock = clock;
    }

    /// Everything that was observed, in order.
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
    pub fn end(&self) -> Ticks {
        self.end
    }

    /// Notes that the run was played up to and with this tick.
    pub fn set_end(&mut self, end: Ticks) {
        self.end = end;
    }

    /// What had been observed when this tick was over. It stays incomplete if this trace
    /// was incomplete by then.
    #[must_use]
    pub fn up_to(&self, tick: Ticks) -> Self {
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
    fn observe(&mut self, tick: Ticks, what: Observation) {
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
    /// When, in ticks from the start of the run.
    pub tick: Ticks,
    /// What kind of observation.
    pub kind: Kind,
    /// The name of the button, output or log; `reset` for a reset.
    pub name: &'static str,
    /// What was observed.
    pub value: Value,
}

impl Line {
    /// The entry with its names. A place the descriptor does not declare is named `?`: an
    /// app that breaks its contract is shown as it is.
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

/// The name of a reset among the inputs; no button can be called so.
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
    /// What the world did.
    In,
    /// What the app showed.
    Out,
    /// What the app said.
    Log,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::In, Self::Out, Self::Log];

    /// Its word in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Log => "log",
        }
    }

    /// The kind whose [`Kind::word`] this is.
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
            tick: Ticks(3),
            what: Observation::Log(Log::new(lockstep_core::app::LogId(0), 1)),
        };
        trace.entries = vec![entry; MAX_LINES];
        for tick in [5, 9] {
            trace.observe(Ticks(tick), entry.what);
        }
        assert_eq!(trace.entries().len(), MAX_LINES);
        assert_eq!(trace.dropped(), 2);
        assert_eq!(trace.up_to(Ticks(2)).dropped(), 0);
        assert_eq!(trace.up_to(Ticks(4)).dropped(), 0);
        assert_ne!(trace.up_to(Ticks(5)).dropped(), 0);
    }
}
