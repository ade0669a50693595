//! Pins, and how the makers of chips name them.

use std::fmt;
use std::str::FromStr;

/// The most ports that a chip may have: A to K.
pub const MAX_PORTS: usize = 11;

/// The pins of a port are the bits of a word.
const PORT_PINS: u8 = 32;

/// How pins are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Naming {
    /// `P0.17`, as Nordic does: port 0, pin 17.
    #[default]
    Dotted,
    /// `PA5`, as ST and Microchip do: port A, pin 5.
    Lettered,
    /// `GPIO25`, as Raspberry Pi does: all pins in one row. Those from 32 on are in port 1.
    Numbered,
}

/// A pin. What it is written as is told by [`Naming`].
///
/// ```
/// use lockstep_pins::Pin;
///
/// for (name, port, pin) in [("P0.17", 0, 17), ("PC13", 2, 13), ("GPIO25", 0, 25)] {
///     let parsed: Pin = name.parse()?;
///     assert_eq!((parsed.port, parsed.pin), (port, pin));
///     assert_eq!(parsed.to_string(), name);
/// }
/// # Ok::<(), lockstep_pins::ParsePinError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin {
    /// The port, below [`MAX_PORTS`]; A is 0.
    pub port: u8,
    /// The pin of the port, 0 to 31.
    pub pin: u8,
    /// How it is written.
    pub naming: Naming,
}

impl Pin {
    /// A pin that is written as `P0.17`.
    #[must_use]
    pub const fn new(port: u8, pin: u8) -> Self {
        Self {
            port,
            pin,
            naming: Naming::Dotted,
        }
    }

    /// The port and the pin in one number: the pin in bits 0 to 4, the port from bit 5 on.
    #[must_use]
    pub fn select(self) -> u32 {
        u32::from(self.port) << 5 | u32::from(self.pin)
    }
}

impl Naming {
    /// What pins this port has of which there are so many.
    pub(crate) fn pins_of(self, port: u8, count: u8) -> String {
        let pin = |pin| Pin {
            port,
            pin,
            naming: self,
        };
        match (self, count.checked_sub(1)) {
            (Self::Dotted, Some(last)) => format!("port {port} has the pins 0 to {last}"),
            (_, Some(last)) => format!("the port has the pins {} to {}", pin(0), pin(last)),
            (_, None) => "the port has no pins".to_owned(),
        }
    }

    /// What the last port is.
    pub(crate) fn last_port(self, port: usize) -> String {
        let letter = u8::try_from(port)
            .ok()
            .and_then(|port| b'A'.checked_add(port));
        match (self, letter) {
            (Self::Lettered, Some(letter)) => format!("the last port is {}", char::from(letter)),
            _ => format!("the last port is {port}"),
        }
    }
}

impl FromStr for Pin {
    type Err = ParsePinError;

    fn from_str(text: &str) -> Result<Self, ParsePinError> {
        let (port, pin, naming) = parse(text).ok_or(ParsePinError)?;
        match usize::from(port) < MAX_PORTS && pin < PORT_PINS {
            true => Ok(Self { port, pin, naming }),
            false => Err(ParsePinError),
        }
    }
}

fn parse(text: &str) -> Option<(u8, u8, Naming)> {
    if let Some(pin) = text.strip_prefix("GPIO") {
        let pin = number(pin)?;
        return Some((pin / PORT_PINS, pin % PORT_PINS, Naming::Numbered));
    }
    let rest = text.strip_prefix('P')?;
    if let Some((port, pin)) = rest.split_once('.') {
        return Some((number(port)?, number(pin)?, Naming::Dotted));
    }
    let letter = rest.chars().next().filter(char::is_ascii_uppercase)?;
    let port = u8::try_from(letter).ok()?.checked_sub(b'A')?;
    Some((port, number(&rest[1..])?, Naming::Lettered))
}

fn number(text: &str) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, pin, naming } = *self;
        match naming {
            Naming::Dotted => write!(f, "P{port}.{pin:02}"),
            Naming::Lettered => {
                let letter = char::from(b'A'.saturating_add(port));
                write!(f, "P{letter}{pin}")
            }
            Naming::Numbered => write!(f, "GPIO{}", self.select()),
        }
    }
}

/// A text is not a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a pin such as `P0.17`, `PA5` or `GPIO25`, with a port below 11 and a pin below 32"
)]
pub struct ParsePinError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_is_no_pin_is_refused() {
        for wrong in [
            "PA", "PA32", "PL1", "Pa1", "PÄ1", "GPIO", "GPIO352", "GPIO-1", "P.1", "P1", "",
        ] {
            assert_eq!(wrong.parse::<Pin>(), Err(ParsePinError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_pin_is_read_as_it_is_written(port in 0..11_u8, pin in 0..32_u8, kind in 0..3_usize) {
            let naming = [Naming::Dotted, Naming::Lettered, Naming::Numbered][kind];
            let port = if naming == Naming::Numbered { port % 7 } else { port };
            let pin = Pin { port, pin, naming };
            prop_assert_eq!(pin.to_string().parse(), Ok(pin));
        }
    }
}
