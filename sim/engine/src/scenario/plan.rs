//! Resolves the names of a scenario for an app, and gives its statements their ticks.

mod assertions;
mod check;
mod ports;
mod tables;

use lockstep_core::app::{AppDescriptor, LogId};
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::time::{Length, RunTicks};

pub use self::check::{Assertion, Cause, CauseKind, Check, LogTarget, SamplePoint, TickPhase};
use self::tables::Tables;
use super::grammar::MAX_DIAGNOSTICS;
use super::input_validator::InputValidator;
use super::names;
use super::{Expectation, Name, Scenario, Statement, StatementKind};
use crate::diagnostic::{Diagnostic, Span};
use crate::files::NamedFiles;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, Script, ScriptEvent, SwitchState, max_length,
};

/// A scenario resolved for one app: what a world plays, and the checks of its trace.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is played.
    pub script: Script,
    /// What is expected, in the order of the statements.
    pub checks: Vec<Check>,
}

/// Resolves a scenario that plays no tables for an app with this descriptor.
///
/// # Errors
///
/// As [`plan_with`].
pub fn plan(scenario: &Scenario, descriptor: &AppDescriptor) -> Result<Plan, Vec<Diagnostic>> {
    plan_with(scenario, descriptor, None)
}

/// Resolves the scenario for an app with this descriptor. The tables that it plays are read from
/// the files.
///
/// # Errors
///
/// All diagnostics, in the order of their spans, but at most [`MAX_DIAGNOSTICS`]: names that
/// the app does not declare, levels out of range, tables that cannot be read, and impossible
/// inputs.
pub fn plan_with(
    scenario: &Scenario,
    descriptor: &AppDescriptor,
    files: Option<&dyn NamedFiles>,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut planner = Planner {
        descriptor,
        now: RunTicks::ZERO,
        end: RunTicks::ZERO,
        events: Vec::new(),
        inputs: InputValidator::new(descriptor),
        seed: None,
        tables: Tables::new(files),
        cause: Cause::POWER_UP,
        caused_until: RunTicks::ZERO,
        checks: Vec::new(),
        diagnostics: Vec::new(),
    };
    if let Some((seed, span)) = scenario.seed
        && let Err(diagnostic) = planner.seed(seed, span)
    {
        planner.diagnostics.push(diagnostic);
    }
    for statement in &scenario.statements {
        if planner.diagnostics.len() >= MAX_DIAGNOSTICS {
            break;
        }
        if let Err(diagnostic) = planner.statement(statement) {
            planner.diagnostics.push(diagnostic);
            // Every statement beyond a limit would be reported again.
            if planner.end > max_length(descriptor.tick()) || planner.events.len() >= MAX_EVENTS {
                break;
            }
        }
    }
    planner.finish(scenario)
}

struct Planner<'a> {
    descriptor: &'a AppDescriptor,
    now: RunTicks,
    /// The end of the last window, or of the inputs.
    end: RunTicks,
    events: Vec<(ScriptEvent, Span)>,
    inputs: InputValidator<'a>,
    /// The number that the header sets, and where it does.
    seed: Option<(NumberId, Span)>,
    tables: Tables<'a>,
    /// What was last done.
    cause: Cause,
    /// The tick at which that was over.
    caused_until: RunTicks,
    checks: Vec<PendingCheck>,
    diagnostics: Vec<Diagnostic>,
}

/// A check whose phase is not known until all events of its tick are.
struct PendingCheck {
    check: Check,
    events_before: usize,
}

