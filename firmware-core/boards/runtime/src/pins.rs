//! The pin map of a board, checked against the names of its app when the image is built.

use core::convert::Infallible;

use embedded_hal::digital::{OutputPin, PinState};
use heapless::Vec;
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::SerialId;
use lockstep_core::output::{Level, Output, Range};
use lockstep_core::protocol::MAX_TEXT;

use crate::const_error::ConstError;
use crate::matrix::{self, Picture};
use crate::serial::{BAUD, LINE};

/// The most outputs of an app on a board that have a pin of their own: all but numbers.
pub const MAX_OUTPUTS: usize = 16;

/// The ports of a chip, each with up to 32 pins.
/// More than any Cortex-M has: A to K.
pub const PORTS: usize = 11;

/// Which pin is which button and which output: `pins.toml` as a constant, as `lockstep-pins`
/// writes it. A pin is one number: its port, times 32, and its place in the port.
#[derive(Clone, Copy, Debug)]
pub struct PinMap {
    /// Whether a pin is low while its button is pressed.
    pub active_low: bool,
    /// The apps that have pins.
    pub apps: &'static [AppPins],
    /// The LED matrix, where the board has one.
    pub matrix: Option<MatrixPins>,
}

/// The pins of one app, by name.
#[derive(Clone, Copy, Debug)]
pub struct AppPins {
    /// The app's name.
    pub name: &'static str,
    /// Its buttons.
    pub buttons: &'static [(&'static str, u32)],
    /// Its outputs.
    pub outputs: &'static [(&'static str, u32)],
    /// Its serial lines that are on pins; others are reached through the probe alone.
    pub serial: &'static [(&'static str, SerialPins)],
}

/// The pins of a serial line, as the board sees them.
#[derive(Clone, Copy, Debug)]
pub struct SerialPins {
    /// The board sends on this one.
    pub tx: u32,
    /// The board receives on this one.
    pub rx: u32,
}

/// The pins of an LED matrix.
#[derive(Clone, Copy, Debug)]
pub struct MatrixPins {
    /// The pins of the rows.
    pub rows: &'static [u32],
    /// The pins of the columns.
    pub columns: &'static [u32],
    /// Where each LED is.
    pub picture: Picture,
}

impl PinMap {
    /// The pins of this app. To be called in a `const` block: then an app that the pin map does
    /// not fit is an error when the image is built, and the error names what does not fit.
    ///
    /// # Panics
    ///
    /// When the map has no table for the app, or does not name every button of the app and every
    /// output that is no number, or names others.
    #[must_use]
    pub const fn of(&self, descriptor: &AppDescriptor) -> AppPins {
        assert!(
            descriptor.name().len() <= MAX_TEXT,
            "the name of the app has more than 32 bytes"
        );
        if let Some(matrix) = &self.matrix {
            assert!(
                matrix.rows.len() <= matrix::MAX_LINES && matrix.columns.len() <= matrix::MAX_LINES,
                "the LED matrix has more than 16 rows or columns"
            );
        }
        let mut index = 0;
        while index < self.apps.len() {
            if same(self.apps[index].name, descriptor.name()) {
                let app = self.apps[index];
                app.check(descriptor);
                return app;
            }
            index += 1;
        }
        ConstError::new(&["pins.toml has no [apps.", descriptor.name(), "]"]).raise()
    }

    /// The pins that a crash sets low: every output of every app, and the rows of the matrix. A
    /// bit for each pin, a word for each port.
    #[must_use]
    pub const fn outputs(&self) -> [u32; PORTS] {
        let mut ports = [0; PORTS];
        let mut app = 0;
        while app < self.apps.len() {
            let outputs = self.apps[app].outputs;
            let mut index = 0;
            while index < outputs.len() {
                ports = with_pin(ports, outputs[index].1);
                index += 1;
            }
            app += 1;
        }
        if let Some(matrix) = &self.matrix {
            let mut index = 0;
            while index < matrix.rows.len() {
                ports = with_pin(ports, matrix.rows[index]);
                index += 1;
            }
        }
        ports
    }
}

