//! The inputs of boards: the pins of their buttons, from their pin maps.

use std::collections::BTreeMap;

pub use pin_map::Active;
use pin_map::{PinMap, PinMapError};

use crate::images::board::Board;

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

impl Inputs {
    /// Reads the pin map in the folder of the board.
    ///
    /// # Errors
    ///
    /// Those of the file system, and what is wrong with the file, with its place.
    pub fn read(board: Board) -> Result<Self, PinMapError> {
        let map = PinMap::read(&board.folder)?;
        let apps = map.apps.into_iter().map(|(name, app)| {
            let buttons = app.buttons.into_iter();
            let buttons = buttons.map(|(name, pin)| (name, pin.to_string()));
            (name, buttons.collect())
        });
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
