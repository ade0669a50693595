//! Checks that the inputs of a scenario are possible, statement by statement.
//!
//! A contact closes and opens alternately, and a board that samples its pins once a tick
//! sees at most one move of it a tick, and one reset. What is written for one tick has to be
//! written in the order in which a board sees it.

use std::cmp::Ordering;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::RunTicks;

use super::quantity::Quantity;
use crate::diagnostic::{Diagnostic, Span};
use crate::script::{Action, BootCondition, SwitchState};

/// The state of every button, and the statement that last moved it.
pub(super) struct InputValidator<'a> {
    descriptor: &'a AppDescriptor,
    last_moves: Vec<Option<LastMove>>,
    reset: Option<(RunTicks, Span)>,
    /// What the statements so far did at the last tick.
    last_tick: Vec<Written>,
    statement: usize,
}

/// An action, and the statement that wrote it.
#[derive(Clone, Copy)]
struct Written {
    tick: RunTicks,
    action: Action,
    span: Span,
    statement: usize,
}

#[derive(Clone, Copy)]
struct LastMove {
    contact: SwitchState,
    tick: RunTicks,
    span: Span,
}

impl<'a> InputValidator<'a> {
    /// All contacts are open.
    pub(super) fn new(descriptor: &'a AppDescriptor) -> Self {
        Self {
            descriptor,
            last_moves: vec![None; descriptor.buttons().len()],
            reset: None,
            last_tick: Vec::new(),
            statement: 0,
        }
    }

    /// What comes from here on belongs to the next statement. The actions of one statement
    /// have no order.
    pub(super) fn begin_statement(&mut self) {
        self.statement += 1;
    }

    /// Makes sure that a statement can move a contact to `contact`.
    pub(super) fn check_move(
        &self,
        button: ButtonId,
        contact: SwitchState,
        tick: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.check_order(Action::Button(button, contact), tick, span)?;
        let name = self.name(button);
        let before = self
            .last_moves
            .get(usize::from(button.0))
            .copied()
            .flatten();
        let Some(before) = before else {
            return match contact {
                SwitchState::Closed => Ok(()),
                SwitchState::Open => Err(Diagnostic::new(
                    span,
                    format!("button `{name}` is released already: it was never pressed"),
                    format!("expected `press {name}` before it"),
                )),
            };
        };
        if before.contact == contact {
            return Err(Diagnostic::new(
                span,
                format!(
                    "button `{name}` is {} already, since tick {} (line {})",
                    match contact {
                        SwitchState::Closed => "pressed",
                        SwitchState::Open => "released",
                    },
                    before.tick.0,
                    before.span.line
                ),
                format!("expected `{} {name}` before it", contact.other().verb()),
            ));
        }
        if before.tick == tick {
            return Err(Diagnostic::new(
                span,
                format!("button `{name}` moves twice in tick {}", tick.0),
                format!(
                    "expected at least {} after line {}",
                    self.descriptor.tick(),
                    before.span.line
                ),
            )
            .with_help("put a `wait` before it: a board samples its pins once a tick"));
        }
        Ok(())
    }

    /// Makes sure that a board sees an action after those that are written above it.
    fn check_order(&self, action: Action, tick: RunTicks, span: Span) -> Result<(), Diagnostic> {
        let overtaken = self.last_tick.iter().find(|written| {
            written.tick == tick
                && written.statement != self.statement
                && written.action.compare_order(action) == Ordering::Greater
        });
        let Some(written) = overtaken else {
            return Ok(());
        };
        let (first, second) = (self.sentence(written.action), self.sentence(action));
        Err(Diagnostic::new(
            span,
            format!(
                "a board sees `{second}` before `{first}`, which is written above it for the \
                 same tick, {}",
                tick.0
            ),
            format!(
                "expected it above line {}, or at least {} after it",
                written.span.line,
                self.descriptor.tick()
            ),
        )
        .with_help(format!(
            "write `{second}` above `{first}`, or `wait {}` between them: in one tick a board {}, \
             and a reset comes last",
            self.descriptor.tick(),
            self.order_in_a_tick()
        )))
    }

