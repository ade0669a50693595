//! Checks a trace against what a scenario expects of it.
//!
//! Only the trace is looked at, never the app, so the trace of any world can be checked.

mod log;
mod matrix;
mod nearest;
mod output;
mod serial;
#[cfg(test)]
mod tests;
mod window;

use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;
use lockstep_core::ports::Scale;
use lockstep_core::time::{Length, RunTicks};

use crate::diagnostic::Span;
use crate::scenario::TargetLevel;
use crate::scenario::plan::{Assertion, Check, SamplePoint, TickPhase};
use crate::scenario::quantity::Quantity;
use crate::script::Action;
use crate::trace::{Entry, EntryKind, Trace};
use nearest::NearMiss;
use window::Window;

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Where the expectation is written.
    pub span: Span,
    /// The tick at which it fails.
    pub tick: RunTicks,
    /// How many entries of the trace come before that.
    pub seen: usize,
    /// What happened when, and what was expected.
    pub message: String,
    /// The nearest thing that did happen, if there is any.
    pub note: Option<String>,
    /// The sentence that holds, if there is one that is close.
    pub help: Option<String>,
}

/// Why an expectation does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The tick at which it fails.
    pub tick: RunTicks,
    /// What happened when, and what was expected.
    pub message: String,
}

impl Mismatch {
    fn new(tick: RunTicks, message: String) -> Self {
        Self { tick, message }
    }
}

/// The expectations that do not hold, in the order of the checks.
#[must_use]
pub fn check_trace(checks: &[Check], trace: &Trace) -> Vec<Failure> {
    let checker = Checker::new(trace);
    checks
        .iter()
        .filter_map(|check| checker.failure(check))
        .collect()
}

/// The same without what was nearest, whose search looks at the trace again and again.
pub fn mismatches<'a>(
    checks: &'a [Check],
    trace: &'a Trace,
) -> impl Iterator<Item = (Span, Mismatch)> {
    let checker = Checker::new(trace);
    checks
        .iter()
        .filter_map(move |check| Some((check.span, checker.check(check).err()?)))
}

struct Checker<'a> {
    descriptor: &'static AppDescriptor,
    entries: &'a [Entry],
    /// The indices of the entries of each output.
    outputs: Vec<Vec<usize>>,
    /// The indices of the resets; power-up is none.
    resets: Vec<usize>,
    end: RunTicks,
}

fn by_output(trace: &Trace) -> Vec<Vec<usize>> {
    let mut outputs = vec![Vec::new(); trace.descriptor().outputs().len()];
    for (index, entry) in trace.entries().iter().enumerate() {
        if let EntryKind::Output(output, _) = entry.what
            && let Some(positions) = outputs.get_mut(usize::from(output))
        {
            positions.push(index);
        }
    }
    outputs
}

fn resets(trace: &Trace) -> Vec<usize> {
    let entries = trace.entries().iter().enumerate().skip(1);
    entries
        .filter(|(_, entry)| matches!(entry.what, EntryKind::Input(Action::Reset(_))))
        .map(|(index, _)| index)
        .collect()
}

/// A change of one output.
#[derive(Clone, Copy)]
struct LevelChange {
    tick: RunTicks,
    level: Level,
}

impl<'a> Checker<'a> {
    fn new(trace: &'a Trace) -> Self {
        Self {
            descriptor: trace.descriptor(),
            entries: trace.entries(),
            outputs: by_output(trace),
            resets: resets(trace),
            end: trace.end(),
        }
    }
}

