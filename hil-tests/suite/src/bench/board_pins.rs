//! Boards with their pin maps.

use std::collections::BTreeMap;

use lockstep_pins::{Pin, PinMap, PinMapError};

use lockstep_images::board::Board;

/// A board and the pins of its apps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardPins {
    /// The board.
    pub board: Board,
    /// Its pin map.
    pub map: PinMap,
}

impl BoardPins {
    /// Reads the pin map in the folder of the board.
    ///
    /// # Errors
    ///
    /// Those of the file system, and what is wrong with the file, with its line and column.
    pub fn read(board: Board) -> Result<Self, PinMapError> {
        let map = PinMap::read(&board.folder)?;
        Ok(Self { board, map })
    }

    /// The pins of buttons, each once, with the buttons that are connected there.
    #[must_use]
    pub fn button_pins(&self) -> BTreeMap<Pin, Vec<&str>> {
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
