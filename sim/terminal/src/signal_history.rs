//! The trace of a branch by signal, so that a wave is drawn without reading all of it.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::matrix::MatrixId;
use lockstep_core::ports::Scale;
use lockstep_core::quadrature::{Click, QuadratureDecoder};
use lockstep_core::time::RunTicks;

use lockstep_engine::script::{Action, SwitchState};
use lockstep_engine::trace::picture::ObservedPicture;
use lockstep_engine::trace::{Entry, EntryKind, Trace};

/// Something that can be drawn as a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Signal {
    /// A button, by its index.
    Button(usize),
    /// A number input, by its index.
    Number(usize),
    /// What arrives on a serial line, by its index.
    Received(usize),
    /// An output, by its index.
    Output(usize),
    /// What is sent on a serial line, by its index.
    Sent(usize),
    /// What is drawn on a matrix, by its index.
    Matrix(usize),
    /// All logs and resets.
    Logs,
}

impl Signal {
    /// All signals of an app, in the order that it declares them.
    pub(super) fn all(descriptor: &AppDescriptor) -> impl Iterator<Item = Self> {
        let lines = descriptor.serial_lines().len();
        let buttons = (0..descriptor.buttons().len()).map(Self::Button);
        let numbers = (0..descriptor.numbers().len()).map(Self::Number);
        let outputs = (0..descriptor.outputs().len()).map(Self::Output);
        let matrices = (0..descriptor.matrices().len()).map(Self::Matrix);
        let inputs = buttons.chain(numbers).chain((0..lines).map(Self::Received));
        let sent = (0..lines).map(Self::Sent);
        let all = inputs.chain(outputs).chain(sent).chain(matrices);
        all.chain([Self::Logs])
    }

    /// Its name; the two directions of a serial line have the same.
    pub(super) fn name(self, descriptor: &AppDescriptor) -> &'static str {
        match self {
            Self::Button(index) => descriptor.buttons().get(index).copied(),
            Self::Number(index) => descriptor.numbers().get(index).map(|it| it.name()),
            Self::Received(index) | Self::Sent(index) => {
                let lines = descriptor.serial_lines();
                lines.get(index).map(|line| line.name())
            }
            Self::Output(index) => descriptor.outputs().get(index).map(|it| it.name()),
            Self::Matrix(index) => descriptor.matrices().get(index).map(|it| it.name()),
            Self::Logs => Some("log"),
        }
        .unwrap_or("?")
    }

    /// Whether it is single events, whose values are their entries in the trace, and no level.
    pub(super) const fn is_events(self) -> bool {
        matches!(
            self,
            Self::Received(_) | Self::Sent(_) | Self::Matrix(_) | Self::Logs
        )
    }
}

/// A change of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) tick: RunTicks,
    /// 0 or 1 for a button, the number of an input, the level of an output, the index of the entry
    /// for what is events.
    pub(super) value: i64,
}

/// What was drawn on a matrix: the indices of the entries.
#[derive(Clone, Debug)]
struct MatrixHistory {
    rows: Vec<Vec<Change>>,
    /// Of all rows.
    drawn: Vec<Change>,
}

/// The changes of every signal of a trace.
#[derive(Clone, Debug)]
pub(super) struct SignalHistory {
    descriptor: &'static AppDescriptor,
    buttons: Vec<Vec<Change>>,
    numbers: Vec<Vec<Change>>,
    received: Vec<Vec<Change>>,
    outputs: Vec<Vec<Change>>,
    sent: Vec<Vec<Change>>,
    matrices: Vec<MatrixHistory>,
    resets: Vec<Change>,
    logs: Vec<Change>,
    encoders: Vec<EncoderHistory>,
    /// How many entries of the trace were taken in.
    read: usize,
}

impl SignalHistory {
    pub(super) fn new(descriptor: &'static AppDescriptor) -> Self {
        Self {
            descriptor,
            buttons: vec![Vec::new(); descriptor.buttons().len()],
            numbers: vec![Vec::new(); descriptor.numbers().len()],
            received: vec![Vec::new(); descriptor.serial_lines().len()],
            outputs: vec![Vec::new(); descriptor.outputs().len()],
            sent: vec![Vec::new(); descriptor.serial_lines().len()],
            matrices: {
                let matrices = descriptor.matrices().iter();
                let history = matrices.map(|matrix| MatrixHistory {
                    rows: vec![Vec::new(); usize::from(matrix.rows())],
                    drawn: Vec::new(),
                });
                history.collect()
            },
            resets: Vec::new(),
            logs: Vec::new(),
            encoders: vec![EncoderHistory::default(); descriptor.encoders().len()],
            read: 0,
        }
    }

    /// Takes in what the trace has got since the last call.
    pub(super) fn follow(&mut self, trace: &Trace) {
        let entries = trace.entries();
        let new = entries.get(self.read..).unwrap_or(&[]);
        let first = i64::try_from(self.read).unwrap_or(i64::MAX);
        for (index, entry) in (first..).zip(new) {
            self.push(index, entry);
        }
        self.read = entries.len();
    }