impl Checker<'_> {
    /// The time that so many ticks take, for messages.
    fn length(&self, ticks: RunTicks) -> Length {
        self.descriptor.tick().length(ticks)
    }

    /// A level of an output as messages write it.
    fn shown(&self, output: u8, level: Level) -> Quantity {
        Quantity::of(&self.scale(output), level.0)
    }

    fn scale(&self, output: u8) -> Scale {
        let output = self.descriptor.outputs().get(usize::from(output));
        output.map_or(Scale::new(0, 0), |output| output.range().scale())
    }

    /// A target of an output as sentences write it.
    fn named(&self, output: u8, target: TargetLevel<i32>) -> TargetLevel {
        target.with_scale(&self.scale(output))
    }

    fn failure(&self, check: &Check) -> Option<Failure> {
        let mismatch = self.check(check).err()?;
        let NearMiss { note, help } = self.nearest(check);
        Some(Failure {
            span: check.span,
            tick: mismatch.tick,
            seen: self.index(check.end()).min(self.index_after(mismatch.tick)),
            message: mismatch.message,
            note,
            help,
        })
    }

    fn check(&self, check: &Check) -> Result<(), Mismatch> {
        let end = check.end();
        if self.end < end.tick {
            let message = format!(
                "the trace ends at tick {}, before the window of this expectation, which ends at tick {}",
                self.end.0, end.tick.0
            );
            return Err(Mismatch::new(self.end, message));
        }
        match &check.assertion {
            Assertion::Output(output, assertion) => self.output(*output, *assertion, check),
            Assertion::Log {
                log,
                value,
                assertion,
            } => self.log(*log, value.as_ref(), *assertion, check),
            Assertion::Serial(line, assertion) => self.serial(*line, assertion, check),
            Assertion::OnlyOn(outputs) => self.only_on(outputs, check),
            Assertion::Matrix(matrix, assertion) => self.matrix(*matrix, assertion, check),
        }
    }

    /// The window of a check, up to its end.
    fn window(&self, check: &Check) -> Window {
        let (opens, end) = (check.opens(), check.end());
        Window {
            opens,
            cause: check.follows_cause.then_some(check.cause.kind),
            at: check.at,
            end: end.tick,
            first: self.index(opens),
            now: self.index(check.at),
            last: self.index(end),
            reset: None,
        }
    }

    /// The same, but up to the first reset in it: what a reset does to an output, or lets
    /// be logged, is nothing that came to be in the run that is looked at.
    fn window_to_reset(&self, check: &Check) -> Window {
        let window = self.window(check);
        let next = self.resets.partition_point(|reset| *reset < window.now);
        let reset = self.resets.get(next).filter(|reset| **reset < window.last);
        let Some(entry) = reset.and_then(|reset| self.entries.get(*reset)) else {
            return window;
        };
        let last = self.index(SamplePoint {
            tick: entry.tick,
            phase: TickPhase::BeforeInputs,
        });
        Window {
            last: last.max(window.now),
            end: entry.tick,
            reset: Some(entry.tick),
            ..window
        }
    }

    /// The changes of an output from one index of the trace to another. The levels of
    /// power-up are no changes.
    fn changes_between(
        &self,
        output: u8,
        from: usize,
        to: usize,
    ) -> impl DoubleEndedIterator<Item = LevelChange> {
        let positions = self.positions_between(output, from, to).iter();
        positions.filter_map(move |position| change(self.entries.get(*position)?, output))
    }

    /// The indices of these changes.
    fn positions_between(&self, output: u8, from: usize, to: usize) -> &[usize] {
        let positions = self.outputs.get(usize::from(output));
        let positions = positions.map_or(&[][..], Vec::as_slice);
        let from = from.max(self.index(POWERED_UP));
        let first = positions.partition_point(|position| *position < from);
        let last = positions.partition_point(|position| *position < to);
        positions.get(first..last).unwrap_or_default()
    }

    /// The level of an output at an index of the trace; `None` if the trace does not show
    /// it.
    fn level(&self, output: u8, index: usize) -> Option<Level> {
        let index = index.max(self.index(POWERED_UP));
        let positions = self.outputs.get(usize::from(output))?;
        let before = positions.partition_point(|position| *position < index);
        let last = positions.get(before.checked_sub(1)?)?;
        change(self.entries.get(*last)?, output).map(|change| change.level)
    }

    /// How many entries come before a point.
    fn index(&self, point: SamplePoint) -> usize {
        let after = self.index_after(point.tick);
        let before = match point.tick {
            RunTicks::ZERO => 0,
            RunTicks(tick) => self.index_after(RunTicks(tick - 1)),
        };
        match point.phase {
            TickPhase::PowerUp => before,
            TickPhase::AfterInputs => after,
            TickPhase::BeforeInputs => {
                // Power-up is written as inputs, and the numbers that it begins with, but these are
                // no events of the script.
                let power_up = match point.tick {
                    RunTicks::ZERO => 1 + self.descriptor.numbers().len(),
                    _ => 0,
                };
                let entries = self.between(before, after).iter().enumerate();
                let mut inputs = entries.filter(|(_, entry)| entry.what.is_input());
                let first = inputs.nth(power_up);
                first.map_or(after, |(place, _)| before + place)
            }
        }
    }

    /// The entries from one index to another; none if that comes before it.
    fn between(&self, from: usize, to: usize) -> &[Entry] {
        self.entries.get(from..to).unwrap_or_default()
    }

    /// How many entries come up to and including a tick.
    fn index_after(&self, tick: RunTicks) -> usize {
        self.entries.partition_point(|entry| entry.tick <= tick)
    }
}

/// The board is up, and nothing else has happened.
const POWERED_UP: SamplePoint = SamplePoint {
    tick: RunTicks::ZERO,
    phase: TickPhase::BeforeInputs,
};

fn change(entry: &Entry, output: u8) -> Option<LevelChange> {
    match entry.what {
        EntryKind::Output(index, level) if index == output => Some(LevelChange {
            tick: entry.tick,
            level,
        }),
        _ => None,
    }
}
