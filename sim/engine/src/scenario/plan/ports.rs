//! Gives the statements that act on numbers, serial lines and encoders their events.

use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::time::RunTicks;

use super::{CauseKind, Planner};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::Name;
use crate::scenario::names;
use crate::scenario::quantity::Quantity;
use crate::script::Action;
use crate::timed_input::{self, MOVES_A_CLICK};

impl Planner<'_> {
    /// Does something at a tick, if a board could see it there.
    pub(super) fn act(
        &mut self,
        action: Action,
        tick: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        if let (Action::Number(id, _), RunTicks::ZERO, Some((seed, above))) =
            (action, tick, self.seed)
            && id == seed
        {
            return Err(Diagnostic::new(
                span,
                format!("the seed on line {} is for the same tick, 0", above.line),
                format!("expected it at least {} later", self.length(1)),
            ));
        }
        self.inputs.record_action(action, tick, span)?;
        self.push(tick, action, span)
    }

    /// Sets what the app's random source begins with, before anything else is done.
    pub(super) fn seed(&mut self, seed: i32, span: Span) -> Result<(), Diagnostic> {
        let mut numbers = (0..).map(NumberId).zip(self.descriptor.numbers());
        let (id, _) = numbers.find(|(_, it)| it.is_seed()).ok_or_else(|| {
            Diagnostic::new(
                span,
                format!("app `{}` has no random source", self.descriptor.name()),
                "expected no seed: the app declares no `NumberInput::seed`",
            )
        })?;
        self.seed = Some((id, span));
        // Not in the order of sentences: it stands above all of them, and a board sees buttons first.
        self.push(RunTicks::ZERO, Action::Number(id, seed), span)
    }

    /// One step for each tick in which the number, which runs evenly, rounds to another one.
    pub(super) fn ramp(
        &mut self,
        id: NumberId,
        (from, to): (i32, i32),
        length: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let start = self.now;
        self.pass(length, span)?;
        self.act(Action::Number(id, from), start, span)?;
        let way = i128::from(to) - i128::from(from);
        let (distance, ticks) = (way.abs(), i128::from(length.0));
        // Each step is an event: of as many as there can be, the rest is refused.
        for step in 1..=distance.min(ticks) {
            // To the nearest number, halves away from where it began. Where the ticks are more than the
            // numbers, the first tick of each number; otherwise the number of each tick.
            let (passed, gone) = match distance <= ticks {
                true => (
                    ((2 * step - 1) * ticks + 2 * distance - 1) / (2 * distance),
                    step,
                ),
                false => (step, (2 * distance * step + ticks) / (2 * ticks)),
            };
            let number = i32::try_from(i128::from(from) + way.signum() * gone).unwrap_or(to);
            let tick = start.saturating_add(RunTicks(u64::try_from(passed).unwrap_or(length.0)));
            self.act(Action::Number(id, number), tick, span)?;
        }
        self.record_cause(CauseKind::Ramp, start);
        Ok(())
    }

    /// Each byte arrives when a line of this speed has carried those before it.
    pub(super) fn send(&mut self, line: &Name, bytes: &[u8], span: Span) -> Result<(), Diagnostic> {
        let id = names::serial_line(line, self.descriptor)?;
        let Some(declared) = self.descriptor.serial_lines().get(usize::from(id)) else {
            return Ok(());
        };
        let start = self.now;
        let period = self.descriptor.tick();
        for event in timed_input::send(SerialId(id), declared, period, bytes) {
            let tick = start.saturating_add(event.tick);
            self.pass(tick.saturating_sub(self.now), span)?;
            self.act(event.action, tick, span)?;
        }
        self.record_cause(CauseKind::Send, start);
        Ok(())
    }

    /// The contacts of an encoder close and open one after the other, in equal steps.
    pub(super) fn turn(
        &mut self,
        encoder: &Name,
        clicks: i32,
        length: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let index = names::encoder(encoder, self.descriptor)?;
        let Some(encoder) = self.descriptor.encoders().get(usize::from(index)) else {
            return Ok(());
        };
        let moves = u64::from(clicks.unsigned_abs()) * MOVES_A_CLICK;
        if length.0 < moves {
            return Err(Diagnostic::new(
                span,
                format!(
                    "{clicks} clicks in {} are too fast: a board samples contacts once a tick",
                    self.length(length.0)
                ),
                format!("expected at least {}", self.length(moves)),
            ));
        }
        let start = self.now;
        self.pass(length, span)?;
        for event in timed_input::turn(encoder, clicks, length) {
            let Action::Button(button, contact) = event.action else {
                continue;
            };
            let tick = start.saturating_add(event.tick);
            self.inputs.check_move(button, contact, tick, span)?;
            self.push(tick, event.action, span)?;
            self.inputs.record_move(button, contact, tick, span);
        }
        self.record_cause(CauseKind::Turn, start);
        Ok(())
    }

    pub(super) fn number(&self, name: &Name) -> Result<NumberId, Diagnostic> {
        names::number(name, self.descriptor).map(NumberId)
    }

    /// The number that a number input is set to.
    pub(super) fn number_of(
        &self,
        id: NumberId,
        to: Quantity,
        span: Span,
    ) -> Result<i32, Diagnostic> {
        match self.descriptor.numbers().get(usize::from(id.0)) {
            Some(input) => to.on(input.name(), &input.scale(), span),
            None => Ok(0),
        }
    }
}