impl Planner<'_> {
    fn statement(&mut self, statement: &Statement) -> Result<(), Diagnostic> {
        self.inputs.begin_statement();
        match &statement.kind {
            StatementKind::Move {
                buttons,
                contact,
                bouncing,
            } => {
                let start = self.now;
                if *bouncing == RunTicks(1) {
                    return Err(Diagnostic::new(
                        statement.span,
                        format!(
                            "a contact that bounces for {} moves only once",
                            self.length(1)
                        ),
                        format!("expected `bouncing for` at least {}", self.length(2)),
                    ));
                }
                self.pass(*bouncing, statement.span)?;
                names::check_distinct("button", buttons)?;
                for button in buttons {
                    let id = self.button(button)?;
                    let span = button.span;
                    self.inputs.check_move(id, *contact, start, span)?;
                    self.bounce(id, *contact, start, *bouncing, span)?;
                    self.inputs.record_move(id, *contact, self.now, span);
                }
                let kind = match contact {
                    SwitchState::Closed => CauseKind::Press,
                    SwitchState::Open => CauseKind::Release,
                };
                self.record_cause(kind, start);
            }
            StatementKind::Tap { buttons, length } => {
                let start = self.now;
                self.pass(*length, statement.span)?;
                names::check_distinct("button", buttons)?;
                for button in buttons {
                    let id = self.button(button)?;
                    let span = button.span;
                    self.inputs
                        .check_move(id, SwitchState::Closed, start, span)?;
                    self.push(start, Action::Button(id, SwitchState::Closed), span)?;
                    self.push(self.now, Action::Button(id, SwitchState::Open), span)?;
                    self.inputs
                        .record_move(id, SwitchState::Open, self.now, span);
                }
                self.record_cause(CauseKind::Tap, start);
            }
            StatementKind::Wait(length) => self.pass(*length, statement.span)?,
            StatementKind::Reset(condition) => {
                let condition = names::boot_condition(condition.as_ref(), self.descriptor)?;
                self.inputs
                    .record_reset(self.now, condition, statement.span)?;
                self.push(self.now, Action::Reset(condition), statement.span)?;
                self.record_cause(CauseKind::Reset, self.now);
            }
            StatementKind::Set { number, to, span } => {
                let id = self.number(number)?;
                let to = self.number_of(id, *to, *span)?;
                self.act(Action::Number(id, to), self.now, statement.span)?;
                self.record_cause(CauseKind::Set, self.now);
            }
            StatementKind::Ramp {
                number,
                from: (from, from_span),
                to: (to, to_span),
                length,
            } => {
                let id = self.number(number)?;
                let from = self.number_of(id, *from, *from_span)?;
                let to = self.number_of(id, *to, *to_span)?;
                self.ramp(id, (from, to), *length, statement.span)?;
            }
            StatementKind::Play { number, file } => self.play(number, file, statement.span)?,
            StatementKind::Send { line, bytes } => self.send(line, bytes, statement.span)?,
            StatementKind::Turn {
                encoder,
                clicks,
                length,
            } => self.turn(encoder, *clicks, *length, statement.span)?,
            StatementKind::Expect(expectation) => self.expect(expectation, statement.span)?,
        }
        Ok(())
    }

    fn record_cause(&mut self, kind: CauseKind, start: RunTicks) {
        let start = SamplePoint {
            tick: start,
            phase: TickPhase::BeforeInputs,
        };
        self.cause = Cause { kind, start };
        self.caused_until = self.now;
    }

    /// The time that so many ticks take.
    fn length(&self, ticks: u64) -> Length {
        self.descriptor.tick().length(RunTicks(ticks))
    }

    fn pass(&mut self, length: RunTicks, span: Span) -> Result<(), Diagnostic> {
        self.now = self.now.saturating_add(length);
        self.extend_to(self.now, span)
    }

    fn extend_to(&mut self, end: RunTicks, span: Span) -> Result<(), Diagnostic> {
        self.end = self.end.max(end);
        if self.end > max_length(self.descriptor.tick()) {
            return Err(Diagnostic::new(
                span,
                "the scenario lasts too long",
                "expected at most 30 days, 2592000000 ms",
            ));
        }
        Ok(())
    }

    /// Toggles a contact every tick until it settles, `bouncing` after the start; if that is
    /// odd, one move is left out, so that it does not settle a tick early.
    fn bounce(
        &mut self,
        id: ButtonId,
        contact: SwitchState,
        start: RunTicks,
        bouncing: RunTicks,
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
                let tick = start.saturating_add(RunTicks(offset));
                self.push(tick, Action::Button(id, next), span)?;
                position = next;
            }
        }
        Ok(())
    }

    fn push(&mut self, tick: RunTicks, action: Action, span: Span) -> Result<(), Diagnostic> {
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
                let assertion = self.resolve(index, *assertion, target_span.unwrap_or(span))?;
                Assertion::Output(index, assertion)
            }
            Expectation::Serial { line, assertion } => {
                let line = SerialId(names::serial_line(line, self.descriptor)?);
                Assertion::Serial(line, assertion.clone())
            }
            Expectation::Matrix { matrix, assertion } => self.matrix(matrix, assertion, span)?,
            Expectation::OnlyOn(outputs) => self.only_on(outputs)?,
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
                }
            }
        };
        let check = Check {
            span,
            at: SamplePoint {
                tick: self.now,
                phase: TickPhase::AfterInputs,
            },
            cause: self.cause,
            follows_cause: self.caused_until == self.now,
            assertion,
        };
        self.extend_to(check.end().tick, span)?;
        self.checks.push(PendingCheck {
            check,
            events_before: self.events.len(),
        });
        Ok(())
    }

    fn finish(mut self, scenario: &Scenario) -> Result<Plan, Vec<Diagnostic>> {
        let checks = self.resolve_phases();
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
            // Impossible inputs are reported by the statements; should any be left, their
            // span is not known.
            Err(error) => Err(vec![Diagnostic::new(
                Span::START,
                error.to_string(),
                "expected a script that can be played",
            )]),
        }
    }

    /// An expectation looks at the point where it is written: after the events of its tick
    /// that are written before it, and before those that are written after it.
    fn resolve_phases(&mut self) -> Vec<Check> {
        let mut checks = Vec::with_capacity(self.checks.len());
        for PendingCheck {
            mut check,
            events_before,
        } in std::mem::take(&mut self.checks)
        {
            let tick = check.at.tick;
            let (before, after) = self.events.split_at(events_before);
            // Time never goes back from one statement to the next, so the neighbouring
            // events are the nearest in time as well.
            let after_input = before.last().is_some_and(|(event, _)| event.tick == tick);
            let next = after.first().filter(|(event, _)| event.tick == tick);
            match (after_input, next) {
                (true, Some((_, span))) => self.diagnostics.push(
                    Diagnostic::new(
                        check.span,
                        "nothing can be seen between two actions of one tick",
                        format!(
                            "expected time to pass before the action on line {}",
                            span.line
                        ),
                    )
                    .with_help(format!(
                        "put `wait {}` after the expectation: a board samples its pins once a tick",
                        self.descriptor.tick()
                    )),
                ),
                (false, Some(_)) => check.at.phase = TickPhase::BeforeInputs,
                (_, None) => {}
            }
            checks.push(check);
        }
        checks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::compact;
    use crate::testing::shipped;

    /// The ticks at which A moves.
    fn moves(text: &str) -> Vec<u64> {
        let scenario = compact::parse(text).unwrap();
        let plan = plan(&scenario, shipped()[0].descriptor()).unwrap();
        plan.script
            .events()
            .iter()
            .map(|event| event.tick.0)
            .collect()
    }

    #[test]
    fn a_bouncing_contact_settles_when_its_time_is_over() {
        assert_eq!(moves("d:A"), [0]);
        assert_eq!(moves("d:A~2"), [0, 1, 2]);
        assert_eq!(moves("d:A~3"), [0, 1, 3]);
        assert_eq!(moves("d:A~4"), [0, 1, 2, 3, 4]);
        assert_eq!(moves("d:A~5"), [0, 1, 2, 3, 5]);
        assert_eq!(moves("d:A~2 t:8 u:A~3"), [0, 1, 2, 10, 11, 13]);
    }

    #[test]
    fn an_expectation_looks_at_the_point_where_it_is_written() {
        let scenario = compact::parse("t:5 is:lamp=off d:A t:5 u:A is:lamp=off").unwrap();
        let plan = plan(&scenario, shipped()[0].descriptor()).unwrap();
        let points: Vec<_> = plan.checks.iter().map(|check| check.at).collect();
        assert_eq!(
            points,
            [
                SamplePoint {
                    tick: RunTicks(5),
                    phase: TickPhase::BeforeInputs,
                },
                SamplePoint {
                    tick: RunTicks(10),
                    phase: TickPhase::AfterInputs,
                },
            ]
        );
    }
}
