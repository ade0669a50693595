//! A pin map read from its text, and what is wrong with one, at its place.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;
use toml::Spanned;

use crate::{App, Contacts, DriveRegisters, Excerpt, FILE, Matrix, NoPin, Pin, PinMap};

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
    #[error(
        "`{}` at {at}\n{pin} is both {first} and {second}: expected one use for each pin",
        .path.display()
    )]
    TwoUses {
        /// The file.
        path: PathBuf,
        /// Where the second use is.
        at: Box<Excerpt>,
        /// The pin.
        pin: Pin,
        /// What it is.
        first: String,
        /// What it should be as well.
        second: String,
    },
    /// The chip has no such pin.
    #[error(
        "`{}` at {at}\n{used} is {pin}, which the chip does not have: expected a pin of the ports {ports:?}",
        .path.display()
    )]
    NoPin {
        /// The file.
        path: PathBuf,
        /// Where it is named.
        at: Box<Excerpt>,
        /// What the pin should be.
        used: String,
        /// The pin.
        pin: Pin,
        /// How many pins each port has.
        ports: Vec<u8>,
    },
    /// A port has no registers, or there are registers for more ports than there are.
    #[error("`{}` at {at}\nthere are registers for {registers} ports: expected some for each of the {ports} ports", .path.display())]
    Registers {
        /// The file.
        path: PathBuf,
        /// Where they are named.
        at: Box<Excerpt>,
        /// How many registers are named.
        registers: usize,
        /// How many ports there are.
        ports: usize,
    },
    /// An LED of the picture has no such row or column.
    #[error(
        "`{}` at {at}\nthe picture names row {row} and column {column} of a matrix with {rows} rows and {columns} columns",
        .path.display()
    )]
    OutsideMatrix {
        /// The file.
        path: PathBuf,
        /// Where it is named.
        at: Box<Excerpt>,
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

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_pin(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is no pin: {NoPin}")))
    }
}

fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let ports = Vec::<u8>::deserialize(deserializer)?;
    match ports.iter().all(|pins| (1..=32).contains(pins)) && (1..=2).contains(&ports.len()) {
        true => Ok(ports),
        false => Err(de::Error::custom(
            "expected one or two ports, with 1 to 32 pins each",
        )),
    }
}