    fn record(&mut self, action: Action, tick: RunTicks, span: Span) {
        self.last_tick.retain(|written| written.tick == tick);
        self.last_tick.push(Written {
            tick,
            action,
            span,
            statement: self.statement,
        });
    }

    /// The sentence that does this.
    fn sentence(&self, action: Action) -> String {
        match action {
            Action::Button(button, contact) => {
                format!("{} {}", contact.verb(), self.name(button))
            }
            Action::Reset(_) => "reset".to_owned(),
            Action::Number(id, number) => {
                let input = self.descriptor.numbers().get(usize::from(id.0));
                input.map_or_else(String::new, |input| {
                    let to = Quantity::of(&input.scale(), number);
                    format!("set {} to {to}", input.name())
                })
            }
            Action::Byte(line, _) => {
                let line = self.descriptor.serial_lines().get(usize::from(line.0));
                format!("send {}", line.map_or("?", |line| line.name()))
            }
        }
    }

    fn order_in_a_tick(&self) -> String {
        let mut order = Vec::new();
        if !self.descriptor.buttons().is_empty() {
            order.push(format!(
                "samples its buttons in the order {}",
                self.button_list()
            ));
        }
        if !self.descriptor.numbers().is_empty() {
            let names = self.descriptor.numbers().iter();
            let names: Vec<_> = names.map(|it| format!("`{}`", it.name())).collect();
            order.push(format!(
                "then takes its numbers in the order {}",
                names.join(", ")
            ));
        }
        if !self.descriptor.serial_lines().is_empty() {
            order.push("then what serial lines carry".to_owned());
        }
        order.join(", ")
    }

    fn button_list(&self) -> String {
        let names = self.descriptor.buttons().iter();
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        names.join(", ")
    }

    /// Notes that a statement has moved a contact.
    pub(super) fn record_move(
        &mut self,
        button: ButtonId,
        contact: SwitchState,
        tick: RunTicks,
        span: Span,
    ) {
        self.record(Action::Button(button, contact), tick, span);
        if let Some(last) = self.last_moves.get_mut(usize::from(button.0)) {
            *last = Some(LastMove {
                contact,
                tick,
                span,
            });
        }
    }

    /// Notes that a number changes or a byte arrives, if either can at this tick.
    pub(super) fn record_action(
        &mut self,
        action: Action,
        tick: RunTicks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.check_order(action, tick, span)?;
        let twice = self
            .last_tick
            .iter()
            .find(|written| written.tick == tick && written.action.excludes(action));
        if let Some(first) = twice {
            return Err(Diagnostic::new(
                span,
                format!(
                    "`{}` changes a number a second time in tick {}",
                    self.sentence(action),
                    tick.0
                ),
                format!(
                    "expected at least {} after line {}",
                    self.descriptor.tick(),
                    first.span.line
                ),
            )
            .with_help(
                "put a `wait` before it: of two numbers in one tick, the first is never seen",
            ));
        }
        // Bytes of one burst follow each other: the last of them stands for all.
        self.last_tick
            .retain(|it| it.tick != tick || it.action.compare_order(action) != Ordering::Equal);
        self.record(action, tick, span);
        Ok(())
    }

    /// Notes a reset, if there can be one at this tick.
    pub(super) fn record_reset(
        &mut self,
        tick: RunTicks,
        condition: BootCondition,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.record(Action::Reset(condition), tick, span);
        match self.reset.replace((tick, span)) {
            Some((before, first)) if before == tick => Err(Diagnostic::new(
                span,
                format!("a second reset in tick {}", tick.0),
                format!(
                    "expected at least {} after line {}",
                    self.descriptor.tick(),
                    first.line
                ),
            )
            .with_help("put a `wait` before it: a board is reset once a tick at most")),
            _ => Ok(()),
        }
    }

    fn name(&self, button: ButtonId) -> &'static str {
        let names = self.descriptor.buttons();
        names.get(usize::from(button.0)).copied().unwrap_or("?")
    }
}
