//! Parts of scenarios that nobody has written: their spans are placeholders.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{ButtonId, SerialId};
use lockstep_core::time::RunTicks;

use super::quantity::Quantity;
use super::{Name, Statement, StatementKind};
use crate::diagnostic::Span;
use crate::script::{Action, BootCondition};

/// A statement that stands nowhere.
pub fn statement(kind: StatementKind) -> Statement {
    Statement {
        span: Span::START,
        kind,
    }
}

/// The wait between two ticks, if there is time between them.
pub fn wait(from: RunTicks, to: RunTicks) -> Option<Statement> {
    let length = to.saturating_sub(from);
    (length > RunTicks::ZERO).then(|| statement(StatementKind::Wait(length)))
}

/// A name that stands nowhere.
pub fn name(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        span: Span::START,
    }
}

/// The name of a button; `?` for one that the app does not have.
pub fn button_name(descriptor: &AppDescriptor, button: ButtonId) -> Name {
    let names = descriptor.buttons();
    name(names.get(usize::from(button.0)).copied().unwrap_or("?"))
}

/// The name of a serial line; `?` for one that the app does not have.
pub fn line_name(descriptor: &AppDescriptor, line: SerialId) -> Name {
    let line = descriptor.serial_lines().get(usize::from(line.0));
    name(line.map_or("?", |line| line.name()))
}

/// The statement that changes a number or resets the board; `None` for any other action, or a
/// number that the app does not have.
pub fn port_statement(descriptor: &AppDescriptor, action: Action) -> Option<StatementKind> {
    match action {
        Action::Reset(condition) => {
            Some(StatementKind::Reset(condition_name(descriptor, condition)))
        }
        Action::Number(id, to) => {
            let input = descriptor.numbers().get(usize::from(id.0))?;
            Some(StatementKind::Set {
                number: name(input.name()),
                to: Quantity::of(&input.scale(), to),
                span: Span::START,
            })
        }
        Action::Button(..) | Action::Byte(..) => None,
    }
}

/// The name of a boot condition; `None` for [`BootCondition::OK`].
pub fn condition_name(descriptor: &AppDescriptor, condition: BootCondition) -> Option<Name> {
    match condition {
        BootCondition::OK => None,
        other => descriptor.boot_condition_name(other).map(name),
    }
}
