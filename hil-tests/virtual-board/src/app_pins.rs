//! The pins of an app on the emulated chip, from the pin map of its board.

use lockstep_pins::{Active, Pin, PinMap};

/// The app has no pins on the emulated chip.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppPinsError {
    /// The pin map has no such app.
    #[error("the pin map has no app `{app}`: expected {}", known.join(" or "))]
    App {
        /// The app that was asked for.
        app: String,
        /// The apps in the pin map.
        known: Vec<String>,
    },
    /// The emulated chip has one port.
    #[error("`{name}` is at {pin}: expected a pin of port 0, the only port of the emulated chip")]
    Port {
        /// The button or output.
        name: String,
        /// Its pin.
        pin: Pin,
    },
}

/// The pins of one app, by name. The emulated chip has one port: a pin is its number in that.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AppPins {
    /// The buttons, by name.
    pub buttons: Vec<(String, u8)>,
    /// The outputs, by name.
    pub outputs: Vec<(String, u8)>,
    /// Whether the pin of a pressed button is low.
    pub active_low: bool,
}

impl AppPins {
    /// The pins of an app in the pin map of an emulated board.
    ///
    /// # Errors
    ///
    /// The map has no such app, or has a pin that the emulated chip does not have.
    pub fn of(map: &PinMap, app: &str) -> Result<Self, AppPinsError> {
        let Some(pins) = map.apps.get(app) else {
            return Err(AppPinsError::App {
                app: app.to_owned(),
                known: map.apps.keys().cloned().collect(),
            });
        };
        let numbered = |(name, pin): (&String, &Pin)| match pin.port {
            0 => Ok((name.clone(), pin.pin)),
            _ => Err(AppPinsError::Port {
                name: name.clone(),
                pin: *pin,
            }),
        };
        Ok(Self {
            buttons: pins
                .buttons
                .iter()
                .map(numbered)
                .collect::<Result<_, _>>()?,
            outputs: pins
                .outputs
                .iter()
                .map(numbered)
                .collect::<Result<_, _>>()?,
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

    const MAP: &str = r#"
ports = [31, 10]
level_registers = [0x5000_0510, 0x5000_0810]
contacts.active = "low"
apps.doorbell.buttons.bell = "P0.17"
apps.doorbell.outputs = { chime = "P0.03", light = "P0.01" }
apps.gate.outputs.motor = "P1.02"
"#;

    fn of(app: &str) -> Result<AppPins, AppPinsError> {
        AppPins::of(&PinMap::parse(MAP, Path::new("pins.toml")).unwrap(), app)
    }

    #[test]
    fn the_pins_of_an_app_are_its_own() {
        let pins = of("doorbell").unwrap();
        assert_eq!(pins.buttons, [("bell".to_owned(), 17)]);
        assert_eq!(pins.output_mask(), 0b1010);
        assert!(!pins.level(true) && pins.level(false));
    }

    #[test]
    fn an_unknown_app_is_refused_with_those_there_are() {
        let error = of("lift").unwrap_err();
        let expected = "the pin map has no app `lift`: expected doorbell or gate";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_pin_of_another_port_is_refused() {
        let error = of("gate").unwrap_err().to_string();
        assert!(error.starts_with("`motor` is at P1.02"), "{error}");
    }
}
