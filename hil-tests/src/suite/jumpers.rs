//! Buttons that are pressed by free pins of the board itself: what is written to which register,
//! and when.

use std::collections::BTreeMap;

use firmware_core::action::{Action, Contact};
use firmware_core::time::Ticks;
use pin_map::{DriveRegisters, Pin};
use sim::script::Script;

use super::firmware::Firmware;
use crate::session::hands::Stroke;

/// The pins that press the buttons of an app, in the order of its buttons.
pub struct Jumpers {
    drivers: Vec<(Pin, DriveRegisters)>,
    active_low: bool,
}

impl Jumpers {
    /// Those of a bench with these wires, from input to driver; none where a button has no wire or
    /// a port no registers.
    #[must_use]
    pub fn of(firmware: &Firmware, wiring: &BTreeMap<Pin, Pin>) -> Option<Self> {
        let registers = firmware.drive_registers.as_ref()?;
        let driver = |button: Pin| {
            let driver = *wiring.get(&button)?;
            Some((driver, *registers.get(usize::from(driver.port))?))
        };
        let drivers = firmware.buttons.iter().map(|button| driver(button.pin));
        Some(Self {
            drivers: drivers.collect::<Option<_>>()?,
            active_low: firmware.active_low,
        })
    }

    /// Lets every button go: the pins become inputs, at the level that will press once they are
    /// outputs. They never drive the other level: a finger may be on the button.
    #[must_use]
    pub fn released(&self) -> Vec<Stroke> {
        let drivers = self.drivers.iter();
        let writes = drivers.flat_map(|(pin, registers)| {
            let level = match self.active_low {
                true => registers.low,
                false => registers.high,
            };
            [registers.input, level].map(|address| write(Ticks::ZERO, *pin, address))
        });
        writes.collect()
    }

    /// What the buttons do in a script, after they are all let go.
    #[must_use]
    pub fn strokes(&self, script: &Script) -> Vec<Stroke> {
        let stroke = |tick, action| match action {
            Action::Button(button, contact) => {
                let (pin, registers) = self.drivers.get(usize::from(button.0))?;
                let address = match contact {
                    Contact::Closed => registers.output,
                    Contact::Open => registers.input,
                };
                Some(write(tick, *pin, address))
            }
            Action::Reset(_) => None,
        };
        let events = script.events().iter();
        let pressed = events.filter_map(|event| stroke(event.tick, event.action));
        self.released().into_iter().chain(pressed).collect()
    }
}

fn write(tick: Ticks, pin: Pin, address: u32) -> Stroke {
    Stroke {
        tick,
        address,
        bits: 1 << pin.pin,
    }
}
