//! The inputs of boards: the pins of their buttons, from their pin maps.

use std::collections::BTreeMap;

use lockstep_pins::{Pin, PinMap, PinMapError};

use lockstep_images::board::Board;

/// A board, and what of it can be wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The board.
    pub board: Board,
    /// Its pins.
    pub map: PinMap,
}

impl Inputs {
    /// Reads the pin map in the folder of the board.
    ///
    /// # Errors
    ///
    /// Those of the file system, and what is wrong with the file, with its place.
    pub fn read(board: Board) -> Result<Self, PinMapError> {
        let map = PinMap::read(&board.folder)?;
        Ok(Self { board, map })
    }

    /// The pins that can be wired, each once, with the buttons that are there.
    #[must_use]
    pub fn pins(&self) -> BTreeMap<Pin, Vec<&str>> {
        let mut pins = BTreeMap::<_, Vec<_>>::new();
        for (button, pin) in self.map.apps.values().flat_map(|app| &app.buttons) {
            let buttons = pins.entry(*pin).or_default();
            if !buttons.contains(&button.as_str()) {
                buttons.push(button);
            }
        }
        pins
    }
}