const fn with_pin(mut ports: [u32; PORTS], pin: u32) -> [u32; PORTS] {
    ports[(pin / 32) as usize] |= 1 << (pin % 32);
    ports
}

impl AppPins {
    /// Each button and each output that is no number has its pin, and no other name has one.
    const fn check(&self, descriptor: &AppDescriptor) {
        let mut index = 0;
        while index < descriptor.buttons().len() {
            let name = descriptor.buttons()[index];
            if find(self.buttons, name).is_none() {
                self.raise_missing("buttons", name, self.unknown_button(descriptor));
            }
            index += 1;
        }
        index = 0;
        let mut pinned = 0;
        while index < descriptor.outputs().len() {
            let output = &descriptor.outputs()[index];
            let pin = find(self.outputs, output.name());
            if has_pin(output) {
                if pin.is_none() {
                    self.raise_missing("outputs", output.name(), self.unknown_output(descriptor));
                }
                pinned += 1;
            } else if pin.is_some() {
                self.raise_number(output.name());
            }
            index += 1;
        }
        if let Some(name) = self.unknown_button(descriptor) {
            self.raise_unknown("buttons", name, "button");
        }
        if let Some(name) = self.unknown_output(descriptor) {
            self.raise_unknown("outputs", name, "output");
        }
        if let Some(name) = self.unknown_line(descriptor) {
            self.raise_unknown("serial", name, "serial line");
        }
        self.check_serial(descriptor);
        assert!(
            self.buttons.len() == descriptor.buttons().len() && self.outputs.len() == pinned,
            "the app declares a button or an output twice"
        );
        assert!(
            self.outputs.len() <= MAX_OUTPUTS,
            "the app has more outputs than `MAX_OUTPUTS` of `lockstep_board::pins`"
        );
    }

    /// The serial line on pins is the one that the UART carries, at the rate that it keeps.
    const fn check_serial(&self, descriptor: &AppDescriptor) {
        let mut index = 0;
        while index < self.serial.len() {
            let name = self.serial[index].0;
            let line = &descriptor.serial_lines()[LINE.0 as usize];
            if !same(name, line.name()) {
                ConstError::new(&[
                    "pins.toml: [apps.",
                    self.name,
                    ".serial] names `",
                    name,
                    "`, and only the first serial line of an app can be on pins: `",
                    line.name(),
                    "`",
                ])
                .raise()
            }
            assert!(
                line.baud() == BAUD,
                "the serial line on the UART declares another rate than the 115200 baud that boards keep"
            );
            index += 1;
        }
    }

    /// A name that the app has is missing in a table; a name that only the table has may be a
    /// misspelling of it.
    const fn raise_missing(&self, table: &str, name: &str, unknown: Option<&str>) -> ! {
        let texts = [
            "pins.toml: [apps.",
            self.name,
            ".",
            table,
            "] has no `",
            name,
            "`",
        ];
        let [a, b, c, d, e, f, g] = texts;
        match unknown {
            None => ConstError::new(&texts).raise(),
            Some(other) => ConstError::new(&[
                a,
                b,
                c,
                d,
                e,
                f,
                g,
                ", but `",
                other,
                "`, which the app does not have",
            ])
            .raise(),
        }
    }

    const fn raise_number(&self, name: &str) -> ! {
        ConstError::new(&[
            "pins.toml: [apps.",
            self.name,
            ".outputs] names `",
            name,
            "`, which is a number: it has no pin",
        ])
        .raise()
    }

    const fn raise_unknown(&self, table: &str, name: &str, kind: &str) -> ! {
        ConstError::new(&[
            "pins.toml: [apps.",
            self.name,
            ".",
            table,
            "] names `",
            name,
            "`, and the app has no such ",
            kind,
        ])
        .raise()
    }

