//! The pin map as Rust, for the image.

use std::fmt::Write;

use crate::{Active, Pin, PinMap};

impl PinMap {
    /// The pin map as constants. Buttons and outputs carry their names, so that the image can
    /// be held to the names its app declares when it is built.
    #[must_use]
    pub fn to_rust(&self) -> String {
        let mut out = String::new();
        let named = |pins: &mut dyn Iterator<Item = (&String, &Pin)>| -> String {
            pins.map(|(name, pin)| format!("({name:?}, {}), ", pin.select()))
                .collect()
        };
        let plain = |pins: &[Pin]| -> String {
            pins.iter()
                .map(|pin| format!("{}, ", pin.select()))
                .collect()
        };
        let apps: String = self
            .apps
            .iter()
            .map(|(name, app)| {
                format!(
                    "        lockstep_board::pins::App {{\n\
                     \x20           name: {name:?},\n\
                     \x20           buttons: &[{}],\n\
                     \x20           outputs: &[{}],\n\
                     \x20       }},\n",
                    named(&mut app.buttons.iter()),
                    named(&mut app.outputs.iter()),
                )
            })
            .collect();
        let matrix = &self.matrix;
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "const PINS: lockstep_board::pins::PinMap = lockstep_board::pins::PinMap {{\n\
             \x20   active_low: {active_low},\n\
             \x20   apps: &[\n{apps}    ],\n\
             }};\n\
             const ROWS: [u32; {row_count}] = [{rows}];\n\
             const COLUMNS: [u32; {column_count}] = [{columns}];\n\
             const PICTURE: lockstep_board::matrix::Picture = {picture:?};\n",
            active_low = self.contacts.active == Active::Low,
            row_count = matrix.rows.len(),
            rows = plain(&matrix.rows),
            column_count = matrix.columns.len(),
            columns = plain(&matrix.columns),
            picture = matrix.picture,
        );
        out
    }
}
