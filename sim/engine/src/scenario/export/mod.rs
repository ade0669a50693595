//! Writes a run that was played as a scenario: playing is how tests are written.
//!
//! The scenario plays the same script again, and expects what followed in the run. Inputs
//! become `press`, `release`, `tap`, `set`, `send`, `turn` and `reset`, each followed by what it
//! caused. Bytes that came as fast as their line carries them are one `send`, and the moves of an
//! encoder one `turn`, where nothing was to be seen until the last of them.
//!
//!
//! - A log, or a change of an output, is expected at its exact tick: not a tick earlier
//!   (`expect no log ... for`, `expect ... stays`), and not a tick later (`within`).
//!   Where the same output changes again, or the same kind of log comes again, before the
//!   next input, the wait is split there, so that each is measured from the one before.
//! - What an input causes in its own tick is expected immediately after it.
//! - Before the next input, the outputs that changed since the last one are expected at
//!   their final level. Over more than a second in which nothing happens, two of the
//!   outputs that change in the run are expected to stay.
//! - A periodic output, one that toggles at a fixed interval from power-up and from every
//!   reset on, is expected to repeat once for each of them, whatever the inputs are.
//! - A long pulse train, such as blinking or breathing, is covered by its first change, by
//!   its first period and pulse where all periods are equal, and by the levels at the ends
//!   of the waits it spans. Of one with two levels and no single period, such as a blink
//!   code, the first [`IRREGULAR_CHANGES`] changes are expected.
//!
//! Left out, to keep the text readable:
//!
//! - what comes after the first [`MAX_PER_INTERVAL`] expectations between two inputs, and
//!   after [`MAX_PER_RUN`] in all: a very long run is played again in full, but only its
//!   beginning is checked;
//! - that a periodic output or a pulse train goes on after what was expected of it;
//! - how often a log comes in one tick;
//! - whether a log came in the tick of an input or in the next one, if it came in the next;
//! - that no other logs come: a log is excluded only from the time before it comes;
//! - whatever a sentence cannot name: levels, logs and values that the app does not
//!   declare, an output called `log` or `no`, and log values called `within` or `for`.
//!
//! A scenario can have fewer sentences than a script has events: one of more than
//! [`MAX_STATEMENTS`](super::MAX_STATEMENTS) sentences is written, but cannot be read
//! again.

mod interval;
mod long_input;
mod periodicity;
mod statements;
mod step_trace;
#[cfg(test)]
mod tests;

use lockstep_core::app::AppDescriptor;
use lockstep_core::time::RunTicks;

use super::statement_builder::{condition_name, name, statement, wait};
use super::{Expectation, Scenario, Statement, StatementKind};
use crate::script::Script;
use crate::trace::Trace;
use interval::Interval;
use statements::StatementGroup;
use step_trace::StepTrace;

/// The most expectations between two inputs, not counting the final levels of the outputs.
pub const MAX_PER_INTERVAL: usize = 40;

/// The most expectations in all.
pub const MAX_PER_RUN: usize = 4_000;

/// How many changes are expected of a pulse train with two levels and no single period.
pub const IRREGULAR_CHANGES: usize = 6;

/// A scenario that plays this script and expects what its trace shows.
///
/// The spans in it are placeholders: write it with [`to_string`](ToString::to_string), and
/// read that text to play it.
#[must_use]
pub fn export(descriptor: &'static AppDescriptor, script: &Script, trace: &Trace) -> Scenario {
    let run = StepTrace::new(descriptor, script, trace);
    let intervals = interval::intervals(&run);
    let mut writer = ScenarioWriter {
        statements: Vec::new(),
    };
    let mut next = 0;
    while next < run.steps.len() {
        let StatementGroup { kinds, last } = statements::group_at(&run, &intervals, next);
        writer.statements.extend(kinds.into_iter().map(statement));
        writer.interval(&run, last, &intervals[last]);
        next = last + 1;
    }
    Scenario {
        app: Some(name(descriptor.name())),
        condition: condition_name(descriptor, script.condition()),
        clock: script.clock(),
        seed: None,
        tick: descriptor.tick(),
        statements: writer.statements,
    }
}

struct ScenarioWriter {
    statements: Vec<Statement>,
}

impl ScenarioWriter {
    fn interval(&mut self, run: &StepTrace<'_>, step: usize, interval: &Interval) {
        self.expect(&interval.immediate);
        let mut now = run.steps[step].tick;
        for segment in &interval.segments {
            self.wait(now, segment.at);
            now = segment.at;
            self.expect(&segment.expectations);
        }
        self.wait(now, run.steps[step].until);
        self.expect(&interval.final_levels);
    }

    fn wait(&mut self, from: RunTicks, to: RunTicks) {
        self.statements.extend(wait(from, to));
    }

    fn expect(&mut self, expectations: &[Expectation]) {
        let statements = expectations
            .iter()
            .cloned()
            .map(StatementKind::Expect)
            .map(statement);
        self.statements.extend(statements);
    }
}
