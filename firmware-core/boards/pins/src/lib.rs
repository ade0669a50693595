//! Which pin of a board is which button and which output: `pins.toml`, read and checked once
//! for the image and for the bench that holds it to its word.

mod generate;
mod place;
mod read;

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Deserialize;

pub use place::Excerpt;
pub use read::PinMapError;

/// The file that holds it, in the folder of the board.
pub const FILE: &str = "pins.toml";

/// What `pins.toml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMap {
    /// How many pins each port of the chip has.
    pub ports: Vec<u8>,
    /// The address of the register that tells the levels of each port's pins.
    pub level_registers: Vec<u32>,
    /// The registers through which a bench drives pins that nothing else uses, a port each; none
    /// where the map does not name them.
    pub drive_registers: Option<Vec<DriveRegisters>>,
    /// How the contacts are wired.
    pub contacts: Contacts,
    /// The pins of each app, by its name.
    pub apps: BTreeMap<String, App>,
    /// The LEDs that show the outputs to people.
    pub matrix: Matrix,
}

/// The addresses of a port's registers that move the pins whose bits are written to them, and
/// leave the others as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriveRegisters {
    /// The level becomes high.
    pub high: u32,
    /// The level becomes low.
    pub low: u32,
    /// The pin becomes an output, which drives its level.
    pub output: u32,
    /// The pin becomes an input, which drives nothing.
    pub input: u32,
}

/// How the contacts of a board are wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contacts {
    /// The level of a pin whose contact is closed.
    pub active: Active,
}

/// The pins of one app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// The pin of each button, by name.
    pub buttons: BTreeMap<String, Pin>,
    /// The pin of each output, by name.
    pub outputs: BTreeMap<String, Pin>,
}

/// The level of a pin that says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Active {
    /// Pulled up, and low while the contact is closed.
    Low,
    /// Pulled down, and high while the contact is closed.
    High,
}

/// LEDs in rows and columns: one lights while its row is high and its column is low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// The pins of the rows.
    pub rows: Vec<Pin>,
    /// The pins of the columns.
    pub columns: Vec<Pin>,
    /// The row and the column of each LED, as people see them: five lines of five.
    pub picture: [[(u8, u8); 5]; 5],
}

/// A pin, written as `P0.17`: port 0, pin 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin {
    /// The port, 0 or 1.
    pub port: u8,
    /// The pin of the port, 0 to 31.
    pub pin: u8,
}

impl Pin {
    /// Both in one number, as the chip itself writes it (nRF52833 Product Specification
    /// v1.5, PSEL registers): the pin in bits 0 to 4, the port in bit 5.
    #[must_use]
    pub fn select(self) -> u32 {
        u32::from(self.port) << 5 | u32::from(self.pin)
    }
}

impl PinMap {
    /// What a pin is used for by an app or by the matrix.
    #[must_use]
    pub fn use_of(&self, pin: Pin) -> Option<String> {
        let apps = self.apps.iter().flat_map(|(app, pins)| {
            let buttons = pins.buttons.iter().map(|named| ("button", named));
            let outputs = pins.outputs.iter().map(|named| ("output", named));
            let named = buttons.chain(outputs);
            named.map(move |(kind, (name, used))| (*used, format!("{kind} {name} of {app}")))
        });
        let matrix = self.matrix.rows.iter().chain(&self.matrix.columns);
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

impl std::str::FromStr for Pin {
    type Err = NoPin;

    fn from_str(text: &str) -> Result<Self, NoPin> {
        read::parse_pin(text).ok_or(NoPin)
    }
}

/// A text names no pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected port and pin, such as `P0.17`, with port 0 or 1 and pin 0 to 31")]
pub struct NoPin;

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{}.{:02}", self.port, self.pin)
    }
}

/// The whole build script of a board: hands `memory.x` to the linker, and writes the pin map
/// as `pins.rs` for the board to include. What is wrong is told to cargo, which shows it.
#[must_use]
pub fn build_script() -> ExitCode {
    let Err(error) = prepare() else {
        return ExitCode::SUCCESS;
    };
    for line in error.to_string().lines() {
        println!("cargo::error={line}");
    }
    ExitCode::FAILURE
}

fn prepare() -> Result<(), PinMapError> {
    let folder = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(PinMapError::NoBuildScript(name))
    };
    let (board, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    let copy = |name: &str, content: &str| {
        let path = out.join(name);
        fs::write(&path, content).map_err(|error| PinMapError::Io { path, error })
    };
    copy("pins.rs", &PinMap::read(&board)?.to_rust())?;
    let memory = board.join("memory.x");
    let memory = fs::read_to_string(&memory).map_err(|error| PinMapError::Io {
        path: memory,
        error,
    })?;
    copy("memory.x", &memory)?;
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed={FILE}");
    Ok(())
}
