//! The pin map as Rust, for the image.

use std::fmt::Write;

use crate::{Active, MatrixPins, Pin, PinMap, SerialPins};

impl PinMap {
    /// The pin map as a constant, `PINS`, of the type `lockstep_board::pins::PinMap`. Buttons and
    /// outputs carry their names, so that the names can be checked against those of the app when
    /// the image is built. `LEVEL_REGISTERS` has the addresses for a board that reads them itself.
    #[must_use]
    pub fn to_rust(&self) -> String {
        let mut out = String::from(
            "/// The pin map of the board, from `pins.toml`.\n\
             pub const PINS: ::lockstep_board::pins::PinMap = ::lockstep_board::pins::PinMap {\n",
        );
        // Writing to a string does not fail.
        let _ = self.write_fields(&mut out);
        out += "};\n";
        let _ = writeln!(
            out,
            "\n/// The register with the pin levels of each port, from `pins.toml`.\n\
             #[allow(dead_code, reason = \"a crate for the chip may know them\")]\n\
             pub const LEVEL_REGISTERS: [usize; {}] = {:?};",
            self.level_registers.len(),
            self.level_registers
        );
        out
    }

    fn write_fields(&self, out: &mut String) -> std::fmt::Result {
        let active_low = self.contacts.active == Active::Low;
        writeln!(out, "    active_low: {active_low},\n    apps: &[")?;
        for (name, app) in &self.apps {
            writeln!(
                out,
                "        ::lockstep_board::pins::AppPins {{\n\
                 \x20           name: {name:?},\n\
                 \x20           buttons: &[{}],\n\
                 \x20           outputs: &[{}],\n\
                 \x20           serial: &[{}],\n\
                 \x20       }},",
                named(&app.buttons),
                named(&app.outputs),
                serial(&app.serial),
            )?;
        }
        writeln!(out, "    ],")?;
        match &self.matrix {
            None => writeln!(out, "    matrix: None,"),
            Some(MatrixPins {
                rows,
                columns,
                picture,
            }) => writeln!(
                out,
                "    matrix: Some(::lockstep_board::pins::MatrixPins {{\n\
                 \x20       rows: &[{}],\n\
                 \x20       columns: &[{}],\n\
                 \x20       picture: {picture:?},\n\
                 \x20   }}),",
                plain(rows),
                plain(columns),
            ),
        }
    }
}

fn named<'a>(pins: impl IntoIterator<Item = (&'a String, &'a Pin)>) -> String {
    let pins = pins.into_iter();
    let pins = pins.map(|(name, pin)| format!("({name:?}, {})", pin.select()));
    pins.collect::<Vec<_>>().join(", ")
}

fn serial<'a>(lines: impl IntoIterator<Item = (&'a String, &'a SerialPins)>) -> String {
    let lines = lines.into_iter().map(|(name, SerialPins { tx, rx })| {
        let (tx, rx) = (tx.select(), rx.select());
        format!("({name:?}, ::lockstep_board::pins::SerialPins {{ tx: {tx}, rx: {rx} }})")
    });
    lines.collect::<Vec<_>>().join(", ")
}

fn plain(pins: &[Pin]) -> String {
    let pins = pins.iter().map(|pin| pin.select().to_string());
    pins.collect::<Vec<_>>().join(", ")
}
