//! The pins of an app on the emulated board, by name.

use lockstep_pins::{Active, Pin, PinMap};

/// The board has no pins for an app.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board has no pins for app `{wanted}`: expected {}", known.join(" or "))]
#[non_exhaustive]
pub struct UnknownApp {
    /// The app that was asked for.
    pub wanted: String,
    /// The apps that the board has pins for.
    pub known: Vec<String>,
}

/// The pins of one app, by name. The emulated chip has one port: a pin is its number there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AppPins {
    /// The buttons, in the order of their names.
    pub buttons: Vec<(String, u8)>,
    /// The outputs, in the order of their names.
    pub outputs: Vec<(String, u8)>,
    /// Whether a pressed button is low.
    pub active_low: bool,
}

impl AppPins {
    /// The pins of an app in the pin map of the board.
    ///
    /// # Errors
    /// The board has no pins for that app.
    pub fn of(map: &PinMap, app: &str) -> Result<Self, UnknownApp> {
        let Some(found) = map.apps.get(app) else {
            return Err(UnknownApp {
                wanted: app.to_owned(),
                known: map.apps.keys().cloned().collect(),
            });
        };
        let numbered = |(name, pin): (&String, &Pin)| (name.clone(), pin.pin);
        Ok(Self {
            buttons: found.buttons.iter().map(numbered).collect(),
            outputs: found.outputs.iter().map(numbered).collect(),
            active_low: map.contacts.active == Active::Low,
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
    use std::path::Path;

    use super::*;

    fn microbit() -> PinMap {
        let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware-core/boards");
        PinMap::read(&boards.join("microbit-v1")).unwrap()
    }

    #[test]
    fn the_microbit_has_its_two_buttons() {
        let pins = AppPins::of(&microbit(), "lamp").unwrap();
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
    fn the_error_for_an_app_without_pins_lists_the_others() {
        let error = AppPins::of(&microbit(), "blink").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the board has no pins for app `blink`: expected lamp or toggle"
        );
    }
}
