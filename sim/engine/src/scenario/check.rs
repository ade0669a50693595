//! Gives a scenario's sentences their ticks, and its names their meaning for an app.

use lockstep_core::app::{AppDescriptor, LogId, LogValues};
use lockstep_core::event::ButtonId;
use lockstep_core::output::Range;
use lockstep_core::time::Ticks;

use super::grammar::MAX_DIAGNOSTICS;
use super::input_validator::InputValidator;
use super::names;
use super::{
    Expectation, LogAssertion, Name, OutputAssertion, Scenario, Statement, StatementKind,
    TargetLevel,
};
use crate::diagnostic::{Diagnostic, Span};
use crate::sanitize::excerpt;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, MAX_LENGTH, Script, ScriptEvent, SwitchState,
};

/// A scenario made for one app: what a world plays, and what judges the trace it leaves.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is played.
    pub script: Script,
    /// What is expected, in the order it was written.
    pub checks: Vec<Check>,
}

/// One expectation, its names looked up and its tick known.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Where it stands.
    pub span: Span,
    /// When it looks, or begins to.
    pub at: SamplePoint,
    /// What it expects.
    pub assertion: Assertion,
}

impl Check {
    /// When it has seen all it looks at. A window ends with its last tick, but before hands
    /// act in it: what is done there is written after the window.
    #[must_use]
    pub fn end(&self) -> SamplePoint {
        let window = match self.assertion {
            Assertion::Output(_, assertion) => assertion.window(),
            Assertion::Log { assertion, .. } => assertion.window(),
        };
        match window {
            None => self.at,
            Some(window) => SamplePoint {
                tick: self.at.tick.saturating_add(window),
                phase: TickPhase::BeforeInputs,
            },
        }
    }
}

/// A moment between two things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SamplePoint {
    /// The tick.
    pub tick: Ticks,
    /// Which half of it has happened.
    pub phase: TickPhase,
}

/// The halves of a tick: first time passes, then hands act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TickPhase {
    /// Time has passed, nobody has acted yet.
    BeforeInputs,
    /// All that is done in the tick was done.
    AfterInputs,
}

/// What a check expects.
#[derive(Clone, Copy, Debug)]
pub enum Assertion {
    /// Of an output, by its place in the descriptor.
    Output(u8, OutputAssertion),
    /// Of the logs.
    Log {
        /// Which.
        log: LogId,
        /// With which value, where one is named.
        value: Option<u16>,
        /// What.
        assertion: LogAssertion,
        /// Since when [`LogAssertion::Logged`] looks back.
        since: Option<SamplePoint>,
    },
}

/// Makes the scenario for an app with this descriptor.
///
/// # Errors
///
/// All problems, in the order they stand, but at most [`MAX_DIAGNOSTICS`]: names the app
/// does not declare, levels out of range, and what no hand could do.
pub fn plan(scenario: &Scenario, descriptor: &AppDescriptor) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner {
        descriptor,
        now: Ticks::ZERO,
        end: Ticks::ZERO,
        events: Vec::new(),
        inputs: InputValidator::new(descriptor),
        last_press: None,
        checks: Vec::new(),
        diagnostics: Vec::new(),
    };
    for statement in &scenario.statements {
        if planner.diagnostics.len() >= MAX_DIAGNOSTICS {
            break;
        }
        if let Err(diagnostic) = planner.statement(statement) {
            planner.diagnostics.push(diagnostic);
            // Past a limit, every sentence is.
            if planner.end > MAX_LENGTH || planner.events.len() >= MAX_EVENTS {
                break;
            }
        }
    }
    planner.finish(scenario)
}

struct Planner<'a> {
    descriptor: &'a AppDescriptor,
    now: Ticks,
    /// The end of the last window, or of what is done.
    end: Ticks,
    events: Vec<(ScriptEvent, Span)>,
    inputs: InputValidator<'a>,
    last_press: Option<Ticks>,
    checks: Vec<PendingCheck>,
    diagnostics: Vec<Diagnostic>,
}

/// A check whose half of the tick is not known until all events of the tick are.
struct PendingCheck {
    check: Check,
    events_before: usize,
}

