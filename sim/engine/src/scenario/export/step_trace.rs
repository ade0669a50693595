//! A trace split into steps, one for each tick with inputs.

use std::ops::Range;

use lockstep_core::app::{AppDescriptor, LogId, LogValues};
use lockstep_core::event::SerialId;
use lockstep_core::output::{self, Level};
use lockstep_core::ports::Scale;
use lockstep_core::time::RunTicks;

use super::long_input::{LongInput, Turn};
use crate::scenario::pattern::Pattern;
use crate::scenario::plan::LogTarget;
use crate::scenario::quantity::Quantity;
use crate::scenario::statement_builder::{line_name, name};
use crate::scenario::{
    Expectation, LogAssertion, Name, OutputAssertion, SerialAssertion, TargetLevel,
};
use crate::script::{Action, Script, ScriptEvent};
use crate::trace::{Entry, EntryKind, Trace};

/// A log, as it is expected.
#[derive(Clone, PartialEq)]
pub(super) struct LoggedValue {
    pub(super) id: LogId,
    pub(super) value: LogTarget,
}

impl LoggedValue {
    /// The log of an entry; `None` of what is none, or an empty text.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        match &entry.what {
            EntryKind::Log(id, number) => Some(Self {
                id: *id,
                value: LogTarget::Number(*number),
            }),
            EntryKind::Text(id, text) if !text.is_empty() => Some(Self {
                id: *id,
                value: LogTarget::Text(Pattern::exactly(text)),
            }),
            _ => None,
        }
    }
}

/// A trace split into steps, one for each tick with inputs.
pub(super) struct StepTrace<'a> {
    pub(super) descriptor: &'static AppDescriptor,
    pub(super) entries: &'a [Entry],
    /// Power-up, and then every tick with inputs, or several that one sentence can do.
    pub(super) steps: Vec<Step<'a>>,
}

/// The inputs of one tick, or of several that one sentence can do, and the time up to the next
/// ones.
pub(super) struct Step<'a> {
    /// The tick at which the sentence ends.
    pub(super) tick: RunTicks,
    /// The inputs; none at power-up.
    pub(super) actions: &'a [ScriptEvent],
    /// The turn of an encoder that the inputs are.
    pub(super) turn: Option<Turn>,
    /// The entries that the inputs caused in their own tick.
    pub(super) immediate: Range<usize>,
    /// The entries that followed as time passed, including those of the next step's tick
    /// that come before its inputs.
    pub(super) later: Range<usize>,
    /// The tick of the next step, or the end of the run.
    pub(super) until: RunTicks,
}

impl Step<'_> {
    /// Whether the board was reset.
    pub(super) fn resets(&self) -> bool {
        let mut actions = self.actions.iter();
        actions.any(|event| matches!(event.action, Action::Reset(_)))
    }

    pub(super) fn length(&self) -> RunTicks {
        self.until.saturating_sub(self.tick)
    }
}

impl<'a> StepTrace<'a> {
    pub(super) fn new(
        descriptor: &'static AppDescriptor,
        script: &'a Script,
        trace: &'a Trace,
    ) -> Self {
        let entries = trace.entries();
        let is_input = |index: usize| entries[index].what.is_input();
        let skip = |from: usize, more: &dyn Fn(usize) -> bool| {
            (from..entries.len())
                .find(|index| !more(*index))
                .unwrap_or(entries.len())
        };
        // Power-up is written as inputs, and the numbers that it begins with, but these are no events
        // of the script.
        let own = 1 + descriptor.numbers().len();
        let inputs = (0..entries.len()).filter(|index| is_input(*index));
        let first = inputs.take(own).last().map_or(0, |last| last + 1);
        let power_up = skip(first, &|index| {
            entries[index].tick == RunTicks::ZERO && !is_input(index)
        });
        let mut steps = vec![Step {
            tick: RunTicks::ZERO,
            actions: &[],
            turn: None,
            immediate: 0..power_up,
            later: power_up..entries.len(),
            until: script.end(),
        }];
        let mut left = script.events();
        while let Some(first) = left.first() {
            let from = steps.last().map_or(0, |step| step.immediate.end);
            let following = entries.get(from..).unwrap_or_default();
            let LongInput { count, end, turn } = LongInput::at(descriptor, script, left, following)
                .unwrap_or_else(|| LongInput {
                    count: left.partition_point(|event| event.tick == first.tick),
                    end: first.tick,
                    turn: None,
                });
            let (actions, rest) = left.split_at(count);
            left = rest;
            let last = actions.last().map_or(first.tick, |event| event.tick);
            let inputs_of = |from: usize, tick: RunTicks| {
                skip(from, &|index| {
                    entries[index].tick < tick || entries[index].tick == tick && !is_input(index)
                })
            };
            let began = inputs_of(from, first.tick);
            let inputs = inputs_of(from, last);
            let over = skip(inputs, &|index| entries[index].tick == last);
            if let Some(before) = steps.last_mut() {
                before.later = before.immediate.end..began;
                before.until = first.tick;
            }
            steps.push(Step {
                tick: end,
                actions,
                turn,
                immediate: inputs..over,
                later: over..entries.len(),
                until: script.end(),
            });
        }
        Self {
            descriptor,
            entries,
            steps,
        }
    }