    /// The first button here that the app does not have.
    const fn unknown_button(&self, descriptor: &AppDescriptor) -> Option<&'static str> {
        let mut index = 0;
        while index < self.buttons.len() {
            let name = self.buttons[index].0;
            let mut declared = 0;
            while declared < descriptor.buttons().len()
                && !same(descriptor.buttons()[declared], name)
            {
                declared += 1;
            }
            if declared == descriptor.buttons().len() {
                return Some(name);
            }
            index += 1;
        }
        None
    }

    /// The first output here that the app does not have.
    const fn unknown_output(&self, descriptor: &AppDescriptor) -> Option<&'static str> {
        let mut index = 0;
        while index < self.outputs.len() {
            let name = self.outputs[index].0;
            let mut declared = 0;
            while declared < descriptor.outputs().len()
                && !same(descriptor.outputs()[declared].name(), name)
            {
                declared += 1;
            }
            if declared == descriptor.outputs().len() {
                return Some(name);
            }
            index += 1;
        }
        None
    }

    /// The first serial line here that the app does not have.
    const fn unknown_line(&self, descriptor: &AppDescriptor) -> Option<&'static str> {
        let mut index = 0;
        while index < self.serial.len() {
            let name = self.serial[index].0;
            let mut declared = 0;
            while declared < descriptor.serial_lines().len()
                && !same(descriptor.serial_lines()[declared].name(), name)
            {
                declared += 1;
            }
            if declared == descriptor.serial_lines().len() {
                return Some(name);
            }
            index += 1;
        }
        None
    }

    /// The same, on a chip whose crate has no UART. To be called in a `const` block.
    ///
    /// # Panics
    ///
    /// When a serial line is on pins.
    #[must_use]
    pub const fn without_uart(self) -> Self {
        if !self.serial.is_empty() {
            ConstError::new(&[
                "pins.toml: [apps.",
                self.name,
                ".serial] puts a line on pins, and this board has no UART yet",
            ])
            .raise();
        }
        self
    }

    /// The pins of a serial line, if it is on any.
    #[must_use]
    pub fn serial(&self, descriptor: &AppDescriptor, line: SerialId) -> Option<SerialPins> {
        let name = descriptor.serial_lines().get(usize::from(line.0))?.name();
        let mut lines = self.serial.iter();
        lines.find_map(|(other, pins)| same(other, name).then_some(*pins))
    }

    /// The pins of the buttons, in the order of the app.
    pub fn buttons(self, descriptor: &AppDescriptor) -> impl Iterator<Item = u32> {
        let names = descriptor.buttons().iter();
        names.filter_map(move |name| find(self.buttons, name))
    }

    /// The pins of the outputs that are no numbers, in the order of the app.
    pub fn outputs(self, descriptor: &AppDescriptor) -> impl Iterator<Item = u32> {
        let declared = descriptor.outputs().iter();
        declared.filter_map(move |output| find(self.outputs, output.name()))
    }
}

/// Whether an output is on a pin of its own.
const fn has_pin(output: &Output) -> bool {
    !matches!(output.range(), Range::Number(_))
}

const fn find(pins: &[(&str, u32)], name: &str) -> Option<u32> {
    let mut index = 0;
    while index < pins.len() {
        if same(pins[index].0, name) {
            return Some(pins[index].1);
        }
        index += 1;
    }
    None
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut index = 0;
    while index < a.len() && index < b.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    a.len() == b.len()
}

/// The pins of an app's outputs that are no numbers, in the order of the app.
pub type Outputs<P> = Vec<P, MAX_OUTPUTS>;

/// Sets the pin of each output that has one: high while its level is above 0.
pub fn show<P: OutputPin<Error = Infallible>>(
    descriptor: &AppDescriptor,
    pins: &mut Outputs<P>,
    levels: &[Level],
) {
    let declared = descriptor.outputs().iter().zip(levels);
    let pinned = declared.filter(|(output, _)| has_pin(output));
    for (pin, (_, level)) in pins.iter_mut().zip(pinned) {
        let Ok(()) = pin.set_state(PinState::from(*level > Level::OFF));
    }
}
