//! Parts of scenarios that nobody has written: their spans are placeholders.

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::RunTicks;

use super::{Name, Statement, StatementKind};
use crate::diagnostic::Span;
use crate::script::BootCondition;

pub(crate) fn statement(kind: StatementKind) -> Statement {
    Statement {
        span: Span::START,
        kind,
    }
}

/// The wait between two ticks, if there is time between them.
pub(crate) fn wait(from: RunTicks, to: RunTicks) -> Option<Statement> {
    let length = to.saturating_sub(from);
    (length > RunTicks::ZERO).then(|| statement(StatementKind::Wait(length)))
}

pub(crate) fn name(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        span: Span::START,
    }
}

pub(crate) fn button_name(descriptor: &AppDescriptor, button: ButtonId) -> Name {
    let names = descriptor.buttons();
    name(names.get(usize::from(button.0)).copied().unwrap_or("?"))
}

/// The name of a boot condition; `None` for [`BootCondition::OK`].
pub(crate) fn condition_name(descriptor: &AppDescriptor, condition: BootCondition) -> Option<Name> {
    match condition {
        BootCondition::OK => None,
        other => descriptor.boot_condition_name(other).map(name),
    }
}
