//! Gives the statements that act on numbers, serial lines and encoders their events.

use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::time::RunTicks;

use super::{CauseKind, Planner};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::Name;
use crate::scenario::names;
use crate::scenario::quantity::Quantity;
use crate::script::{Action, SwitchState};

/// Of a byte on a serial line: a start bit, eight bits of data, a stop bit.
const BITS_A_BYTE: u64 = 10;

/// The moves of its contacts in one click of an encoder.
const MOVES_A_CLICK: u64 = 4;

impl Planner<'_> {
    /// Does something at a tick, if a board could see it there.
    pub(super) fn act(
        &mut self,
        action: Action,
        tick: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.inputs.record_action(action, tick, span)?;
        self.push(tick, action, span)
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
        let ticks = i128::from(length.0);
        let mut last = from;
        for passed in 1..=length.0 {
            // To the nearest number, halves away from where it began.
            let doubled = 2 * way * i128::from(passed);
            let gone = (doubled + way.signum() * ticks) / (2 * ticks);
            let number = i32::try_from(i128::from(from) + gone).unwrap_or(to);
            if number != last {
                last = number;
                let tick = start.saturating_add(RunTicks(passed));
                self.act(Action::Number(id, number), tick, span)?;
            }
        }
        self.record_cause(CauseKind::Ramp, start);
        Ok(())
    }

    /// Each byte arrives when a line of this speed has carried those before it.
    pub(super) fn send(&mut self, line: &Name, bytes: &[u8], span: Span) -> Result<(), Diagnostic> {
        let id = names::serial_line(line, self.descriptor)?;
        let declared = self.descriptor.serial_lines().get(usize::from(id));
        let baud = declared.map_or(u32::MAX, |line| line.baud()).max(1);
        let tick_us = u64::from(self.descriptor.tick().as_us());
        let start = self.now;
        for (index, byte) in (0_u64..).zip(bytes) {
            let us = index * BITS_A_BYTE * 1_000_000 / u64::from(baud);
            let tick = start.saturating_add(RunTicks(us / tick_us));
            self.pass(tick.saturating_sub(self.now), span)?;
            self.act(Action::Byte(SerialId(id), *byte), tick, span)?;
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
        let (first, second) = match clicks > 0 {
            true => (encoder.a(), encoder.b()),
            false => (encoder.b(), encoder.a()),
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
        for step in 0..moves {
            let (button, contact) = match step % MOVES_A_CLICK {
                0 => (first, SwitchState::Closed),
                1 => (second, SwitchState::Closed),
                2 => (first, SwitchState::Open),
                _ => (second, SwitchState::Open),
            };
            let passed = u128::from(step) * u128::from(length.0) / u128::from(moves);
            let passed = RunTicks(u64::try_from(passed).unwrap_or(length.0));
            let tick = start.saturating_add(passed);
            self.inputs.check_move(button, contact, tick, span)?;
            self.push(tick, Action::Button(button, contact), span)?;
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
