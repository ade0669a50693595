//! Checks a trace against what a scenario expects of it.
//!
//! Only the trace is looked at, never the app, so the trace of any world can be checked.

mod output;
#[cfg(test)]
mod tests;

use lockstep_core::app::{AppDescriptor, LogId, LogValues};
use lockstep_core::output::Level;
use lockstep_core::time::Ticks;

use crate::diagnostic::Span;
use crate::dyn_runner::Observation;
use crate::scenario::plan::{Assertion, Check, SamplePoint, TickPhase};
use crate::scenario::{LogAssertion, OutputAssertion};
use crate::trace::{Entry, Trace};
use output::{Mismatch, OutputWindow, meets, too_late};

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where the expectation is written.
    pub span: Span,
    /// The tick at which it fails.
    pub tick: Ticks,
    /// How many entries of the trace come before that.
    pub seen: usize,
    /// What happened when, and what was expected.
    pub message: String,
    /// What helps to understand it, if there is anything.
    pub note: Option<String>,
}

/// The expectations that do not hold, in the order of the checks.
#[must_use]
pub fn check_trace(checks: &[Check], trace: &Trace) -> Vec<Failure> {
    let checker = Checker {
        descriptor: trace.descriptor(),
        entries: trace.entries(),
        outputs: by_output(trace),
        end: trace.end(),
    };
    checks
        .iter()
        .filter_map(|check| checker.check(check).err())
        .collect()
}

struct Checker<'a> {
    descriptor: &'static AppDescriptor,
    entries: &'a [Entry],
    /// The indices of the entries of each output.
    outputs: Vec<Vec<usize>>,
    end: Ticks,
}

fn by_output(trace: &Trace) -> Vec<Vec<usize>> {
    let mut outputs = vec![Vec::new(); trace.descriptor().outputs().len()];
    for (index, entry) in trace.entries().iter().enumerate() {
        if let Observation::Output(output, _) = entry.what
            && let Some(positions) = outputs.get_mut(usize::from(output))
        {
            positions.push(index);
        }
    }
    outputs
}

/// A change of one output.
#[derive(Clone, Copy)]
struct LevelChange {
    tick: Ticks,
    level: Level,
}

