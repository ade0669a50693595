//! Which pin of a board is which button and which output: `pins.toml`, read and checked once
//! for the image and for the bench that holds it to its word.

mod generate;

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// The file that holds it, in the folder of the board.
pub const FILE: &str = "pins.toml";

/// What `pins.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinMap {
    /// How many pins each port of the chip has.
    pub ports: Vec<u8>,
    /// The address of the register that holds the levels of each port's outputs.
    pub output_registers: Vec<u32>,
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_pin(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no pin: expected port and pin, such as `P0.17`, with port 0 or 1 \
                 and pin 0 to 31"
            ))
        })
    }
}

fn parse_pin(text: &str) -> Option<Pin> {
    let (port, pin) = text.strip_prefix('P')?.split_once('.')?;
    let number = |text: &str| -> Option<u8> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let pin = Pin {
        port: number(port)?,
        pin: number(pin)?,
    };
    (pin.port < 2 && pin.pin < 32).then_some(pin)
}

/// There is no pin map to work with.
#[derive(Debug, Error)]
pub enum PinMapError {
    /// A file cannot be read or written.
    #[error("`{}`: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no pin map.
    #[error("`{}` is no pin map: {error}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where, and what was expected.
        error: Box<toml::de::Error>,
    },
    /// One pin has two uses.
    #[error("`{}`: {pin} is both {first} and {second}: expected one use for each pin", .path.display())]
    TwoUses {
        /// The file.
        path: PathBuf,
        /// The pin.
        pin: Pin,
        /// What it is.
        first: String,
        /// What it should be as well.
        second: String,
    },
    /// The chip has no such pin.
    #[error("`{}`: {used} is {pin}, which the chip does not have: expected a pin of the ports {ports:?}", .path.display())]
    NoPin {
        /// The file.
        path: PathBuf,
        /// What the pin should be.
        used: String,
        /// The pin.
        pin: Pin,
        /// How many pins each port has.
        ports: Vec<u8>,
    },
    /// An LED of the picture has no such row or column.
    #[error("`{}`: the picture names row {row} and column {column} of a matrix with {rows} rows and {columns} columns", .path.display())]
    OutsideMatrix {
        /// The file.
        path: PathBuf,
        /// The row it names, from 0.
        row: u8,
        /// The column it names, from 0.
        column: u8,
        /// How many rows there are.
        rows: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// The variables that cargo sets for build scripts are missing.
    #[error("cargo has not set `{0}`: expected to run as a build script")]
    NoBuildScript(&'static str),
}

impl PinMap {
    /// Reads and checks the pin map in the folder of a board.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and where.
    pub fn read(board: &Path) -> Result<Self, PinMapError> {
        let path = board.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path),
            Err(error) => Err(PinMapError::Io { path, error }),
        }
    }

    /// Reads and checks a pin map; `path` is what errors call it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(text: &str, path: &Path) -> Result<Self, PinMapError> {
        let map: Self = toml::from_str(text).map_err(|error| PinMapError::Format {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        map.check_uses(path)?;
        map.check_picture(path)?;
        Ok(map)
    }

    /// A pin has one use, but two apps can share it: only one of them is on the board.
    fn check_uses(&self, path: &Path) -> Result<(), PinMapError> {
        for (app, pins) in &self.apps {
            let buttons = pins
                .buttons
                .iter()
                .map(|(name, pin)| (*pin, format!("button {name} of {app}")));
            let rows = self
                .matrix
                .rows
                .iter()
                .map(|pin| (*pin, "a row of the matrix".to_owned()));
            let columns = self
                .matrix
                .columns
                .iter()
                .map(|pin| (*pin, "a column of the matrix".to_owned()));
            let outputs = pins
                .outputs
                .iter()
                .map(|(name, pin)| (*pin, format!("output {name} of {app}")));
            let mut uses: HashMap<Pin, String> = HashMap::new();
            for (pin, second) in buttons.chain(rows).chain(columns).chain(outputs) {
                let ports = self.ports.clone();
                if ports
                    .get(usize::from(pin.port))
                    .is_none_or(|count| pin.pin >= *count)
                {
                    let (path, used) = (path.to_owned(), second);
                    return Err(PinMapError::NoPin {
                        path,
                        used,
                        pin,
                        ports,
                    });
                }
                if let Some(first) = uses.insert(pin, second.clone()) {
                    let path = path.to_owned();
                    return Err(PinMapError::TwoUses {
                        path,
                        pin,
                        first,
                        second,
                    });
                }
            }
        }
        Ok(())
    }

    fn check_picture(&self, path: &Path) -> Result<(), PinMapError> {
        let (rows, columns) = (self.matrix.rows.len(), self.matrix.columns.len());
        for &(row, column) in self.matrix.picture.iter().flatten() {
            if usize::from(row) >= rows || usize::from(column) >= columns {
                let path = path.to_owned();
                return Err(PinMapError::OutsideMatrix {
                    path,
                    row,
                    column,
                    rows,
                    columns,
                });
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
ports = [32, 10]
output_registers = [0x5000_0504, 0x5000_0804]

[contacts]
active = "low"

[apps.toggle.buttons]
button = "P0.17"

[apps.toggle.outputs]
led = "P0.03"

[matrix]
rows = ["P0.13"]
columns = ["P1.04"]
picture = [
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
    [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
]
"#;

    fn parse(text: &str) -> Result<PinMap, PinMapError> {
        PinMap::parse(text, Path::new("pins.toml"))
    }

    fn problem(from: &str, to: &str) -> String {
        assert!(SMALL.contains(from));
        parse(&SMALL.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn the_boards_that_ship_have_pin_maps() {
        for board in ["microbit-v1", "microbit-v2"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(board);
            let map = PinMap::read(&folder).unwrap();
            assert_eq!(map.apps["lamp"].outputs.len(), 4, "{board}");
            assert_eq!(map.apps["lamp"].buttons.len(), 2, "{board}");
        }
    }

    #[test]
    fn a_pin_is_one_number_to_the_chip() {
        let map = parse(SMALL).unwrap();
        assert_eq!(map.apps["toggle"].buttons["button"].select(), 17);
        assert_eq!(map.matrix.columns[0].select(), 36);
        assert_eq!(map.matrix.columns[0].to_string(), "P1.04");
    }

    #[test]
    fn what_is_no_pin_is_told_with_its_line() {
        for wrong in ["17", "P0.32", "P2.01", "P0.+1", "P0.", "p0.01"] {
            let problem = problem("P0.17", wrong);
            assert!(
                problem.contains("button = ") && problem.contains("such as `P0.17`"),
                "{problem}"
            );
        }
    }

    #[test]
    fn a_pin_with_two_uses_is_refused() {
        let problem = problem("P0.03", "P0.17");
        assert_eq!(
            problem,
            "`pins.toml`: P0.17 is both button button of toggle and output led of toggle: \
             expected one use for each pin"
        );
    }

    #[test]
    fn a_pin_that_the_chip_does_not_have_is_refused() {
        for wrong in ["P1.10", "P1.31"] {
            let problem = problem("P0.03", wrong);
            assert!(problem.contains("output led of toggle is P1."), "{problem}");
        }
        assert!(problem("[32, 10]", "[32]").contains("a column of the matrix is P1.04"));
    }

    #[test]
    fn a_picture_outside_the_matrix_is_refused() {
        let problem = problem(
            "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],\n]",
            "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 1]],\n]",
        );
        assert!(problem.contains("row 0 and column 1"), "{problem}");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(problem("[matrix]", "[matrix]\ncolour = 1").contains("colour"));
    }
}