    /// Whether sentences can name an output: it is declared, its name is not a keyword, and
    /// none of its levels is out of range.
    pub(super) fn can_name(&self, output: u8) -> bool {
        let Some(declared) = self.output(output) else {
            return false;
        };
        let range = declared.range();
        !["log", "no", "only"].contains(&declared.name())
            && self
                .entries
                .iter()
                .all(|entry| match level_of(entry, output) {
                    Some(level) => range.contains(level),
                    None => true,
                })
    }

    /// A level as a sentence names it.
    pub(super) fn target(&self, output: u8, level: Level) -> TargetLevel {
        match self.output(output).map(|output| output.range()) {
            Some(output::Range::Number(scale)) => TargetLevel::Level(Quantity::of(&scale, level.0)),
            _ if level == Level::OFF => TargetLevel::Off,
            Some(output::Range::Digital) => TargetLevel::On,
            range => {
                let scale = range.map_or(Scale::new(0, 0), output::Range::scale);
                TargetLevel::Level(Quantity::of(&scale, level.0))
            }
        }
    }

    pub(super) fn expect_output(&self, output: u8, assertion: OutputAssertion) -> Expectation {
        Expectation::Output {
            output: name(self.output(output).map_or("?", |output| output.name())),
            assertion,
            target_span: None,
        }
    }

    /// `None` where the app does not declare the log.
    pub(super) fn expect_log(
        &self,
        log: &LoggedValue,
        assertion: LogAssertion,
    ) -> Option<Expectation> {
        let kind = self.descriptor.logs().get(usize::from(log.id.0))?;
        let value = match (assertion, &log.value) {
            // Before a log comes, no other of its kind may.
            (LogAssertion::NotLogged(_), _) => None,
            (_, LogTarget::Number(number)) => match kind.values() {
                LogValues::Words(words) => word(words, *number),
                LogValues::Number | LogValues::Text => Some(name(&number.to_string())),
            },
            (_, LogTarget::Text(text)) => Some(name(&text.to_string())),
        };
        Some(Expectation::Log {
            log: name(kind.name()),
            value,
            assertion,
        })
    }

    /// What is sent among these entries, line by line.
    pub(super) fn sent(&self, entries: Range<usize>) -> Vec<(SerialId, Pattern)> {
        let entries = self.entries.get(entries).unwrap_or_default().iter();
        let sent = entries.filter_map(|entry| match &entry.what {
            EntryKind::Sent(line, bytes) => Some((*line, Pattern::exactly(bytes))),
            _ => None,
        });
        sent.collect()
    }

    pub(super) fn expect_serial(&self, line: SerialId, assertion: SerialAssertion) -> Expectation {
        Expectation::Serial {
            line: line_name(self.descriptor, line),
            assertion,
        }
    }

    fn output(&self, output: u8) -> Option<&'static output::Output> {
        self.descriptor.outputs().get(usize::from(output))
    }
}

/// The word of a log's value, unless it is undeclared or a keyword.
fn word(words: &[&str], value: i32) -> Option<Name> {
    let word = words.get(usize::try_from(value).ok()?)?;
    (!["within", "for"].contains(word)).then(|| name(word))
}

/// The level that an entry gives this output.
pub(super) fn level_of(entry: &Entry, output: u8) -> Option<Level> {
    match entry.what {
        EntryKind::Output(index, level) if index == output => Some(level),
        _ => None,
    }
}