impl Planner<'_> {
    fn statement(&mut self, statement: &Statement) -> Result<(), Diagnostic> {
        match &statement.kind {
            StatementKind::Move {
                buttons,
                contact,
                bouncing,
            } => {
                let start = self.now;
                if *bouncing == Ticks(1) {
                    return Err(Diagnostic::new(
                        statement.span,
                        "a contact that bounces for 1 ms moves only once",
                        "expected `bouncing for` at least 2 ms",
                    ));
                }
                self.pass(*bouncing, statement.span)?;
                names::each_once(buttons)?;
                for button in buttons {
                    let id = self.button(button)?;
                    let span = button.span;
                    self.inputs.begin(id, *contact, start, span)?;
                    self.bounce(id, *contact, start, *bouncing, span)?;
                    self.inputs.end(id, *contact, self.now, span);
                }
                if *contact == SwitchState::Closed {
                    self.last_press = Some(start);
                }
            }
            StatementKind::Tap { buttons, length } => {
                let start = self.now;
                self.pass(*length, statement.span)?;
                names::each_once(buttons)?;
                for button in buttons {
                    let id = self.button(button)?;
                    let span = button.span;
                    self.inputs.begin(id, SwitchState::Closed, start, span)?;
                    self.push(start, Action::Button(id, SwitchState::Closed), span)?;
                    self.push(self.now, Action::Button(id, SwitchState::Open), span)?;
                    self.inputs.end(id, SwitchState::Open, self.now, span);
                }
                self.last_press = Some(start);
            }
            StatementKind::Wait(length) => self.pass(*length, statement.span)?,
            StatementKind::Reset(condition) => {
                let condition = names::boot_condition(condition.as_ref(), self.descriptor)?;
                self.inputs.reset(self.now, statement.span)?;
                self.push(self.now, Action::Reset(condition), statement.span)?;
                self.last_press = Some(self.now);
            }
            StatementKind::Expect(expectation) => self.expect(expectation, statement.span)?,
        }
        Ok(())
    }

    fn pass(&mut self, length: Ticks, span: Span) -> Result<(), Diagnostic> {
        self.now = self.now.saturating_add(length);
        self.open_until(self.now, span)
    }

    fn open_until(&mut self, end: Ticks, span: Span) -> Result<(), Diagnostic> {
        self.end = self.end.max(end);
        if self.end > MAX_LENGTH {
            return Err(Diagnostic::new(
                span,
                "the scenario lasts too long",
                format!("expected at most 7 days, {} ms", MAX_LENGTH.0),
            ));
        }
        Ok(())
    }

    /// Moves a contact to and fro every tick until it rests, `bouncing` after the start;
    /// of an odd length one move is left out, so that it does not rest a tick early.
    fn bounce(
        &mut self,
        id: ButtonId,
        contact: SwitchState,
        start: Ticks,
        bouncing: Ticks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.push(start, Action::Button(id, contact), span)?;
        let mut position = contact;
        for offset in 1..=bouncing.0 {
            let next = if offset == bouncing.0 || offset % 2 == 0 && offset + 1 != bouncing.0 {
                contact
            } else {
                contact.other()
            };
            if next != position {
                let tick = start.saturating_add(Ticks(offset));
                self.push(tick, Action::Button(id, next), span)?;
                position = next;
            }
        }
        Ok(())
    }

    fn push(&mut self, tick: Ticks, action: Action, span: Span) -> Result<(), Diagnostic> {
        if self.events.len() >= MAX_EVENTS {
            return Err(Diagnostic::new(
                span,
                "the scenario has too many events",
                format!("expected at most {MAX_EVENTS}"),
            ));
        }
        self.events.push((ScriptEvent { tick, action }, span));
        Ok(())
    }

    fn button(&self, name: &Name) -> Result<ButtonId, Diagnostic> {
        names::button(name, self.descriptor).map(ButtonId)
    }

    fn expect(&mut self, expectation: &Expectation, span: Span) -> Result<(), Diagnostic> {
        let assertion = match expectation {
            Expectation::Output {
                output,
                assertion,
                target_span,
            } => {
                let index = names::output(output, self.descriptor)?;
                self.check_level(index, *assertion, target_span.unwrap_or(span))?;
                Assertion::Output(index, *assertion)
            }
            Expectation::Log {
                log,
                value,
                assertion,
            } => {
                let index = names::log(log, self.descriptor)?;
                let value = value
                    .as_ref()
                    .map(|value| self.log_value(index, value))
                    .transpose()?;
                Assertion::Log {
                    log: LogId(index),
                    value,
                    assertion: *assertion,
                    since: self.last_press.map(|tick| SamplePoint {
                        tick,
                        phase: TickPhase::BeforeInputs,
                    }),
                }
            }
        };
        let check = Check {
            span,
            at: SamplePoint {
                tick: self.now,
                phase: TickPhase::AfterInputs,
            },
            assertion,
        };
        self.open_until(check.end().tick, span)?;
        self.checks.push(PendingCheck {
            check,
            events_before: self.events.len(),
        });
        Ok(())
    }

    fn check_level(
        &self,
        index: u8,
        assertion: OutputAssertion,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let level = match assertion {
            OutputAssertion::Is(target) | OutputAssertion::IsNot(target) => Some(target),
            OutputAssertion::Becomes(target, _) => Some(target),
            OutputAssertion::Stays(target, _) => target,
            OutputAssertion::Changes(_)
            | OutputAssertion::Pulse(..)
            | OutputAssertion::Period(_) => None,
        };
        let (Some(TargetLevel::Level(level)), Some(output)) =
            (level, self.descriptor.outputs().get(usize::from(index)))
        else {
            return Ok(());
        };
        let max = output.range().max().0;
        if level > max {
            let expected = match output.range() {
                Range::Digital => "expected `on` or `off`: it is digital".to_owned(),
                Range::Analog { .. } => format!("expected a level from 0 to {max}"),
            };
            return Err(Diagnostic::new(
                span,
                format!("`{}` is never at {level}", output.name()),
                expected,
            ));
        }
        Ok(())
    }

    fn log_value(&self, log: u8, value: &Name) -> Result<u16, Diagnostic> {
        let kind = self.descriptor.logs().get(usize::from(log));
        match kind.map(|kind| kind.values()) {
            Some(LogValues::Words(words)) => {
                let log = kind.map_or("", |kind| kind.name());
                names::log_word(value, log, words).map(u16::from)
            }
            Some(LogValues::Number) | None => value.text.parse().map_err(|_| {
                Diagnostic::new(
                    value.span,
                    format!(
                        "log `{}` carries a number, and `{}` is none",
                        kind.map_or("", |kind| kind.name()),
                        excerpt(&value.text)
                    ),
                    "expected a whole number from 0 to 65535",
                )
            }),
        }
    }

    fn finish(mut self, scenario: &Scenario) -> Result<Plan, Vec<Diagnostic>> {
        let checks = self.settle_phases();
        let condition = names::boot_condition(scenario.condition.as_ref(), self.descriptor)
            .unwrap_or_else(|diagnostic| {
                self.diagnostics.push(diagnostic);
                BootCondition::OK
            });
        if !self.diagnostics.is_empty() {
            self.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
            self.diagnostics.truncate(MAX_DIAGNOSTICS);
            return Err(self.diagnostics);
        }
        let events = self.events.iter().map(|(event, _)| *event).collect();
        match Script::new(condition, scenario.clock, events, self.end) {
            Ok(script) => Ok(Plan { script, checks }),
            // What hands cannot do was found sentence by sentence; should anything be left,
            // it has no place.
            Err(error) => Err(vec![Diagnostic::new(
                START,
                error.to_string(),
                "expected a script that can be played",
            )]),
        }
    }

    /// An expectation looks at what it stands behind: before the events of its tick that
    /// are written after it, and after those that are written before it.
    fn settle_phases(&mut self) -> Vec<Check> {
        let mut checks = Vec::with_capacity(self.checks.len());
        for PendingCheck {
            mut check,
            events_before,
        } in std::mem::take(&mut self.checks)
        {
            let tick = check.at.tick;
            let (before, after) = self.events.split_at(events_before);
            // Time never goes back from one sentence to the next, so what stands beside
            // the expectation is nearest to it in time as well.
            let acted = before.last().is_some_and(|(event, _)| event.tick == tick);
            let next = after.first().filter(|(event, _)| event.tick == tick);
            match (acted, next) {
                (true, Some((_, span))) => self.diagnostics.push(
                    Diagnostic::new(
                        check.span,
                        "nothing can be seen between two actions of one tick",
                        format!(
                            "expected time to pass before the action on line {}",
                            span.line
                        ),
                    )
                    .with_help("put `wait 1 ms` after the expectation: a board samples its pins once a tick"),
                ),
                (false, Some(_)) => check.at.phase = TickPhase::BeforeInputs,
                (_, None) => {}
            }
            checks.push(check);
        }
        checks
    }
}

