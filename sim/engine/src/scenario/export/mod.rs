//! Writes a run that was played as a scenario: playing is how tests are written.
//!
//! The scenario plays the very same script again, and expects what followed in the run.
//! What is done becomes `press`, `release`, `tap` and `reset`; behind it stands what came
//! of it:
//!
//! - A log, or a change of an output, is expected at its exact tick: not a tick earlier
//!   (`expect no log ... for`, `expect ... stays`), and not a tick later (`within`).
//!   Where the same output or kind of log comes again before anything else is done, the
//!   wait is parted there, so that each is measured from the one before it.
//! - What hands cause in the very tick in which they act is expected right behind them.
//! - Before the next thing is done, the outputs that moved since the last one are where
//!   they came to; over more than a second in which nothing follows, two of those that
//!   ever move stay.
//! - An output that is a clockwork, which toggles at one pace from power-up and from every
//!   reset on, is expected to repeat once for each of them, whatever is done meanwhile.
//! - A long stretch of changes that come at one pace, such as blinking or breathing, is
//!   held by its first change, by its first period and pulse where all periods are equal,
//!   and by the levels at the ends of the waits it runs through. Of one that knows two
//!   levels and no single period, such as a blink code, the first
//!   [`IRREGULAR_CHANGES`] changes are expected.
//!
//! Left out, so that people want to read it:
//!
//! - what comes after the first [`MAX_PER_INTERVAL`] expectations between two actions, and after
//!   [`MAX_PER_RUN`] in all; a run that is very long is played again in full, but only its
//!   beginning is held;
//! - that a clockwork, or what blinks or breathes, keeps its pace after what was expected
//!   of it;
//! - how often a log is said in one tick;
//! - which button's release caused a log that another release has caused already, since
//!   the last press, with the same value;
//! - that nothing else is said: a log is only kept away from the time before one that came;
//! - whatever a sentence cannot name: levels, logs and values that the app does not
//!   declare, an output called `log` or `no`, and log values called `within` or `for`.
//!
//! A scenario has fewer sentences than a script can have events: one of more than
//! [`MAX_STATEMENTS`](super::MAX_STATEMENTS) sentences is made, but cannot be read again.

mod interval;
mod periodicity;
mod statements;
mod step_trace;
#[cfg(test)]
mod tests;

use lockstep_core::app::AppDescriptor;
use lockstep_core::time::Ticks;

use super::{Expectation, Name, Scenario, Statement, StatementKind};
use crate::diagnostic::Span;
use crate::script::{BootCondition, Script};
use crate::trace::Trace;
use interval::Interval;
use statements::StatementGroup;
use step_trace::StepTrace;

/// The most expectations between two actions, but for where the outputs are at the end.
pub const MAX_PER_INTERVAL: usize = 40;

/// The most expectations in all.
pub const MAX_PER_RUN: usize = 4_000;

/// How many changes are expected of a stretch that knows two levels, but no single period.
pub const IRREGULAR_CHANGES: usize = 6;

/// A scenario that plays this script, and expects what followed in this trace of it.
///
/// Its text is the thing: [`to_string`](ToString::to_string) it, and read that again.
#[must_use]
pub fn export(descriptor: &'static AppDescriptor, script: &Script, trace: &Trace) -> Scenario {
    let run = StepTrace::new(descriptor, script, trace);
    let intervals = interval::all(&run);
    let mut writer = ScenarioWriter {
        statements: Vec::new(),
    };
    let mut next = 0;
    while next < run.steps.len() {
        let StatementGroup { verbs, last } = statements::at(&run, &intervals, next);
        writer.statements.extend(verbs.into_iter().map(statement));
        writer.interval(&run, last, &intervals[last]);
        next = last + 1;
    }
    Scenario {
        app: Some(name(descriptor.name())),
        condition: condition_name(descriptor, script.condition()),
        clock: script.clock(),
        statements: writer.statements,
    }
}

struct ScenarioWriter {
    statements: Vec<Statement>,
}

impl ScenarioWriter {
    fn interval(&mut self, run: &StepTrace<'_>, step: usize, interval: &Interval) {
        self.expect(&interval.at_once);
        let mut now = run.steps[step].tick;
        for segment in &interval.segments {
            self.wait(now, segment.at);
            now = segment.at;
            self.expect(&segment.expectations);
        }
        self.wait(now, run.steps[step].until);
        self.expect(&interval.at_end);
    }

    fn wait(&mut self, from: Ticks, to: Ticks) {
        let length = to.saturating_sub(from);
        if length > Ticks::ZERO {
            self.statements.push(statement(StatementKind::Wait(length)));
        }
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

fn statement(kind: StatementKind) -> Statement {
    Statement { span: START, kind }
}

/// The name of a boot condition, unless all is well.
fn condition_name(descriptor: &AppDescriptor, condition: BootCondition) -> Option<Name> {
    match condition {
        BootCondition::OK => None,
        other => descriptor.boot_condition_name(other).map(name),
    }
}

fn name(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        span: START,
    }
}

/// What was never written stands nowhere.
const START: Span = Span {
    line: 1,
    column: 1,
    width: 1,
};
