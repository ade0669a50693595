//! What the pins of the emulated micro:bit are called: its board's own pin map.

use std::path::Path;

use lockstep_pins::{Active, Pin, PinMap, PinMapError};

/// The pin map of the board that is emulated, and what errors call it.
const MICROBIT: &str = include_str!("../../../firmware-core/boards/microbit-v1/pins.toml");
const MICROBIT_FILE: &str = "firmware-core/boards/microbit-v1/pins.toml";

/// Why there are no pins for an app.
#[derive(Debug, thiserror::Error)]
pub enum AppPinsError {
    /// The pin map of the board is none.
    #[error(transparent)]
    PinMap(#[from] PinMapError),
    /// The board has no image of that app.
    #[error("the board has no pins for app `{wanted}`: expected {}", known.join(" or "))]
    App {
        /// The app that was asked for.
        wanted: String,
        /// The apps it has pins for.
        known: Vec<String>,
    },
}

/// The pins of one app, by name. The emulated chip has one port: a pin is its number there.
#[derive(Debug, PartialEq, Eq)]
pub struct AppPins {
    /// The buttons, in the order of their names.
    pub buttons: Vec<(String, u8)>,
    /// The outputs, in the order of their names.
    pub outputs: Vec<(String, u8)>,
    /// Whether a pressed button is low.
    pub active_low: bool,
}

impl AppPins {
    /// The pins of an app on the emulated board.
    ///
    /// # Errors
    /// The board has no image of that app.
    pub fn of(app: &str) -> Result<Self, AppPinsError> {
        let mut board = PinMap::parse(MICROBIT, Path::new(MICROBIT_FILE))?;
        let Some(found) = board.apps.remove(app) else {
            return Err(AppPinsError::App {
                wanted: app.to_owned(),
                known: board.apps.into_keys().collect(),
            });
        };
        let numbered = |(name, pin): (String, Pin)| (name, pin.pin);
        Ok(Self {
            buttons: found.buttons.into_iter().map(numbered).collect(),
            outputs: found.outputs.into_iter().map(numbered).collect(),
            active_low: board.contacts.active == Active::Low,
        })
    }

    /// A bit for each output.
    #[must_use]
    pub fn output_mask(&self) -> u32 {
        self.outputs
            .iter()
            .fold(0, |mask, (_, pin)| mask | 1 << pin)
    }

    /// The level of a button's pin.
    #[must_use]
    pub fn level(&self, pressed: bool) -> bool {
        pressed != self.active_low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_microbit_has_its_two_buttons() {
        let pins = AppPins::of("lamp").unwrap();
        let buttons = [("A".to_owned(), 17), ("B".to_owned(), 26)];
        assert_eq!(pins.buttons, buttons);
        assert!(!pins.level(true));
        assert!(
            pins.outputs
                .iter()
                .all(|(_, pin)| pins.output_mask() >> pin & 1 == 1)
        );
    }

    #[test]
    fn an_app_without_pins_is_told_which_have_some() {
        let error = AppPins::of("blink").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the board has no pins for app `blink`: expected lamp or toggle"
        );
    }
}
