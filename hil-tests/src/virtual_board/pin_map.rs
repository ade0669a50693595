//! What the pins of the emulated micro:bit are called: its board's own pin map.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The pin map of the board that is emulated.
const MICROBIT: &str = include_str!("../../../firmware-core/boards/microbit-v1/pins.toml");

/// Why there is no pin map for an app.
#[derive(Debug, thiserror::Error)]
pub enum PinMapError {
    /// The text is not what a pin map is.
    #[error("the pin map cannot be read: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A pin is not written as a pin.
    #[error("`{0}` is no pin: expected P0.00 to P0.31")]
    Pin(String),
    /// The board has no image of that app.
    #[error("the board has no pins for app `{wanted}`: expected {}", known.join(" or "))]
    App {
        /// The app that was asked for.
        wanted: String,
        /// The apps it has pins for.
        known: Vec<String>,
    },
}

/// The pins of one app, by name.
#[derive(Debug, PartialEq, Eq)]
pub struct PinMap {
    /// The buttons, in the order of their names.
    pub buttons: Vec<(String, u8)>,
    /// The outputs, in the order of their names.
    pub outputs: Vec<(String, u8)>,
    /// Whether a pressed button is low.
    pub active_low: bool,
}

#[derive(Deserialize)]
struct Board {
    contacts: Contacts,
    apps: BTreeMap<String, App>,
}

#[derive(Deserialize)]
struct Contacts {
    active: Active,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Active {
    Low,
    High,
}

#[derive(Deserialize)]
struct App {
    buttons: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
}

impl PinMap {
    /// The pins of an app on the emulated board.
    ///
    /// # Errors
    /// The board has no image of that app.
    pub fn of(app: &str) -> Result<Self, PinMapError> {
        Self::parse(MICROBIT, app)
    }

    fn parse(text: &str, app: &str) -> Result<Self, PinMapError> {
        let board: Board = toml::from_str(text)?;
        let Some(found) = board.apps.get(app) else {
            return Err(PinMapError::App {
                wanted: app.to_owned(),
                known: board.apps.into_keys().collect(),
            });
        };
        Ok(Self {
            buttons: numbered(&found.buttons)?,
            outputs: numbered(&found.outputs)?,
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

fn numbered(pins: &BTreeMap<String, String>) -> Result<Vec<(String, u8)>, PinMapError> {
    let number = |(name, pin): (&String, &String)| {
        let digits = pin.strip_prefix("P0.");
        let number = digits.and_then(|digits| digits.parse().ok());
        match number.filter(|number| *number < super::pins::PINS) {
            Some(number) => Ok((name.clone(), number)),
            None => Err(PinMapError::Pin(pin.clone())),
        }
    };
    pins.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_microbit_has_its_two_buttons() {
        let pins = PinMap::of("lamp").unwrap();
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
        let error = PinMap::of("blink").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the board has no pins for app `blink`: expected lamp or toggle"
        );
    }

    #[test]
    fn a_pin_outside_the_port_is_an_error() {
        let text =
            "[contacts]\nactive = \"low\"\n[apps.a]\nbuttons = { A = \"P1.40\" }\noutputs = {}";
        let error = PinMap::parse(text, "a").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`P1.40` is no pin: expected P0.00 to P0.31"
        );
    }
}
