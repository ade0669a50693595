//! What the types of a pin map do not rule out.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;

use crate::read::{AppTable, MatrixTable, PinMapFile};
use crate::{Diagnostic, MAX_MATRIX_LINES, Pin};

/// Everything that is wrong with the file.
pub(crate) fn check(file: &PinMapFile) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    check_register_counts(file, &mut diagnostics);
    if let Some(matrix) = &file.matrix {
        check_matrix(matrix, &mut diagnostics);
    }
    for (name, app) in &file.apps {
        for diagnostic in uses(name, app, file) {
            // The pins of the matrix are the same for every app.
            if !diagnostics.contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
    }
    diagnostics
}

fn check_register_counts(file: &PinMapFile, diagnostics: &mut Vec<Diagnostic>) {
    let levels = &file.level_registers;
    let drives = file.drive_registers.as_ref();
    let drives = drives.map(|drives| (drives.get_ref().len(), drives.span()));
    let lists = [(levels.get_ref().len(), levels.span())];
    for (count, span) in lists.into_iter().chain(drives) {
        let ports = file.ports.len();
        if count != ports {
            diagnostics.push(Diagnostic {
                span,
                message: format!("{count} registers for {ports} ports"),
                expected: "expected one entry for each port".to_owned(),
            });
        }
    }
}

fn check_matrix(matrix: &MatrixTable, diagnostics: &mut Vec<Diagnostic>) {
    let (rows, columns) = (matrix.rows.get_ref().len(), matrix.columns.get_ref().len());
    for (what, count, span) in [
        ("rows", rows, matrix.rows.span()),
        ("columns", columns, matrix.columns.span()),
    ] {
        if count > MAX_MATRIX_LINES {
            diagnostics.push(Diagnostic {
                span,
                message: format!("the matrix has {count} {what}"),
                expected: format!("expected at most {MAX_MATRIX_LINES}"),
            });
        }
    }
    for led in matrix.picture.iter().flatten() {
        let &(row, column) = led.get_ref();
        if usize::from(row) >= rows || usize::from(column) >= columns {
            diagnostics.push(Diagnostic {
                span: led.span(),
                message: format!("the matrix has no LED in row {row} and column {column}"),
                expected: format!("expected a row below {rows} and a column below {columns}"),
            });
        }
    }
}

/// A pin has one use. Two apps can share a pin, because an image has one app.
fn uses(app: &str, pins: &AppTable, file: &PinMapFile) -> Vec<Diagnostic> {
    let buttons = pins.buttons.iter();
    let buttons = buttons.map(|(name, pin)| (pin, format!("button {name} of {app}")));
    let matrix = file.matrix.iter();
    let matrix = matrix.flat_map(|matrix| {
        let lines = [("row", &matrix.rows), ("column", &matrix.columns)];
        lines.into_iter().flat_map(|(line, pins)| {
            let pins = pins.get_ref().iter();
            pins.map(move |pin| (pin, format!("a {line} of the matrix")))
        })
    });
    let outputs = pins.outputs.iter();
    let outputs = outputs.map(|(name, pin)| (pin, format!("output {name} of {app}")));
    let lines = pins.serial.iter();
    let lines = lines.flat_map(|(name, line)| {
        let sent = (&line.tx, format!("what {name} of {app} sends"));
        [sent, (&line.rx, format!("what {name} of {app} receives"))]
    });
    let mut diagnostics = Vec::new();
    let mut users: HashMap<Pin, String> = HashMap::new();
    let mut first_pin: Option<Pin> = None;
    for (pin, user) in buttons.chain(matrix).chain(outputs).chain(lines) {
        let first = *first_pin.get_or_insert(*pin.get_ref());
        if pin.get_ref().naming != first.naming {
            diagnostics.push(Diagnostic {
                span: pin.span(),
                message: format!("{} and {first} are not named in one way", pin.get_ref()),
                expected: format!("expected a name such as `{first}`"),
            });
        }
        diagnostics.extend(missing(pin, &user, &file.ports));
        if let Some(first) = users.insert(*pin.get_ref(), user.clone()) {
            diagnostics.push(Diagnostic {
                span: pin.span(),
                message: format!("{} is both {first} and {user}", pin.get_ref()),
                expected: "expected one use for each pin".to_owned(),
            });
        }
    }
    diagnostics
}

/// That the chip does not have the pin.
fn missing(pin: &Spanned<Pin>, user: &str, ports: &[u8]) -> Option<Diagnostic> {
    let Pin {
        port,
        pin: number,
        naming,
    } = *pin.get_ref();
    let span: Range<usize> = pin.span();
    let expected = match ports.get(usize::from(port)) {
        Some(count) if number < *count => return None,
        Some(count) => naming.pins_of(port, *count),
        None => naming.last_port(ports.len() - 1),
    };
    Some(Diagnostic {
        span,
        message: format!(
            "{user} is at {}, which the chip does not have",
            pin.get_ref()
        ),
        expected,
    })
}
