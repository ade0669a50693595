//! Checks that the inputs of a scenario are possible, statement by statement.
//!
//! A contact closes and opens alternately, and a board that samples its pins once a tick
//! sees at most one move of it a tick, and one reset.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;

use crate::diagnostic::{Diagnostic, Span};
use crate::script::SwitchState;

/// The state of every button, and the statement that last moved it.
pub(super) struct InputValidator<'a> {
    descriptor: &'a AppDescriptor,
    last_moves: Vec<Option<LastMove>>,
    reset: Option<(Ticks, Span)>,
}

#[derive(Clone, Copy)]
struct LastMove {
    contact: SwitchState,
    tick: Ticks,
    span: Span,
}

impl<'a> InputValidator<'a> {
    /// All contacts are open.
    pub(super) fn new(descriptor: &'a AppDescriptor) -> Self {
        Self {
            descriptor,
            last_moves: vec![None; descriptor.buttons().len()],
            reset: None,
        }
    }

    /// Makes sure that a statement can move a contact to `contact`.
    pub(super) fn check_move(
        &self,
        button: ButtonId,
        contact: SwitchState,
        tick: Ticks,
        span: Span,
    ) -> Result<(), Diagnostic> {
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
                format!("expected at least 1 ms after line {}", before.span.line),
            )
            .with_help("put a `wait` before it: a board samples its pins once a tick"));
        }
        Ok(())
    }

    /// Notes that a statement has moved a contact.
    pub(super) fn record_move(
        &mut self,
        button: ButtonId,
        contact: SwitchState,
        tick: Ticks,
        span: Span,
    ) {
        if let Some(last) = self.last_moves.get_mut(usize::from(button.0)) {
            *last = Some(LastMove {
                contact,
                tick,
                span,
            });
        }
    }

    /// Notes a reset, if there can be one at this tick.
    pub(super) fn record_reset(&mut self, tick: Ticks, span: Span) -> Result<(), Diagnostic> {
        match self.reset.replace((tick, span)) {
            Some((before, first)) if before == tick => Err(Diagnostic::new(
                span,
                format!("a second reset in tick {}", tick.0),
                format!("expected at least 1 ms after line {}", first.line),
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
