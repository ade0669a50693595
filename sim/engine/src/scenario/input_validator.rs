//! What hands can do, sentence by sentence.
//!
//! A contact closes and opens by turns, and a board that samples its pins once a tick sees
//! one move of it a tick, and one reset.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::Ticks;

use crate::diagnostic::{Diagnostic, Span};
use crate::script::SwitchState;

/// Where the contacts of an app are, and which sentence moved them there.
pub(super) struct InputValidator<'a> {
    descriptor: &'a AppDescriptor,
    moved: Vec<Option<LastMove>>,
    reset: Option<(Ticks, Span)>,
}

#[derive(Clone, Copy)]
struct LastMove {
    contact: SwitchState,
    tick: Ticks,
    span: Span,
}

impl<'a> InputValidator<'a> {
    /// No hand has touched anything: all contacts are open.
    pub(super) fn new(descriptor: &'a AppDescriptor) -> Self {
        Self {
            descriptor,
            moved: vec![None; descriptor.buttons().len()],
            reset: None,
        }
    }

    /// Whether a sentence can begin to move a contact towards `contact`.
    pub(super) fn begin(
        &self,
        button: ButtonId,
        contact: SwitchState,
        tick: Ticks,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let name = self.name(button);
        let before = self.moved.get(usize::from(button.0)).copied().flatten();
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

    /// A sentence has moved a contact.
    pub(super) fn end(&mut self, button: ButtonId, contact: SwitchState, tick: Ticks, span: Span) {
        if let Some(moved) = self.moved.get_mut(usize::from(button.0)) {
            *moved = Some(LastMove {
                contact,
                tick,
                span,
            });
        }
    }

    /// Somebody resets the board, if that can be at this tick.
    pub(super) fn reset(&mut self, tick: Ticks, span: Span) -> Result<(), Diagnostic> {
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