const START: Span = Span {
    line: 1,
    column: 1,
    width: 1,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::compact;
    use crate::testing::shipped;

    /// The ticks at which A moves.
    fn moves(text: &str) -> Vec<u32> {
        let scenario = compact::parse(text).unwrap();
        let plan = plan(&scenario, shipped()[0].descriptor()).unwrap();
        plan.script
            .events()
            .iter()
            .map(|event| event.tick.0)
            .collect()
    }

    #[test]
    fn a_bouncing_contact_rests_when_its_time_is_over() {
        assert_eq!(moves("d:A"), [0]);
        assert_eq!(moves("d:A~2"), [0, 1, 2]);
        assert_eq!(moves("d:A~3"), [0, 1, 3]);
        assert_eq!(moves("d:A~4"), [0, 1, 2, 3, 4]);
        assert_eq!(moves("d:A~5"), [0, 1, 2, 3, 5]);
        assert_eq!(moves("d:A~2 t:8 u:A~3"), [0, 1, 2, 10, 11, 13]);
    }

    #[test]
    fn an_expectation_looks_at_what_stands_before_it() {
        let scenario = compact::parse("t:5 is:lamp=off d:A t:5 u:A is:lamp=off").unwrap();
        let plan = plan(&scenario, shipped()[0].descriptor()).unwrap();
        let halves: Vec<_> = plan.checks.iter().map(|check| check.at).collect();
        assert_eq!(
            halves,
            [
                SamplePoint {
                    tick: Ticks(5),
                    phase: TickPhase::BeforeInputs,
                },
                SamplePoint {
                    tick: Ticks(10),
                    phase: TickPhase::AfterInputs,
                },
            ]
        );
    }
}