    fn push(&mut self, index: i64, entry: &Entry) {
        if let EntryKind::Input(Action::Button(button, contact)) = entry.what {
            self.turn(entry.tick, button, contact);
        }
        let change = Change {
            tick: entry.tick,
            value: index,
        };
        if let EntryKind::Input(Action::Reset(_)) = entry.what {
            self.resets.push(change);
        }
        if let EntryKind::Row(MatrixId(id), row, _) = entry.what
            && let Some(history) = self.matrices.get_mut(usize::from(id))
            && let Some(row) = history.rows.get_mut(usize::from(row))
        {
            row.push(change);
        }
        let (changes, value) = match &entry.what {
            EntryKind::Input(Action::Button(ButtonId(button), contact)) => (
                self.buttons.get_mut(usize::from(*button)),
                i64::from(*contact == SwitchState::Closed),
            ),
            EntryKind::Input(Action::Number(NumberId(id), number)) => {
                (self.numbers.get_mut(usize::from(*id)), (*number).into())
            }
            EntryKind::Received(SerialId(line), _) => {
                (self.received.get_mut(usize::from(*line)), index)
            }
            EntryKind::Output(output, level) => {
                (self.outputs.get_mut(usize::from(*output)), level.0.into())
            }
            EntryKind::Sent(SerialId(line), _) => (self.sent.get_mut(usize::from(*line)), index),
            EntryKind::Row(MatrixId(id), ..) => {
                let history = self.matrices.get_mut(usize::from(*id));
                (history.map(|history| &mut history.drawn), index)
            }
            EntryKind::Input(_) | EntryKind::Log(..) | EntryKind::Text(..) => {
                (Some(&mut self.logs), index)
            }
        };
        if let Some(changes) = changes {
            changes.push(Change {
                tick: entry.tick,
                value,
            });
        }
    }

    /// Counts the clicks of the encoder that a contact belongs to.
    fn turn(&mut self, tick: RunTicks, button: ButtonId, contact: SwitchState) {
        for (encoder, history) in self.descriptor.encoders().iter().zip(&mut self.encoders) {
            let click = match button {
                button if button == encoder.a() => history.decoder.move_a(contact),
                button if button == encoder.b() => history.decoder.move_b(contact),
                _ => None,
            };
            let Some(click) = click else {
                continue;
            };
            let before = history.clicks.last().map_or(0, |last| last.value);
            let by = match click {
                Click::Clockwise => 1,
                Click::Counterclockwise => -1,
            };
            history.clicks.push(Change {
                tick,
                value: before + by,
            });
        }
    }

    /// By how many clicks an encoder, by its index, was turned clockwise up to a tick.
    pub(super) fn clicks(&self, encoder: usize, tick: RunTicks) -> i64 {
        let clicks = self.encoders.get(encoder);
        clicks.map_or(0, |history| value_at(&history.clicks, tick))
    }

    /// What a matrix, by its index, shows at the end of a tick. The entries are those of the trace that
    /// this follows.
    pub(super) fn picture(
        &self,
        matrix: usize,
        tick: RunTicks,
        entries: &[Entry],
    ) -> Option<ObservedPicture> {
        let declared = self.descriptor.matrices().get(matrix)?;
        let past = |changes: &[Change]| {
            let past = changes.partition_point(|change| change.tick <= tick);
            Some(changes.get(past.checked_sub(1)?)?.value)
        };
        let reset = past(&self.resets);
        let rows = self.matrices.get(matrix)?.rows.iter().map(|row| {
            let drawn = past(row).filter(|drawn| Some(*drawn) > reset)?;
            match &entries.get(usize::try_from(drawn).ok()?)?.what {
                EntryKind::Row(_, _, packed) => Some(packed.clone()),
                _ => None,
            }
        });
        Some(ObservedPicture::of_rows(declared, rows.collect()))
    }