impl Checker<'_> {
    fn check(&self, check: &Check) -> Result<(), Failure> {
        let end = check.end();
        let fail = |mismatch: Mismatch| Failure {
            span: check.span,
            tick: mismatch.tick,
            seen: self.index(end).min(self.index_after(mismatch.tick)),
            message: mismatch.message,
            note: mismatch.note,
        };
        if self.end < end.tick {
            let message = format!(
                "the trace ends at tick {}, and this looks up to tick {}",
                self.end.0, end.tick.0
            );
            return Err(fail(Mismatch::new(self.end, message, None)));
        }
        match check.assertion {
            Assertion::Output(output, assertion) => {
                self.output(output, assertion, check.at).map_err(fail)
            }
            Assertion::Log {
                log,
                value,
                assertion,
                since,
            } => self
                .log(log, value, assertion, check.at, since)
                .map_err(fail),
        }
    }

    fn output(
        &self,
        output: u8,
        assertion: OutputAssertion,
        at: SamplePoint,
    ) -> Result<(), Mismatch> {
        let name = self
            .descriptor
            .outputs()
            .get(usize::from(output))
            .map_or("?", |output| output.name());
        let level = self.level(output, at).ok_or_else(|| {
            let message = format!("the trace does not show `{name}` up to tick {}", at.tick.0);
            Mismatch::new(at.tick, message, None)
        })?;
        let view = OutputWindow { name, at, level };
        match assertion {
            OutputAssertion::Is(target) => view.is(target, true),
            OutputAssertion::IsNot(target) => view.is(target, false),
            OutputAssertion::Becomes(target, within) => {
                let late = || self.late(output, at, within, |level| meets(level, target));
                view.becomes(target, within, &self.changes(output, at, within), late)
            }
            OutputAssertion::Changes(within) => {
                let late = || self.late(output, at, within, |_| true);
                view.changes(within, &self.changes(output, at, within), late)
            }
            OutputAssertion::Stays(target, length) => {
                view.stays(target, length, &self.changes(output, at, length))
            }
            OutputAssertion::Pulse(polarity, measure) => {
                view.pulse(polarity, measure, &self.changes(output, at, measure.within))
            }
            OutputAssertion::Period(measure) => {
                view.period(measure, &self.changes(output, at, measure.within))
            }
        }
    }

    fn log(
        &self,
        log: LogId,
        value: Option<u16>,
        assertion: LogAssertion,
        at: SamplePoint,
        since: Option<SamplePoint>,
    ) -> Result<(), Mismatch> {
        let matches = |entry: &&Entry| {
            matches!(entry.what, Observation::Log(log_entry)
                if log_entry.id == log && value.is_none_or(|value| log_entry.value == value))
        };
        let name = self.log_name(log, value);
        let now = self.index(at);
        match assertion {
            LogAssertion::Logged => {
                let start = since.map_or(0, |since| self.index(since));
                if self.between(start, now).iter().any(|entry| matches(&entry)) {
                    return Ok(());
                }
                let since = match since {
                    Some(since) => format!("since the press or reset at tick {}", since.tick.0),
                    None => "since the start".to_owned(),
                };
                Err(Mismatch::new(
                    at.tick,
                    format!("no log `{name}` {since}, up to tick {}", at.tick.0),
                    self.last_logged(log, now),
                ))
            }
            LogAssertion::LoggedWithin(within) => {
                let end = at.tick.saturating_add(within);
                let after = self.index(window_end(at, within));
                let window = self.between(now, after);
                if window.iter().any(|entry| matches(&entry)) {
                    return Ok(());
                }
                let late = self.between(after, self.entries.len()).iter().find(matches);
                let note = match late {
                    Some(entry) => Some(too_late("it came", entry.tick, end)),
                    None => self.last_logged(log, after),
                };
                Err(Mismatch::new(
                    end,
                    format!(
                        "no log `{name}` within {within}, from tick {} to {}",
                        at.tick.0, end.0
                    ),
                    note,
                ))
            }
            LogAssertion::NotLogged(length) => {
                let end = at.tick.saturating_add(length);
                let window = self.between(now, self.index(window_end(at, length)));
                let log_entry = window.iter().find_map(|entry| match entry.what {
                    Observation::Log(log_entry) if matches(&entry) => Some((entry.tick, log_entry)),
                    _ => None,
                });
                let Some((tick, log_entry)) = log_entry else {
                    return Ok(());
                };
                Err(Mismatch::new(
                    tick,
                    format!(
                        "log `{}` at tick {}, expected no `{name}` for {length}, from \
                         tick {} to {}",
                        self.log_name(log, Some(log_entry.value)),
                        tick.0,
                        at.tick.0,
                        end.0
                    ),
                    None,
                ))
            }
        }
    }

    /// A note on the last log of a kind, whatever its value.
    fn last_logged(&self, log: LogId, before: usize) -> Option<String> {
        let kind = self.log_name(log, None);
        let last = self
            .between(0, before)
            .iter()
            .rev()
            .find_map(|entry| match entry.what {
                Observation::Log(log_entry) if log_entry.id == log => Some(format!(
                    "the last log of `{kind}` was `{}`, at tick {}",
                    self.log_name(log, Some(log_entry.value)),
                    entry.tick.0
                )),
                _ => None,
            });
        last.or_else(|| Some(format!("there was no log `{kind}` until then")))
    }

    fn log_name(&self, log: LogId, value: Option<u16>) -> String {
        let Some(kind) = self.descriptor.logs().get(usize::from(log.0)) else {
            return "?".to_owned();
        };
        match (kind.values(), value) {
            (_, None) => kind.name().to_owned(),
            (LogValues::Words(words), Some(value)) => {
                let word = words.get(usize::from(value)).copied().unwrap_or("?");
                format!("{} {word}", kind.name())
            }
            (LogValues::Number, Some(value)) => format!("{} {value}", kind.name()),
        }
    }

    /// The changes of an output in the window that begins at a point.
    fn changes(&self, output: u8, at: SamplePoint, within: Ticks) -> Vec<LevelChange> {
        let (from, to) = (self.index(at), self.index(window_end(at, within)));
        self.changes_between(output, from, to).collect()
    }

    /// The changes of an output from one index of the trace to another.
    fn changes_between(
        &self,
        output: u8,
        from: usize,
        to: usize,
    ) -> impl DoubleEndedIterator<Item = LevelChange> {
        let positions = self.outputs.get(usize::from(output));
        let positions = positions.map_or(&[][..], Vec::as_slice);
        let first = positions.partition_point(|position| *position < from);
        let last = positions.partition_point(|position| *position < to);
        let positions = positions.get(first..last).unwrap_or_default();
        positions
            .iter()
            .filter_map(move |position| change(self.entries.get(*position)?, output))
    }

    /// The change that was expected, if it came after the window.
    fn late(
        &self,
        output: u8,
        at: SamplePoint,
        within: Ticks,
        wanted: impl Fn(Level) -> bool,
    ) -> Option<LevelChange> {
        let end = self.index(window_end(at, within));
        self.changes_between(output, end, self.entries.len())
            .find(|change| wanted(change.level))
    }

    /// The level of an output at a point; `None` if the trace does not show it.
    fn level(&self, output: u8, at: SamplePoint) -> Option<Level> {
        let last = self.changes_between(output, 0, self.index(at)).next_back();
        last.map(|change| change.level)
    }

    /// How many entries come before a point.
    fn index(&self, point: SamplePoint) -> usize {
        let after = self.index_after(point.tick);
        match point.phase {
            TickPhase::AfterInputs => after,
            TickPhase::BeforeInputs => {
                let before = match point.tick {
                    Ticks::ZERO => 0,
                    Ticks(tick) => self.index_after(Ticks(tick - 1)),
                };
                // Power-up is written as an input, but is not an event of the script.
                let power_up = usize::from(point.tick == Ticks::ZERO).min(after);
                let input = self
                    .between(before + power_up, after)
                    .iter()
                    .position(|entry| matches!(entry.what, Observation::Input(_)));
                input.map_or(after, |input| before + power_up + input)
            }
        }
    }

    /// The entries from one index to another; none if that comes before it.
    fn between(&self, from: usize, to: usize) -> &[Entry] {
        self.entries.get(from..to).unwrap_or_default()
    }

    /// How many entries come up to and including a tick.
    fn index_after(&self, tick: Ticks) -> usize {
        self.entries.partition_point(|entry| entry.tick <= tick)
    }
}

/// The end of a window: before the inputs of its last tick, whose statements come after it.
fn window_end(at: SamplePoint, length: Ticks) -> SamplePoint {
    SamplePoint {
        tick: at.tick.saturating_add(length),
        phase: TickPhase::BeforeInputs,
    }
}

fn change(entry: &Entry, output: u8) -> Option<LevelChange> {
    match entry.what {
        Observation::Output(index, level) if index == output => Some(LevelChange {
            tick: entry.tick,
            level,
        }),
        _ => None,
    }
}
