//! A trace split into steps, one for each tick with inputs.

use std::ops::Range;

use lockstep_core::app::{AppDescriptor, Log, LogValues};
use lockstep_core::output::{self, Level};
use lockstep_core::time::RunTicks;

use crate::dyn_runner::Observation;
use crate::scenario::generated::name;
use crate::scenario::{Expectation, LogAssertion, Name, OutputAssertion, TargetLevel};
use crate::script::{Action, Script, ScriptEvent};
use crate::trace::{Entry, Trace};

/// A trace split into steps, one for each tick with inputs.
pub(super) struct StepTrace<'a> {
    pub(super) descriptor: &'static AppDescriptor,
    pub(super) entries: &'a [Entry],
    /// Power-up, and then every tick with inputs.
    pub(super) steps: Vec<Step<'a>>,
}

/// The inputs of one tick, and the time up to the next tick with inputs.
pub(super) struct Step<'a> {
    pub(super) tick: RunTicks,
    /// The inputs; none at power-up.
    pub(super) actions: &'a [ScriptEvent],
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
        let is_input = |index: usize| matches!(entries[index].what, Observation::Input(_));
        let skip = |from: usize, more: &dyn Fn(usize) -> bool| {
            (from..entries.len())
                .find(|index| !more(*index))
                .unwrap_or(entries.len())
        };
        // Power-up is written as an input, but is not an event of the script.
        let power_up = skip(0, &|index| {
            entries[index].tick == RunTicks::ZERO && (index == 0 || !is_input(index))
        });
        let mut steps = vec![Step {
            tick: RunTicks::ZERO,
            actions: &[],
            immediate: 0..power_up,
            later: power_up..entries.len(),
            until: script.end(),
        }];
        for actions in script.events().chunk_by(|a, b| a.tick == b.tick) {
            let tick = actions[0].tick;
            let from = steps.last().map_or(0, |step| step.immediate.end);
            let inputs = skip(from, &|index| {
                entries[index].tick < tick || entries[index].tick == tick && !is_input(index)
            });
            let over = skip(inputs, &|index| entries[index].tick == tick);
            if let Some(before) = steps.last_mut() {
                before.later = before.immediate.end..inputs;
                before.until = tick;
            }
            steps.push(Step {
                tick,
                actions,
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
        let max = declared.range().max();
        !["log", "no"].contains(&declared.name())
            && self
                .entries
                .iter()
                .all(|entry| match level_of(entry, output) {
                    Some(level) => level <= max,
                    None => true,
                })
    }

    /// A level as a sentence names it.
    pub(super) fn target(&self, output: u8, level: Level) -> TargetLevel {
        let digital = self
            .output(output)
            .is_some_and(|output| output.range() == output::Range::Digital);
        match level {
            Level::OFF => TargetLevel::Off,
            _ if digital => TargetLevel::On,
            Level(level) => TargetLevel::Level(level),
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
    pub(super) fn expect_log(&self, log: Log, assertion: LogAssertion) -> Option<Expectation> {
        let kind = self.descriptor.logs().get(usize::from(log.id.0))?;
        let value = match (assertion, kind.values()) {
            // Before a log comes, no other of its kind may.
            (LogAssertion::NotLogged(_), _) => None,
            (_, LogValues::Number) => Some(name(&log.value.to_string())),
            (_, LogValues::Words(words)) => word(words, log.value),
        };
        Some(Expectation::Log {
            log: name(kind.name()),
            value,
            assertion,
        })
    }

    fn output(&self, output: u8) -> Option<&'static output::Output> {
        self.descriptor.outputs().get(usize::from(output))
    }
}

/// The word of a log's value, unless it is undeclared or a keyword.
fn word(words: &[&str], value: u16) -> Option<Name> {
    let word = words.get(usize::from(value))?;
    (!["within", "for"].contains(word)).then(|| name(word))
}

/// The level that an entry gives this output.
pub(super) fn level_of(entry: &Entry, output: u8) -> Option<Level> {
    match entry.what {
        Observation::Output(index, level) if index == output => Some(level),
        _ => None,
    }
}