    pub(super) fn name(&self, signal: Signal) -> &'static str {
        signal.name(self.descriptor)
    }

    /// The scale of a signal's values: 0 to 1 for a button, and for what has none.
    pub(super) fn scale(&self, signal: Signal) -> Scale {
        let outputs = self.descriptor.outputs();
        let numbers = self.descriptor.numbers();
        match signal {
            Signal::Output(index) => outputs.get(index).map(|output| output.range().scale()),
            Signal::Number(index) => numbers.get(index).map(|number| number.scale()),
            Signal::Button(_)
            | Signal::Received(_)
            | Signal::Sent(_)
            | Signal::Matrix(_)
            | Signal::Logs => None,
        }
        .unwrap_or(Scale::new(0, 1))
    }

    pub(super) fn changes(&self, signal: Signal) -> &[Change] {
        match signal {
            Signal::Button(index) => self.buttons.get(index).map_or(&[], Vec::as_slice),
            Signal::Number(index) => self.numbers.get(index).map_or(&[], Vec::as_slice),
            Signal::Received(index) => self.received.get(index).map_or(&[], Vec::as_slice),
            Signal::Output(index) => self.outputs.get(index).map_or(&[], Vec::as_slice),
            Signal::Sent(index) => self.sent.get(index).map_or(&[], Vec::as_slice),
            Signal::Matrix(index) => {
                let history = self.matrices.get(index);
                history.map_or(&[], |history| &history.drawn)
            }
            Signal::Logs => &self.logs,
        }
    }

    /// The changes from one tick on, and before another.
    pub(super) fn between(&self, signal: Signal, from: RunTicks, before: RunTicks) -> &[Change] {
        let changes = self.changes(signal);
        let first = changes.partition_point(|change| change.tick < from);
        let last = changes.partition_point(|change| change.tick < before);
        &changes[first..last.max(first)]
    }

    /// The value at the end of a tick.
    pub(super) fn value(&self, signal: Signal, tick: RunTicks) -> i64 {
        value_at(self.changes(signal), tick)
    }

    /// The first edge of this kind after a tick.
    pub(super) fn next(&self, signal: Signal, tick: RunTicks, edge: Edge) -> Option<RunTicks> {
        let changes = self.changes(signal);
        let first = changes.partition_point(|change| change.tick <= tick);
        (first..changes.len())
            .find(|index| self.is_edge(signal, *index, edge))
            .map(|index| changes[index].tick)
    }

    /// The last edge of this kind before a tick.
    pub(super) fn previous(&self, signal: Signal, tick: RunTicks, edge: Edge) -> Option<RunTicks> {
        let changes = self.changes(signal);
        let end = changes.partition_point(|change| change.tick < tick);
        (0..end)
            .rev()
            .find(|index| self.is_edge(signal, *index, edge))
            .map(|index| changes[index].tick)
    }

    fn is_edge(&self, signal: Signal, index: usize, edge: Edge) -> bool {
        if edge == Edge::Any || signal.is_events() {
            return true;
        }
        let changes = self.changes(signal);
        let before = match index.checked_sub(1) {
            Some(before) => changes[before].value > 0,
            None => false,
        };
        let after = changes[index].value > 0;
        before != after && after == (edge == Edge::Rising)
    }
}

/// The clicks of an encoder.
#[derive(Clone, Debug, Default)]
struct EncoderHistory {
    decoder: QuadratureDecoder,
    /// How many there were, clockwise, after each.
    clicks: Vec<Change>,
}

/// The value at the end of a tick; 0 before the first change.
fn value_at(changes: &[Change], tick: RunTicks) -> i64 {
    let after = changes.partition_point(|change| change.tick <= tick);
    let last = after.checked_sub(1).and_then(|last| changes.get(last));
    last.map_or(0, |change| change.value)
}

/// A kind of edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// From zero to above it.
    Rising,
    /// To zero.
    Falling,
    /// Any change.
    Any,
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_apps::toggle;
    use lockstep_core::event::ButtonId;
    use lockstep_core::time::Instant;
    use lockstep_engine::play;
    use lockstep_engine::registry::AppEntry;
    use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
    use std::ops::ControlFlow;

    /// `toggle` with a press at tick 2, held through a reset at tick 3, released at tick 6.
    fn press_and_reset() -> Trace {
        let button = |contact| Action::Button(ButtonId(0), contact);
        let events = [
            (2, button(SwitchState::Closed)),
            (3, Action::Reset(BootCondition(2))),
            (6, button(SwitchState::Open)),
        ];
        let timed = events.map(|(tick, action)| ScriptEvent {
            tick: RunTicks(tick),
            action,
        });
        let script = Script::new(
            BootCondition::OK,
            Instant::ZERO,
            timed.to_vec(),
            RunTicks(9),
        )
        .unwrap();
        let app = AppEntry::of::<toggle::Toggle>();
        play::trace(&app, &script, &mut |_| ControlFlow::Continue(())).unwrap()
    }

    #[test]
    fn signals_have_the_values_of_the_trace_at_every_tick() {
        let trace = press_and_reset();
        let mut signals = SignalHistory::new(trace.descriptor());
        signals.follow(&trace);
        signals.follow(&trace);
        let button = Signal::Button(0);
        let pressed: Vec<_> = (0..8)
            .map(|tick| signals.value(button, RunTicks(tick)))
            .collect();
        assert_eq!(pressed, [0, 0, 1, 1, 1, 1, 0, 0]);
        assert_eq!(
            signals.next(button, RunTicks(2), Edge::Falling),
            Some(RunTicks(6))
        );
        assert_eq!(signals.next(button, RunTicks(6), Edge::Any), None);
        assert_eq!(
            signals.previous(button, RunTicks(6), Edge::Rising),
            Some(RunTicks(2))
        );
        assert_eq!(signals.between(button, RunTicks(3), RunTicks(6)).len(), 1);
    }
}
