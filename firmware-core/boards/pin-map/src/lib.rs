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
    /// How the contacts are wired.
    pub contacts: Contacts,
    /// The pins of each app, by its name.
    pub apps: BTreeMap<String, App>,
    /// The LEDs that show the outputs to people.
    pub matrix: Matrix,
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
