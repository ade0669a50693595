//! The text of a pin map, parsed: every part that can be wrong keeps its span.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use crate::check::check;
use crate::{
    AppPins, ButtonPins, Diagnostic, DriveRegisters, FILE, InvalidPinMap, MAX_PORTS, MatrixPins,
    Pin, PinMap, PinMapError, SerialPins,
};

/// The file, with spans.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinMapFile {
    #[serde(deserialize_with = "ports")]
    pub(crate) ports: Vec<u8>,
    pub(crate) level_registers: Spanned<Vec<u32>>,
    #[serde(default)]
    pub(crate) drive_registers: Option<Spanned<Vec<DriveRegisters>>>,
    contacts: ButtonPins,
    pub(crate) apps: BTreeMap<String, AppTable>,
    #[serde(default)]
    pub(crate) matrix: Option<MatrixTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppTable {
    #[serde(default)]
    pub(crate) buttons: BTreeMap<String, Spanned<Pin>>,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Spanned<Pin>>,
    #[serde(default)]
    pub(crate) serial: BTreeMap<String, SerialTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SerialTable {
    pub(crate) tx: Spanned<Pin>,
    pub(crate) rx: Spanned<Pin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixTable {
    pub(crate) rows: Spanned<Vec<Spanned<Pin>>>,
    pub(crate) columns: Spanned<Vec<Spanned<Pin>>>,
    pub(crate) picture: [[Spanned<(u8, u8)>; 5]; 5],
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pin = text.parse();
        pin.map_err(|error| de::Error::custom(format!("`{text}` is not a pin: {error}")))
    }
}

fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let ports = Vec::<u8>::deserialize(deserializer)?;
    match ports.iter().all(|pins| (1..=32).contains(pins)) && (1..=MAX_PORTS).contains(&ports.len())
    {
        true => Ok(ports),
        false => Err(de::Error::custom(
            "expected 1 to 11 ports, with 1 to 32 pins each",
        )),
    }
}

impl PinMap {
    /// Reads and checks the pin map in the folder of a board.
    ///
    /// # Errors
    ///
    /// [`PinMapError::Read`], or [`PinMapError::Invalid`] with everything that is wrong.
    pub fn read(board: &Path) -> Result<Self, PinMapError> {
        let path = board.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text, &path)?),
            Err(source) => Err(PinMapError::Read { path, source }),
        }
    }

    /// Reads and checks the text of a pin map; `path` is what errors call it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text.
    pub fn parse(text: &str, path: &Path) -> Result<Self, InvalidPinMap> {
        let diagnostics = match toml::from_str::<PinMapFile>(text) {
            Ok(file) => match check(&file) {
                diagnostics if diagnostics.is_empty() => return Ok(file.into()),
                diagnostics => diagnostics,
            },
            Err(error) => vec![Diagnostic {
                span: error.span().unwrap_or_default(),
                message: error.message().to_owned(),
                expected: String::new(),
            }],
        };
        Err(InvalidPinMap::new(path, text, diagnostics))
    }
}

impl From<PinMapFile> for PinMap {
    fn from(file: PinMapFile) -> Self {
        let apps = file.apps.into_iter();
        Self {
            ports: file.ports,
            level_registers: file.level_registers.into_inner(),
            drive_registers: file.drive_registers.map(Spanned::into_inner),
            contacts: file.contacts,
            apps: apps.map(|(name, table)| (name, table.into())).collect(),
            matrix: file.matrix.map(MatrixPins::from),
        }
    }
}

impl From<AppTable> for AppPins {
    fn from(table: AppTable) -> Self {
        let plain = |pins: BTreeMap<String, Spanned<Pin>>| {
            let pins = pins.into_iter();
            pins.map(|(name, pin)| (name, pin.into_inner())).collect()
        };
        Self {
            buttons: plain(table.buttons),
            outputs: plain(table.outputs),
            serial: table
                .serial
                .into_iter()
                .map(|(name, pins)| (name, pins.into()))
                .collect(),
        }
    }
}

impl From<SerialTable> for SerialPins {
    fn from(table: SerialTable) -> Self {
        Self {
            tx: table.tx.into_inner(),
            rx: table.rx.into_inner(),
        }
    }
}

impl From<MatrixTable> for MatrixPins {
    fn from(table: MatrixTable) -> Self {
        let plain = |pins: Spanned<Vec<Spanned<Pin>>>| {
            let pins = pins.into_inner().into_iter();
            pins.map(Spanned::into_inner).collect()
        };
        Self {
            rows: plain(table.rows),
            columns: plain(table.columns),
            picture: table.picture.map(|line| line.map(Spanned::into_inner)),
        }
    }
}
