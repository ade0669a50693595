//! Jumper wires from one pin of the board to another, as on a bench that presses buttons with pins
//! that nothing else uses: a pin that drives low pulls the other one low, and releases it
//! otherwise.

use crate::emulator::EmulatorError;
use crate::machine::Machine;
use crate::memory_map::{GPIO, GPIO_DIR, GPIO_OUT};

/// The wires. They follow what a probe writes, and not what the firmware does.
#[derive(Debug, Default)]
pub(crate) struct JumperWires(Vec<JumperWire>);

#[derive(Debug)]
struct JumperWire {
    from: u8,
    to: u8,
    is_low: bool,
}

impl JumperWires {
    pub(crate) fn add(&mut self, from: u8, to: u8) {
        let is_low = false;
        self.0.push(JumperWire { from, to, is_low });
    }

    /// Whether a write to this address can move pins that have a wire.
    pub(crate) fn depend_on(&self, address: u32) -> bool {
        !self.0.is_empty() && GPIO.contains(&address)
    }

    /// Moves the far ends of the wires after pins were moved, by a write or by a reset.
    pub(crate) fn update(&mut self, machine: &mut Machine) -> Result<(), EmulatorError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let low = machine.read_word(GPIO_DIR)? & !machine.read_word(GPIO_OUT)?;
        for wire in &mut self.0 {
            let is_low = low >> wire.from & 1 == 1;
            if wire.is_low != is_low {
                wire.is_low = is_low;
                machine.drive(wire.to, !is_low)?;
            }
        }
        Ok(())
    }
}
