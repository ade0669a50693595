//! Everything observable of a run, in any world.
//!
//! A trace keeps its entries as small numbers, and [`Trace::lines`] gives them their names.
//! [`text`] writes it as a golden, [`jsonl`] for other programs, [`vcd`] for waveform viewers.

pub mod document;
pub mod jsonl;
pub mod picture;
pub mod text;
pub mod vcd;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use lockstep_core::app::{AppDescriptor, Log, LogId, LogValue, LogValues};
use lockstep_core::event::SerialId;
use lockstep_core::matrix::{Matrix, MatrixId};
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::{Decimal, Scale};
use lockstep_core::time::{Instant, RunTicks};

use crate::cells::Cells;
use crate::dyn_runner::{Observation, Observer};
use crate::quoted::Quoted;
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

/// The most bytes of one entry.
pub const MAX_PAYLOAD: usize = 256;

/// One observation and its tick.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The tick, counted from the start of the run.
    pub tick: RunTicks,
    /// The observation.
    pub what: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// The world did something to the app. Never [`Action::Byte`].
    Input(Action),
    /// Bytes arrived on a serial line.
    Received(SerialId, Payload),
    /// An output changed to this level.
    Output(u8, Level),
    /// Bytes left on a serial line.
    Sent(SerialId, Payload),
    /// A row of a matrix was drawn, packed as in [`Matrix::pack`].
    Row(MatrixId, u8, Payload),
    /// The app logged a word or a number.
    Log(LogId, i32),
    /// The app logged a text.
    Text(LogId, Payload),
}

impl EntryKind {
    /// Whether the world did it.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Received(..))
    }

    /// Whether the app logged it.
    #[must_use]
    pub const fn is_log(&self) -> bool {
        matches!(self, Self::Log(..) | Self::Text(..))
    }

    /// The observation as an entry of its own.
    fn of(what: Observation) -> Self {
        match what {
            Observation::Input(Action::Byte(line, byte)) => Self::Received(line, [byte].into()),
            Observation::Input(action) => Self::Input(action),
            Observation::Output(output, level) => Self::Output(output, level),
            Observation::Sent(line, bytes) => Self::Sent(line, bytes.as_slice().into()),
            Observation::Row(matrix, row, packed) => {
                Self::Row(matrix, row, packed.as_slice().into())
            }
            Observation::Log(Log { id, value }) => match value {
                LogValue::Number(number) => Self::Log(id, number),
                LogValue::Text(text) => Self::Text(id, text.as_bytes().into()),
            },
        }
    }
}

/// The bytes of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payload(Arc<Vec<u8>>);

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        Self(Arc::new(bytes.to_vec()))
    }
}

impl<const N: usize> From<[u8; N]> for Payload {
    fn from(bytes: [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl Payload {
    /// Adds bytes; `false` where [`MAX_PAYLOAD`] leaves no room.
    fn append(&mut self, bytes: &[u8]) -> bool {
        let fits = self.len() + bytes.len() <= MAX_PAYLOAD;
        if fits {
            Arc::make_mut(&mut self.0).extend(bytes);
        }
        fits
    }
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
            .map(|entry| Line::new(self.descriptor, entry))
    }
}

/// Adds an observation to the entries before it.
///
/// Bytes are added to those that their line has carried already, in the same direction in the same
/// half of the tick: how they came in pieces, nobody could see.
pub(crate) fn append(entries: &mut Vec<Entry>, tick: RunTicks, what: Observation) {
    if !merges(entries, tick, &what) {
        let what = EntryKind::of(what);
        entries.push(Entry { tick, what });
    }
}

fn merges(entries: &mut [Entry], tick: RunTicks, what: &Observation) -> bool {
    let before = entries.iter_mut().rev().take_while(|it| it.tick == tick);
    match what {
        Observation::Input(Action::Byte(line, byte)) => before
            .take_while(|it| !matches!(it.what, EntryKind::Input(_)))
            .find_map(|entry| match &mut entry.what {
                EntryKind::Received(same, bytes) if same == line => Some(bytes),
                _ => None,
            })
            .is_some_and(|bytes| bytes.append(&[*byte])),
        Observation::Sent(line, sent) => before
            .take_while(|it| !it.what.is_input())
            .find_map(|entry| match &mut entry.what {
                EntryKind::Sent(same, bytes) if same == line => Some(bytes),
                _ => None,
            })
            .is_some_and(|bytes| bytes.append(sent)),
        _ => false,
    }
}

impl Observer for Trace {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        if self.entries.len() < MAX_LINES {
            append(&mut self.entries, tick, what);
        } else if !merges(&mut self.entries, tick, &what) {
            self.dropped += 1;
            self.dropped_from.get_or_insert(tick);
        }
    }
}

/// One line of a trace: `tick, kind, name, value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The tick, counted from the start of the run.
    pub tick: RunTicks,
    /// The kind of observation.
    pub kind: Kind,
    /// The name of the input, output, serial line, matrix or log; `reset` for a reset.
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
    pub fn new(descriptor: &'static AppDescriptor, entry: &Entry) -> Self {
        let line_name = |line: SerialId| {
            let line = descriptor.serial_lines().get(usize::from(line.0));
            line.map_or(UNDECLARED, |line| line.name())
        };
        let log_kind = |id: LogId| descriptor.logs().get(usize::from(id.0));
        let log_name = |id| log_kind(id).map_or(UNDECLARED, |kind| kind.name());
        let (kind, name, value) = match &entry.what {
            EntryKind::Input(action) => {
                let (name, value) = input(descriptor, *action);
                (Kind::In, name, value)
            }
            EntryKind::Received(line, bytes) => {
                (Kind::In, line_name(*line), Value::Bytes(bytes.clone()))
            }
            EntryKind::Output(index, level) => {
                let output = descriptor.outputs().get(usize::from(*index));
                let scale = output.map_or(Scale::new(0, 0), |output| output.range().scale());
                let name = output.map_or(UNDECLARED, Output::name);
                (Kind::Out, name, Value::Number(scale.shown(level.0)))
            }
            EntryKind::Sent(line, bytes) => {
                (Kind::Out, line_name(*line), Value::Bytes(bytes.clone()))
            }
            EntryKind::Row(id, row, packed) => {
                let matrix = descriptor.matrices().get(usize::from(id.0));
                let value = matrix.map_or(Value::Word(UNDECLARED), |matrix| {
                    Value::Row(matrix, *row, packed.clone())
                });
                (Kind::Out, matrix.map_or(UNDECLARED, Matrix::name), value)
            }
            EntryKind::Log(id, number) => {
                let value = log_value(log_kind(*id).map(|kind| kind.values()), *number);
                (Kind::Log, log_name(*id), value)
            }
            EntryKind::Text(id, text) => (Kind::Log, log_name(*id), Value::Bytes(text.clone())),
        };
        Self {
            tick: entry.tick,
            kind,
            name,
            value,
        }
    }
}

