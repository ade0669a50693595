//! Wires from one pin of the board to another, as on a bench that presses buttons with pins that
//! nothing else uses: one that drives low pulls the other low, and lets it go otherwise.

use super::machine::{Machine, MachineError};

/// The port: OUT, and what configures its pins (nRF51 Series Reference Manual v3.0, section
/// 14.2).
const PORT: std::ops::RangeInclusive<u32> = 0x5000_0504..=0x5000_077c;
const OUT: u32 = 0x5000_0504;
const DIR: u32 = 0x5000_0514;

/// The wires that a bench moves: by writes of the probe, and not by the firmware.
#[derive(Debug, Default)]
pub(super) struct Jumpers(Vec<Jumper>);

#[derive(Debug)]
struct Jumper {
    from: u8,
    to: u8,
    is_low: bool,
}

impl Jumpers {
    pub(super) fn add(&mut self, from: u8, to: u8) {
        let is_low = false;
        self.0.push(Jumper { from, to, is_low });
    }

    /// Whether a write to this address can move pins.
    pub(super) fn hang_at(&self, address: u32) -> bool {
        !self.0.is_empty() && PORT.contains(&address)
    }

    /// Moves what hangs at pins that were moved, by a write or by a reset.
    pub(super) fn follow(&mut self, machine: &mut Machine) -> Result<(), MachineError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let low = machine.read_word(DIR)? & !machine.read_word(OUT)?;
        for jumper in &mut self.0 {
            let is_low = low >> jumper.from & 1 == 1;
            if jumper.is_low != is_low {
                jumper.is_low = is_low;
                machine.drive(jumper.to, !is_low)?;
            }
        }
        Ok(())
    }
}
