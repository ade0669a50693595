//! What an app declares, and what a script uses and a run shows of it.

use lockstep_core::app::{LogKind, LogValues};
use lockstep_core::event::{NumberId, SerialId};

use super::PlayError;
use crate::registry::AppEntry;
use crate::script::{Action, Script, ScriptEvent};
use crate::trace::{Entry, EntryKind, Line};

/// Makes sure that the app gave only outputs and logs that it declares.
///
/// # Errors
///
/// [`PlayError::ContractBroken`] for the first entry that is anything else.
pub fn check_contract(app: &AppEntry, entries: &[Entry]) -> Result<(), PlayError> {
    match entries.iter().find_map(|entry| contract_error(app, entry)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Makes sure that the app has the ports that a script uses.
pub(super) fn check_ports(app: &AppEntry, script: &Script) -> Result<(), PlayError> {
    let mut events = script.events().iter();
    events.try_for_each(|event| check_port(app, event))
}

fn check_port(app: &AppEntry, event: &ScriptEvent) -> Result<(), PlayError> {
    let descriptor = app.descriptor();
    let app = descriptor.name();
    match event.action {
        Action::Button(button, _) if usize::from(button.0) >= descriptor.buttons().len() => {
            Err(PlayError::NoSuchButton {
                app,
                button,
                count: descriptor.buttons().len(),
            })
        }
        Action::Number(NumberId(index), number) => {
            let Some(input) = descriptor.numbers().get(usize::from(index)) else {
                return Err(PlayError::NoSuchPort {
                    app,
                    ports: "number inputs",
                    index,
                    count: descriptor.numbers().len(),
                });
            };
            let scale = input.scale();
            if scale.contains(number) {
                return Ok(());
            }
            Err(PlayError::NumberOutOfRange {
                app,
                tick: event.tick,
                input: input.name(),
                number: scale.shown(number),
                min: scale.shown(scale.min()),
                max: scale.shown(scale.max()),
            })
        }
        Action::Byte(SerialId(index), _)
            if usize::from(index) >= descriptor.serial_lines().len() =>
        {
            Err(PlayError::NoSuchPort {
                app,
                ports: "serial lines",
                index,
                count: descriptor.serial_lines().len(),
            })
        }
        Action::Button(..) | Action::Byte(..) | Action::Reset(_) => Ok(()),
    }
}

pub(super) fn check_boot_conditions(app: &AppEntry, script: &Script) -> Result<(), PlayError> {
    let descriptor = app.descriptor();
    let resets = script
        .events()
        .iter()
        .filter_map(|event| match event.action {
            Action::Reset(condition) => Some(condition),
            _ => None,
        });
    let mut conditions = resets.chain([script.condition()]);
    match conditions.find(|condition| descriptor.boot_condition_name(*condition).is_none()) {
        None => Ok(()),
        Some(condition) => Err(PlayError::NoSuchBootCondition {
            app: descriptor.name(),
            condition,
            count: descriptor.boot_conditions().len(),
        }),
    }
}

/// How an entry breaks the contract of the app, if it does.
fn contract_error(app: &AppEntry, entry: &Entry) -> Option<PlayError> {
    let descriptor = app.descriptor();
    let problem = match entry.what {
        EntryKind::Input(_) | EntryKind::Received(..) => None,
        EntryKind::Output(index, level) => {
            let output = descriptor.outputs().get(usize::from(index))?;
            let range = output.range();
            let scale = range.scale();
            let (beyond, bound) = if level > range.max() {
                ("above", range.max())
            } else {
                ("below", range.min())
            };
            (!range.contains(level)).then(|| {
                format!(
                    "output `{}` is at {}, {beyond} the {} it declares",
                    output.name(),
                    scale.shown(level.0),
                    scale.shown(bound.0)
                )
            })
        }
        EntryKind::Sent(line, _) => {
            let count = descriptor.serial_lines().len();
            (usize::from(line.0) >= count)
                .then(|| format!("it sent on serial line {}, and declares {count}", line.0))
        }
        EntryKind::Row(id, row, _) => match descriptor.matrices().get(usize::from(id.0)) {
            None => Some(format!(
                "it drew on matrix {}, and declares {}",
                id.0,
                descriptor.matrices().len()
            )),
            Some(matrix) => (row >= matrix.rows()).then(|| {
                let (name, rows) = (matrix.name(), matrix.rows());
                format!(
                    "it drew row {row} of `{name}`, which has rows 0 to {}",
                    rows - 1
                )
            }),
        },
        EntryKind::Log(id, _) | EntryKind::Text(id, _) => {
            match descriptor.logs().get(usize::from(id.0)) {
                None => Some(format!(
                    "it logged kind {}, and declares {} kinds",
                    id.0,
                    descriptor.logs().len()
                )),
                Some(kind) => log_error(kind, &entry.what, &Line::new(descriptor, entry)),
            }
        }
    }?;
    Some(PlayError::ContractBroken {
        app: descriptor.name(),
        tick: entry.tick,
        problem,
    })
}

/// How the value of a log is not what its kind declares.
fn log_error(kind: &LogKind, what: &EntryKind, line: &Line) -> Option<String> {
    let name = line.name;
    match (kind.values(), what) {
        (LogValues::Words(words), EntryKind::Log(_, number))
            if usize::try_from(*number).is_ok_and(|word| word < words.len()) =>
        {
            None
        }
        (LogValues::Words(words), EntryKind::Log(_, number)) => Some(format!(
            "log `{name}` has value {number}, and declares {} words",
            words.len()
        )),
        (LogValues::Number, EntryKind::Log(..)) | (LogValues::Text, EntryKind::Text(..)) => None,
        (LogValues::Text, _) => Some(format!(
            "log `{name}` has the number {}, and declares texts",
            line.value
        )),
        (LogValues::Words(_) | LogValues::Number, _) => Some(format!(
            "log `{name}` has the text {}, and declares none",
            line.value
        )),
    }
}
