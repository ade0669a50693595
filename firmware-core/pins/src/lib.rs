//! The pin map of a board: which pin is which button and which output of each app.
//!
//! It is a file, `pins.toml`, in the folder of the crate with the images. [`build_script`] reads
//! it when an image is built and writes it as constants for `lockstep-board`; test benches read
//! the same file with [`PinMap::read`].
//!
//! ```toml
//! ports = [32]                      # how many pins each port of the chip has
//! level_registers = [0x5000_0510]   # the register with the pin levels of each port
//!
//! [contacts]
//! active = "low"                    # the pin level while a button is pressed
//!
//! [apps.doorbell.buttons]
//! bell = "P0.17"
//!
//! [apps.doorbell.outputs]
//! chime = "P0.03"
//! ```
//!
//! Pins have the names that the chip's maker gives them: see [`Naming`].
//!
//! `drive_registers` and `[matrix]` may be left out: see [`PinMap::drive_registers`] and
//! [`MatrixPins`].

mod blanks;
mod build_script;
mod check;
mod error;
mod generate;
mod pin;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use blanks::{BLANK, Blank, UnfinishedBoard};
pub use build_script::build_script;
pub use error::{Diagnostic, InvalidPinMap, PinMapError};
pub use pin::{MAX_PORTS, Naming, ParsePinError, Pin};

/// The file that holds the pin map, in the folder of the board.
pub const FILE: &str = "pins.toml";

/// The most rows, and the most columns, of a [`MatrixPins`].
pub const MAX_MATRIX_LINES: usize = 16;

/// A pin map that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMap {
    /// How many pins each port of the chip has.
    pub ports: Vec<u8>,
    /// The address of the register with the pin levels of each port.
    pub level_registers: Vec<u32>,
    /// The registers through which a bench drives pins that nothing else uses, for each port;
    /// `None` where the map does not name them.
    pub drive_registers: Option<Vec<DriveRegisters>>,
    /// How the buttons are wired.
    pub contacts: ButtonPins,
    /// The pins of each app, by its name.
    pub apps: BTreeMap<String, AppPins>,
    /// The LED matrix that shows the outputs to people, where the board has one.
    pub matrix: Option<MatrixPins>,
}

/// The addresses of the registers that change the pins of a port: each changes the pins whose
/// bits are written as 1, and leaves the others as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriveRegisters {
    /// Sets the pins high.
    pub high: u32,
    /// Sets the pins low.
    pub low: u32,
    /// Makes the pins outputs.
    pub output: u32,
    /// Makes the pins inputs.
    pub input: u32,
}

/// How the buttons of a board are wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButtonPins {
    /// The pin level while a button is pressed.
    pub active: Active,
}

/// The pin level while a button is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Active {
    /// Pulled up, and low while the button is pressed.
    Low,
    /// Pulled down, and high while the button is pressed.
    High,
}

/// The pins of one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPins {
    /// The pin of each button, by name.
    pub buttons: BTreeMap<String, Pin>,
    /// The pin of each output, by name.
    pub outputs: BTreeMap<String, Pin>,
    /// The pins of each serial line that is on any, by name.
    pub serial: BTreeMap<String, SerialPins>,
}

/// The pins of a serial line, as the board sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerialPins {
    /// The board sends on this one.
    pub tx: Pin,
    /// The board receives on this one.
    pub rx: Pin,
}

/// LEDs in rows and columns: an LED is lit while its row is high and its column is low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixPins {
    /// The pins of the rows, at most [`MAX_MATRIX_LINES`].
    pub rows: Vec<Pin>,
    /// The pins of the columns, at most [`MAX_MATRIX_LINES`].
    pub columns: Vec<Pin>,
    /// The row and the column of each LED, five lines of five, from the top left.
    pub picture: [[(u8, u8); 5]; 5],
}

impl PinMap {
    /// What an app or the matrix uses the pin for.
    #[must_use]
    pub fn use_of(&self, pin: Pin) -> Option<String> {
        let apps = self.apps.iter().flat_map(|(app, pins)| {
            let buttons = pins.buttons.iter().map(|named| ("button", named));
            let outputs = pins.outputs.iter().map(|named| ("output", named));
            let named = buttons.chain(outputs);
            let named =
                named.map(move |(kind, (name, used))| (*used, format!("{kind} {name} of {app}")));
            let lines = pins
                .serial
                .iter()
                .flat_map(move |(name, SerialPins { tx, rx })| {
                    [
                        (*tx, format!("{name} of {app}")),
                        (*rx, format!("{name} of {app}")),
                    ]
                });
            named.chain(lines)
        });
        let matrix = self.matrix.iter();
        let matrix = matrix.flat_map(|matrix| matrix.rows.iter().chain(&matrix.columns));
        let matrix = matrix.map(|used| (*used, "a pin of the matrix".to_owned()));
        let mut uses = apps.chain(matrix);
        uses.find_map(|(used, what)| (used == pin).then_some(what))
    }

    /// Whether the chip has this pin.
    #[must_use]
    pub fn has(&self, pin: Pin) -> bool {
        let count = self.ports.get(usize::from(pin.port));
        count.is_some_and(|count| pin.pin < *count)
    }
}