pub(crate) fn parse_pin(text: &str) -> Option<Pin> {
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

/// The file as it is written, each pin with its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "ports")]
    ports: Vec<u8>,
    level_registers: Spanned<Vec<u32>>,
    #[serde(default)]
    drive_registers: Option<Spanned<Vec<DriveRegisters>>>,
    contacts: Contacts,
    apps: BTreeMap<String, WrittenApp>,
    matrix: WrittenMatrix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenApp {
    buttons: BTreeMap<String, Spanned<Pin>>,
    outputs: BTreeMap<String, Spanned<Pin>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMatrix {
    rows: Vec<Spanned<Pin>>,
    columns: Vec<Spanned<Pin>>,
    picture: [[Spanned<(u8, u8)>; 5]; 5],
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
        let written: Written = toml::from_str(text).map_err(|error| PinMapError::Format {
            path: path.to_owned(),
            error: Box::new(error),
        })?;
        let source = Source { text, path };
        source.check_registers(&written)?;
        for (name, app) in &written.apps {
            source.check_uses(name, app, &written)?;
        }
        source.check_picture(&written.matrix)?;
        Ok(written.into_map())
    }
}

impl Written {
    fn into_map(self) -> PinMap {
        let app = |app: WrittenApp| App {
            buttons: unplaced(app.buttons),
            outputs: unplaced(app.outputs),
        };
        let apps = self.apps.into_iter().map(|(name, pins)| (name, app(pins)));
        let pins = |pins: Vec<Spanned<Pin>>| pins.into_iter().map(Spanned::into_inner).collect();
        PinMap {
            ports: self.ports,
            level_registers: self.level_registers.into_inner(),
            drive_registers: self.drive_registers.map(Spanned::into_inner),
            contacts: self.contacts,
            apps: apps.collect(),
            matrix: Matrix {
                rows: pins(self.matrix.rows),
                columns: pins(self.matrix.columns),
                picture: self
                    .matrix
                    .picture
                    .map(|line| line.map(Spanned::into_inner)),
            },
        }
    }
}

fn unplaced(pins: BTreeMap<String, Spanned<Pin>>) -> BTreeMap<String, Pin> {
    let pins = pins.into_iter();
    pins.map(|(name, pin)| (name, pin.into_inner())).collect()
}

/// The text that is checked, and its name.
struct Source<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Source<'_> {
    fn at(&self, bytes: Range<usize>) -> Box<Excerpt> {
        Box::new(Excerpt::of(self.text, bytes))
    }

    /// A pin has one use, but two apps can share it: only one of them is on the board.
    fn check_uses(&self, app: &str, pins: &WrittenApp, map: &Written) -> Result<(), PinMapError> {
        let buttons = pins.buttons.iter();
        let buttons = buttons.map(|(name, pin)| (pin, format!("button {name} of {app}")));
        let rows = map.matrix.rows.iter();
        let rows = rows.map(|pin| (pin, "a row of the matrix".to_owned()));
        let columns = map.matrix.columns.iter();
        let columns = columns.map(|pin| (pin, "a column of the matrix".to_owned()));
        let outputs = pins.outputs.iter();
        let outputs = outputs.map(|(name, pin)| (pin, format!("output {name} of {app}")));
        let mut uses: HashMap<Pin, String> = HashMap::new();
        for (placed, used) in buttons.chain(rows).chain(columns).chain(outputs) {
            let pin = *placed.get_ref();
            let count = map.ports.get(usize::from(pin.port));
            if count.is_none_or(|count| pin.pin >= *count) {
                return Err(PinMapError::NoPin {
                    path: self.path.to_owned(),
                    at: self.at(placed.span()),
                    used,
                    pin,
                    ports: map.ports.clone(),
                });
            }
            if let Some(first) = uses.insert(pin, used.clone()) {
                return Err(PinMapError::TwoUses {
                    path: self.path.to_owned(),
                    at: self.at(placed.span()),
                    pin,
                    first,
                    second: used,
                });
            }
        }
        Ok(())
    }

    fn check_registers(&self, map: &Written) -> Result<(), PinMapError> {
        let levels = &map.level_registers;
        self.check_one_a_port(levels.get_ref().len(), levels.span(), map)?;
        match &map.drive_registers {
            Some(drives) => self.check_one_a_port(drives.get_ref().len(), drives.span(), map),
            None => Ok(()),
        }
    }

    fn check_one_a_port(
        &self,
        registers: usize,
        bytes: Range<usize>,
        map: &Written,
    ) -> Result<(), PinMapError> {
        let ports = map.ports.len();
        if registers == ports {
            return Ok(());
        }
        Err(PinMapError::Registers {
            path: self.path.to_owned(),
            at: self.at(bytes),
            registers,
            ports,
        })
    }

    fn check_picture(&self, matrix: &WrittenMatrix) -> Result<(), PinMapError> {
        let (rows, columns) = (matrix.rows.len(), matrix.columns.len());
        for placed in matrix.picture.iter().flatten() {
            let &(row, column) = placed.get_ref();
            if usize::from(row) >= rows || usize::from(column) >= columns {
                return Err(PinMapError::OutsideMatrix {
                    path: self.path.to_owned(),
                    at: self.at(placed.span()),
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

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
ports = [32, 10]
level_registers = [0x5000_0504, 0x5000_0804]

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
            r#"`pins.toml` at line 12, column 7
   |
12 | led = "P0.17"
   |       ^^^^^^^
P0.17 is both button button of toggle and output led of toggle: expected one use for each pin"#
        );
    }

    #[test]
    fn a_pin_that_the_chip_does_not_have_is_refused() {
        for wrong in ["P1.10", "P1.31"] {
            let problem = problem("P0.03", wrong);
            assert!(problem.contains("output led of toggle is P1."), "{problem}");
        }
        assert!(problem("[32, 10]", "[32, 1]").contains("a column of the matrix is P1.04"));
    }

    #[test]
    fn a_picture_outside_the_matrix_is_refused() {
        let problem = problem(
            "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],\n]",
            "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 1]],\n]",
        );
        assert!(problem.contains("row 0 and column 1"), "{problem}");
        assert!(problem.contains("at line 22, column 38"), "{problem}");
    }

    #[test]
    fn a_port_without_a_register_is_refused() {
        let problem = problem("[0x5000_0504, 0x5000_0804]", "[0x5000_0504]");
        assert!(problem.contains("at line 3, column 19"), "{problem}");
        assert!(
            problem.contains("some for each of the 2 ports"),
            "{problem}"
        );
    }

    #[test]
    fn registers_that_drive_are_named_for_every_port_or_for_none() {
        assert_eq!(parse(SMALL).unwrap().drive_registers, None);
        let one = "{ high = 8, low = 12, output = 24, input = 28 }";
        let with = |list: &str| {
            SMALL.replace(
                "[contacts]",
                &format!("drive_registers = {list}\n[contacts]"),
            )
        };
        let both = parse(&with(&format!("[{one}, {one}]"))).unwrap();
        assert_eq!(both.drive_registers.unwrap()[1].input, 28);
        let problem = parse(&with(&format!("[{one}]"))).unwrap_err().to_string();
        assert!(problem.contains("registers for 1 ports"), "{problem}");
    }

    #[test]
    fn a_pin_has_the_use_it_has_in_any_app() {
        let map = parse(SMALL).unwrap();
        let of = |pin: &str| map.use_of(pin.parse().unwrap());
        assert_eq!(of("P0.17").as_deref(), Some("button button of toggle"));
        assert_eq!(of("P1.04").as_deref(), Some("a pin of the matrix"));
        assert_eq!(of("P0.30"), None);
        assert!(!map.has("P1.10".parse().unwrap()));
    }

    #[test]
    fn a_port_has_at_most_32_pins() {
        for wrong in ["[99, 10]", "[0, 10]", "[]", "[32, 10, 8]"] {
            assert!(problem("[32, 10]", wrong).contains("1 to 32 pins"));
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(problem("[matrix]", "[matrix]\ncolour = 1").contains("colour"));
    }
}