fn input(descriptor: &'static AppDescriptor, action: Action) -> (&'static str, Value) {
    match action {
        Action::Reset(condition) => {
            let name = descriptor.boot_condition_name(condition);
            (RESET, Value::Word(name.unwrap_or(UNDECLARED)))
        }
        Action::Button(button, contact) => {
            let name = descriptor.buttons().get(usize::from(button.0)).copied();
            (name.unwrap_or(UNDECLARED), Value::Word(contact.verb()))
        }
        Action::Number(id, number) => {
            let input = descriptor.numbers().get(usize::from(id.0));
            let scale = input.map_or(Scale::new(0, 0), |input| input.scale());
            let name = input.map_or(UNDECLARED, |input| input.name());
            (name, Value::Number(scale.shown(number)))
        }
        Action::Byte(line, byte) => {
            let line = descriptor.serial_lines().get(usize::from(line.0));
            let name = line.map_or(UNDECLARED, |line| line.name());
            (name, Value::Bytes([byte].into()))
        }
    }
}

/// The name of a reset among the inputs; no button can have it.
pub const RESET: &str = "reset";

const UNDECLARED: &str = "?";

fn log_value(values: Option<LogValues>, number: i32) -> Value {
    let word = match values {
        Some(LogValues::Words(words)) => usize::try_from(number).ok().and_then(|it| words.get(it)),
        Some(LogValues::Number | LogValues::Text) | None => None,
    };
    match word {
        Some(word) => Value::Word(word),
        None => Value::Number(Decimal {
            digits: number.into(),
            places: 0,
        }),
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A word of the app or of the script.
    Word(&'static str),
    /// A level or a number.
    Number(Decimal),
    /// Bytes of a serial line, or the text of a log: written in quotes.
    Bytes(Payload),
    /// A row of a matrix: its number from the top and its cells, as in `3:.##.`.
    Row(&'static Matrix, u8, Payload),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.pad(word),
            Self::Number(number) => number.fmt(f),
            Self::Bytes(bytes) => Quoted(bytes).fmt(f),
            Self::Row(matrix, row, packed) => {
                // All rows of a matrix begin in the same column.
                let width = if matrix.rows() > 10 { 2 } else { 1 };
                write!(f, "{row:0width$}:{}", Cells { matrix, packed })
            }
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
        let what = Observation::Log(Log::new(LogId(0), 1));
        let entry = Entry {
            tick: RunTicks(3),
            what: EntryKind::Log(LogId(0), 1),
        };
        trace.entries = vec![entry; MAX_LINES];
        for tick in [5, 9] {
            trace.observe(RunTicks(tick), what);
        }
        assert_eq!(trace.entries().len(), MAX_LINES);
        assert_eq!(trace.dropped(), 2);
        assert_eq!(trace.up_to(RunTicks(2)).dropped(), 0);
        assert_eq!(trace.up_to(RunTicks(4)).dropped(), 0);
        assert_ne!(trace.up_to(RunTicks(5)).dropped(), 0);
    }
}
