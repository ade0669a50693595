//! Buttons that are pressed by free pins of the board itself: what is written to which register,
//! and when.

use std::collections::BTreeMap;

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::time::RunTicks;
use lockstep_engine::script::Script;
use lockstep_pins::{DriveRegisters, Pin};

use super::board_image::BoardImage;
use crate::session::pin_driver::PinWrite;

/// A wire from a free pin to that of a button.
#[derive(Clone, Copy, Debug)]
pub struct Jumper {
    /// The pin of the button.
    pub button: Pin,
    /// The pin that presses it.
    pub driver: Pin,
    registers: DriveRegisters,
}

impl Jumper {
    /// What is written, and where, to bring the contact into this state.
    #[must_use]
    pub fn write(&self, contact: SwitchState) -> (u32, u32) {
        let address = match contact {
            SwitchState::Closed => self.registers.output,
            SwitchState::Open => self.registers.input,
        };
        (address, 1 << self.driver.pin)
    }
}

/// The pins that press the buttons of an app, in the order of its buttons.
pub struct Jumpers {
    /// One for each button.
    pub all: Vec<Jumper>,
    active_low: bool,
}

impl Jumpers {
    /// Those of a bench with these wires, from input to driver; none where a button has no wire or
    /// a port no registers.
    #[must_use]
    pub fn of(firmware: &BoardImage, wiring: &BTreeMap<Pin, Pin>) -> Option<Self> {
        let registers = firmware.drive_registers.as_deref().unwrap_or_default();
        let driver = |button: Pin| {
            let driver = *wiring.get(&button)?;
            let registers = *registers.get(usize::from(driver.port))?;
            Some(Jumper {
                button,
                driver,
                registers,
            })
        };
        let drivers = firmware.buttons.iter().map(|button| driver(button.pin));
        Some(Self {
            all: drivers.collect::<Option<_>>()?,
            active_low: firmware.active_low,
        })
    }

    /// Releases every button: the pins become inputs, at the level that will press once they are
    /// outputs. They never drive the other level: a finger may be on the button.
    #[must_use]
    pub fn released(&self) -> Vec<PinWrite> {
        let all = self.all.iter().enumerate();
        let writes = all.flat_map(|(line, jumper)| {
            let level = match self.active_low {
                true => jumper.registers.low,
                false => jumper.registers.high,
            };
            let (input, bits) = jumper.write(SwitchState::Open);
            [input, level].map(|address| PinWrite {
                tick: RunTicks::ZERO,
                line,
                address,
                bits,
            })
        });
        writes.collect()
    }

    /// What the buttons do in a script, after all of them are released.
    #[must_use]
    pub fn writes(&self, script: &Script) -> Vec<PinWrite> {
        let write = |tick, action| match action {
            Action::Button(button, contact) => {
                let line = usize::from(button.0);
                let (address, bits) = self.all.get(line)?.write(contact);
                Some(PinWrite {
                    tick,
                    line,
                    address,
                    bits,
                })
            }
            Action::Number(..) | Action::Byte(..) | Action::Reset(_) => None,
        };
        let events = script.events().iter();
        let pressed = events.filter_map(|event| write(event.tick, event.action));
        self.released().into_iter().chain(pressed).collect()
    }
}
