//! The console: bytes become lines, lines become requests.

use core::fmt::{self, Write};

use lockstep_core::ports::Decimal;
use lockstep_core::sink::{SerialWriter, Sink};

use super::{Sensor, Tenths, Thermostat, Tuning, UART};

/// The longest line, in bytes, without its end.
const MAX_LINE: usize = 24;

/// Gathers the bytes of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Console {
    line: Line,
    /// Whether the last byte was `\r`, which ends the line with the next one or is a part of it.
    has_return: bool,
}

/// A line as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Line {
    bytes: [u8; MAX_LINE],
    /// More than there is room for where it is too long.
    length: usize,
}

/// What a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Nothing,
    Status,
    Set(Tenths),
    /// `set`, and no setpoint that can be.
    SetWhat,
    Unknown,
    TooLong,
}

impl Console {
    pub(super) const fn new() -> Self {
        Self {
            line: Line::EMPTY,
            has_return: false,
        }
    }

    /// Takes a byte; the line that it ends, if it ends one.
    pub(super) fn take(&mut self, byte: u8) -> Option<Line> {
        let has_return = core::mem::replace(&mut self.has_return, byte == b'\r');
        if byte == b'\n' {
            return Some(core::mem::replace(&mut self.line, Line::EMPTY));
        }
        // Left out, it would make `25` of a `2` and a `5` that somebody took for two lines.
        if has_return {
            self.line.push(b'\r');
        }
        if byte != b'\r' {
            self.line.push(byte);
        }
        None
    }
}

impl Line {
    const EMPTY: Self = Self {
        bytes: [0; MAX_LINE],
        length: 0,
    };

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = (self.length + 1).min(MAX_LINE + 1);
    }

    /// The line as a text; `None` of one that is too long or no text.
    pub(super) fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.bytes.get(..self.length)?).ok()
    }

    pub(super) fn request(&self, tuning: &Tuning) -> Request {
        if self.length > MAX_LINE {
            return Request::TooLong;
        }
        let mut words = self.as_str().unwrap_or("?").split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (None, ..) => Request::Nothing,
            (Some("status"), None, _) => Request::Status,
            (Some("set"), Some(number), None) => match tenths(number) {
                Some(setpoint) if tuning.has_setpoint(setpoint) => Request::Set(setpoint),
                _ => Request::SetWhat,
            },
            (Some("set"), ..) => Request::SetWhat,
            _ => Request::Unknown,
        }
    }
}

/// A number with at most one decimal, in tenths.
fn tenths(text: &str) -> Option<Tenths> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_digits(whole) || !is_digits(tenth) || tenth.len() > 1 {
        return None;
    }
    let whole: Tenths = whole.parse().ok()?;
    whole.checked_mul(10)?.checked_add(tenth.parse().ok()?)
}

/// Answers a request.
pub(super) fn answer(request: Request, thermostat: &Thermostat, out: &mut dyn Sink) -> fmt::Result {
    let mut uart = SerialWriter::new(UART, out);
    match request {
        Request::Nothing => Ok(()),
        Request::Status => status(thermostat, &mut uart),
        Request::Set(_) => uart.write_str("ok\n"),
        Request::SetWhat => uart.write_str("error: set takes 5.0 to 30.0\n"),
        Request::Unknown => uart.write_str("error: status or set\n"),
        Request::TooLong => uart.write_str("error: line too long\n"),
    }
}

fn status(thermostat: &Thermostat, uart: &mut SerialWriter<'_>) -> fmt::Result {
    match thermostat.sensor {
        Sensor::Trusted => write!(uart, "temp {}", shown(thermostat.temperature))?,
        Sensor::Failed(_) | Sensor::NoClock => uart.write_str("sensor failed")?,
    }
    let word = |on: bool| if on { "on" } else { "off" };
    writeln!(
        uart,
        " set {} heater {} fan {}",
        shown(thermostat.setpoint),
        word(thermostat.heater),
        word(thermostat.fan)
    )
}

fn shown(tenths: Tenths) -> Decimal {
    Decimal {
        digits: tenths.into(),
        places: 1,
    }
}
