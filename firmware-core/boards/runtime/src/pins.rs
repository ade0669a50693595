//! The pin map as a board includes it, held to the names of its app when the image is built.

use core::convert::Infallible;

use embedded_hal::digital::{OutputPin, PinState};
use heapless::Vec;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;
use lockstep_core::protocol::MAX_TEXT;

use crate::complaint::Complaint;

/// The most outputs of an app that has pins of its own.
pub const MAX_OUTPUTS: usize = 16;

/// Which pin is which button and which output: `pins.toml`, as constants. A pin is one number,
/// its port above its place in the port.
#[derive(Clone, Copy, Debug)]
pub struct PinMap {
    /// Whether a closed contact pulls its pin low.
    pub active_low: bool,
    /// The apps that have pins.
    pub apps: &'static [App],
}

/// The pins of one app, by name.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The app's name.
    pub name: &'static str,
    /// Its buttons.
    pub buttons: &'static [(&'static str, u32)],
    /// Its outputs.
    pub outputs: &'static [(&'static str, u32)],
}

impl PinMap {
    /// The pins of this app.
    ///
    /// # Panics
    ///
    /// When the map does not name every button and every output of the app, or names others:
    /// for a constant, when the image is built.
    #[must_use]
    pub const fn of(&self, descriptor: &AppDescriptor) -> App {
        assert!(
            descriptor.name().len() <= MAX_TEXT,
            "the name of the app has more than 32 bytes"
        );
        let mut index = 0;
        while index < self.apps.len() {
            if same(self.apps[index].name, descriptor.name()) {
                let app = self.apps[index];
                app.check(descriptor);
                return app;
            }
            index += 1;
        }
        Complaint::of(&["pins.toml has no [apps.", descriptor.name(), "]"]).raise()
    }
}

impl App {
    /// Each button and each output has its pin, and each pin is one of theirs.
    const fn check(&self, descriptor: &AppDescriptor) {
        let mut index = 0;
        while index < descriptor.buttons().len() {
            let name = descriptor.buttons()[index];
            if find(self.buttons, name).is_none() {
                self.complain("lacks the button `", name);
            }
            index += 1;
        }
        index = 0;
        while index < descriptor.outputs().len() {
            let name = descriptor.outputs()[index].name();
            if find(self.outputs, name).is_none() {
                self.complain("lacks the output `", name);
            }
            index += 1;
        }
        index = 0;
        while index < self.buttons.len() {
            let name = self.buttons[index].0;
            if !has_button(descriptor, name) {
                self.complain("names a button that the app does not have, `", name);
            }
            index += 1;
        }
        index = 0;
        while index < self.outputs.len() {
            let name = self.outputs[index].0;
            if !has_output(descriptor, name) {
                self.complain("names an output that the app does not have, `", name);
            }
            index += 1;
        }
        assert!(
            self.buttons.len() == descriptor.buttons().len()
                && self.outputs.len() == descriptor.outputs().len(),
            "the app declares a button or an output twice"
        );
        assert!(
            self.outputs.len() <= MAX_OUTPUTS,
            "the app has more outputs than `MAX_OUTPUTS` of `lockstep_board::pins`"
        );
    }

    const fn complain(&self, what: &str, name: &str) -> ! {
        Complaint::of(&["pins.toml: [apps.", self.name, "] ", what, name, "`"]).raise()
    }

    /// The pins of the buttons, in the order of the app.
    pub fn buttons(self, descriptor: &AppDescriptor) -> impl Iterator<Item = u32> {
        let names = descriptor.buttons().iter();
        names.filter_map(move |name| find(self.buttons, name))
    }

    /// The pins of the outputs, in the order of the app.
    pub fn outputs(self, descriptor: &AppDescriptor) -> impl Iterator<Item = u32> {
        let declared = descriptor.outputs().iter();
        declared.filter_map(move |output| find(self.outputs, output.name()))
    }
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

const fn has_button(descriptor: &AppDescriptor, name: &str) -> bool {
    let mut index = 0;
    while index < descriptor.buttons().len() {
        if same(descriptor.buttons()[index], name) {
            return true;
        }
        index += 1;
    }
    false
}

const fn has_output(descriptor: &AppDescriptor, name: &str) -> bool {
    let mut index = 0;
    while index < descriptor.outputs().len() {
        if same(descriptor.outputs()[index].name(), name) {
            return true;
        }
        index += 1;
    }
    false
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

/// The pins that show the levels to a bench, in the order of the app's outputs.
pub type Outputs<P> = Vec<P, MAX_OUTPUTS>;

/// Shows these levels: a pin is high while its level is above 0.
pub fn show<P: OutputPin<Error = Infallible>>(pins: &mut Outputs<P>, levels: &[Level]) {
    for (pin, level) in pins.iter_mut().zip(levels) {
        let Ok(()) = pin.set_state(PinState::from(*level > Level::OFF));
    }
}
