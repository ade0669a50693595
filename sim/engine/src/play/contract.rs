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
        EntryKind::Row(id, row, ref cells) => match descriptor.matrices().get(usize::from(id.0)) {
            None => Some(format!(
                "it drew on matrix {}, and declares {}",
                id.0,
                descriptor.matrices().len()
            )),
            Some(matrix) if row >= matrix.rows() => Some(format!(
                "it drew row {row} of `{}`, which has rows 0 to {}",
                matrix.name(),
                matrix.rows() - 1
            )),
            Some(matrix) => cells.is_empty().then(|| {
                let (columns, max) = (matrix.columns(), matrix.max());
                format!(
                    "it drew row {row} of `{}` with other than {columns} cells, or with a level above {max}",
                    matrix.name()
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

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::play;
    use lockstep_core::app::{App, AppDescriptor, Sink};
    use lockstep_core::event::Event;
    use lockstep_core::matrix::{Matrix, MatrixId};
    use lockstep_core::output::Level;
    use lockstep_core::time::RunTicks;

    /// Draws a row when it comes up: which of which matrix, and its levels.
    #[derive(Clone, Debug)]
    struct Drawing<const ID: u8, const ROW: u8, const COLUMNS: usize, const LEVEL: u8>;

    impl<const ID: u8, const ROW: u8, const COLUMNS: usize, const LEVEL: u8> App
        for Drawing<ID, ROW, COLUMNS, LEVEL>
    {
        const DESCRIPTOR: AppDescriptor = AppDescriptor::new("drawing", "1.0.0")
            .with_matrices(&[Matrix::new("display", 2, 4).with_max(3)]);
        type Outputs = [Level; 0];

        fn new() -> Self {
            Self
        }
        fn handle(&mut self, event: Event, out: &mut dyn Sink) {
            if let Event::Init(_) = event {
                out.draw(MatrixId(ID), ROW, &[LEVEL; COLUMNS]);
            }
        }
        fn outputs(&self) -> [Level; 0] {
            []
        }
    }

    fn broken(app: &AppEntry) -> Option<String> {
        let script = Script::default();
        let played = play::trace(app, &script, &mut |_: RunTicks| ControlFlow::Continue(()));
        played.err().map(|error| error.to_string())
    }

    #[test]
    fn a_row_has_the_cells_that_the_matrix_declares() {
        assert_eq!(broken(&AppEntry::of::<Drawing<0, 1, 4, 3>>()), None);
        let other_cells = "with other than 4 cells, or with a level above 3";
        for (app, cause) in [
            (
                AppEntry::of::<Drawing<1, 0, 4, 3>>(),
                "it drew on matrix 1, and declares 1",
            ),
            (
                AppEntry::of::<Drawing<0, 2, 4, 3>>(),
                "row 2 of `display`, which has rows 0 to 1",
            ),
            (AppEntry::of::<Drawing<0, 0, 5, 3>>(), other_cells),
            (AppEntry::of::<Drawing<0, 0, 3, 3>>(), other_cells),
            (AppEntry::of::<Drawing<0, 0, 4, 4>>(), other_cells),
        ] {
            let told = broken(&app).unwrap_or_default();
            assert!(told.contains(cause), "{told}");
        }
    }
}
