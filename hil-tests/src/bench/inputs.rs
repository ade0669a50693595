//! The inputs of boards: the pins of their buttons, from their pin maps.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use thiserror::Error;

use crate::images::board::Board;

/// The pin map in the folder of a board.
pub const PINS: &str = "pins.toml";

/// The level at which something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Active {
    /// Low.
    Low,
    /// High.
    High,
}

impl Active {
    /// The word for it in a bench file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
        }
    }
}

/// A board, and what of it can be wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The board.
    pub board: Board,
    /// The level of a pressed button.
    pub active: Active,
    /// The pins of the buttons of each app that has an image.
    pub apps: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct PinMap {
    contacts: Contacts,
    apps: BTreeMap<String, App>,
}

#[derive(Deserialize)]
struct Contacts {
    active: Active,
}

#[derive(Deserialize)]
struct App {
    buttons: BTreeMap<String, String>,
}

/// The pin map of a board cannot be had.
#[derive(Debug, Error)]
pub enum InputsError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {error}", .path.display())]
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
        /// Where in it, and what was expected.
        error: Box<toml::de::Error>,
    },
}

impl Inputs {
    /// Reads the pin map in the folder of the board.
    ///
    /// # Errors
    ///
    /// Those of the file system, and what is wrong with the file, with its place.
    pub fn read(board: Board) -> Result<Self, InputsError> {
        let path = board.folder.join(PINS);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return Err(InputsError::Io { path, error }),
        };
        let map: PinMap = match toml::from_str(&text) {
            Ok(map) => map,
            Err(error) => {
                let error = Box::new(error);
                return Err(InputsError::Format { path, error });
            }
        };
        let apps = map.apps.into_iter().map(|(name, app)| (name, app.buttons));
        Ok(Self {
            board,
            active: map.contacts.active,
            apps: apps.collect(),
        })
    }

    /// The pins that can be wired, each once, with the buttons that are there.
    #[must_use]
    pub fn pins(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut pins = BTreeMap::<_, Vec<_>>::new();
        for (button, pin) in self.apps.values().flatten() {
            let buttons = pins.entry(pin.as_str()).or_default();
            if !buttons.contains(&button.as_str()) {
                buttons.push(button);
            }
        }
        pins
    }
}
