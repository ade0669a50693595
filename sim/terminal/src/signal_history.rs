//! The trace of a branch by signal, so that a wave is drawn without reading all of it.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::RunTicks;

use lockstep_engine::dyn_runner::Observation;
use lockstep_engine::script::{Action, SwitchState};
use lockstep_engine::trace::{Entry, Trace};

/// Something that can be drawn as a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Signal {
    /// A button, by its index.
    Button(usize),
    /// An output, by its index.
    Output(usize),
    /// All logs and resets.
    Logs,
}

/// A change of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) tick: RunTicks,
    /// 0 or 1 for a button, the level of an output, the index of the entry for logs.
    pub(super) value: u32,
}

/// The changes of every signal of a trace.
#[derive(Clone, Debug)]
pub(super) struct SignalHistory {
    descriptor: &'static AppDescriptor,
    buttons: Vec<Vec<Change>>,
    outputs: Vec<Vec<Change>>,
    logs: Vec<Change>,
    /// How many entries of the trace were taken in.
    read: usize,
}

impl SignalHistory {
    pub(super) fn new(descriptor: &'static AppDescriptor) -> Self {
        Self {
            descriptor,
            buttons: vec![Vec::new(); descriptor.buttons().len()],
            outputs: vec![Vec::new(); descriptor.outputs().len()],
            logs: Vec::new(),
            read: 0,
        }
    }

    /// Takes in what the trace has got since the last call.
    pub(super) fn follow(&mut self, trace: &Trace) {
        let entries = trace.entries();
        let new = entries.get(self.read..).unwrap_or(&[]);
        let first = u32::try_from(self.read).unwrap_or(u32::MAX);
        for (index, entry) in (first..).zip(new) {
            self.push(index, *entry);
        }
        self.read = entries.len();
    }

    fn push(&mut self, index: u32, Entry { tick, what }: Entry) {
        let (changes, value) = match what {
            Observation::Input(Action::Button(ButtonId(button), contact)) => (
                self.buttons.get_mut(usize::from(button)),
                u32::from(contact == SwitchState::Closed),
            ),
            Observation::Output(output, level) => (
                self.outputs.get_mut(usize::from(output)),
                u32::from(level.0),
            ),
            Observation::Input(Action::Reset(_)) | Observation::Log(_) => {
                (Some(&mut self.logs), index)
            }
        };
        if let Some(changes) = changes {
            changes.push(Change { tick, value });
        }
    }

    /// All signals, in the order in which they are drawn.
    pub(super) fn all(&self) -> Vec<Signal> {
        let buttons = (0..self.buttons.len()).map(Signal::Button);
        let outputs = (0..self.outputs.len()).map(Signal::Output);
        buttons.chain(outputs).chain([Signal::Logs]).collect()
    }

    pub(super) fn name(&self, signal: Signal) -> &'static str {
        match signal {
            Signal::Button(index) => self.descriptor.buttons().get(index).copied(),
            Signal::Output(index) => self
                .descriptor
                .outputs()
                .get(index)
                .map(|output| output.name()),
            Signal::Logs => Some("log"),
        }
        .unwrap_or("?")
    }

    /// The highest value that a signal can have; 1 for logs, which have no values.
    pub(super) fn max(&self, signal: Signal) -> u32 {
        match signal {
            Signal::Output(index) => self
                .descriptor
                .outputs()
                .get(index)
                .map_or(1, |output| u32::from(output.range().max().0)),
            Signal::Button(_) | Signal::Logs => 1,
        }
    }

    pub(super) fn changes(&self, signal: Signal) -> &[Change] {
        match signal {
            Signal::Button(index) => self.buttons.get(index).map_or(&[], Vec::as_slice),
            Signal::Output(index) => self.outputs.get(index).map_or(&[], Vec::as_slice),
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
    pub(super) fn value(&self, signal: Signal, tick: RunTicks) -> u32 {
        let changes = self.changes(signal);
        let after = changes.partition_point(|change| change.tick <= tick);
        match after.checked_sub(1).and_then(|last| changes.get(last)) {
            Some(change) => change.value,
            None => 0,
        }
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
        if edge == Edge::Any || signal == Signal::Logs {
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
        let app = AppEntry::of::<toggle::Firmware>();
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
