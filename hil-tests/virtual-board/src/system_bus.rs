//! The bus of the emulated chip: what is mapped goes to the machine, the rest faults.

use crate::adiv5::{Bus, BusFault};
use crate::emulator::EmulatorError;
use crate::machine::Machine;
use crate::memory_map::{FLASH, INFORMATION, MAPPED, NVMC_CONFIG, NVMC_WRITE, RAM, contains};

/// The machine's bus. An error of the machine is a fault to the bus, and is kept.
#[derive(Debug)]
pub struct SystemBus<'a> {
    machine: &'a mut Machine,
    error: Option<EmulatorError>,
}

impl<'a> SystemBus<'a> {
    /// The bus of a running machine.
    pub fn new(machine: &'a mut Machine) -> Self {
        Self {
            machine,
            error: None,
        }
    }

    /// What went wrong with the machine itself.
    #[must_use]
    pub fn into_error(self) -> Option<EmulatorError> {
        self.error
    }

    fn fault_on_error<T>(&mut self, result: Result<T, EmulatorError>) -> Result<T, BusFault> {
        result.map_err(|error| {
            self.error = Some(error);
            BusFault
        })
    }
}

fn check_mapped(address: u32, length: usize) -> Result<(), BusFault> {
    match contains(&MAPPED, address, length) {
        true => Ok(()),
        false => Err(BusFault),
    }
}

impl Bus for SystemBus<'_> {
    fn read_word(&mut self, address: u32) -> Result<u32, BusFault> {
        check_mapped(address, 4)?;
        let read = self.machine.read_word(address);
        self.fault_on_error(read)
    }

    fn write_word(&mut self, address: u32, word: u32) -> Result<(), BusFault> {
        check_mapped(address, 4)?;
        // As in flash: a write that the controller does not allow changes nothing, and is no fault.
        if contains(&[INFORMATION], address, 4) && self.read_word(NVMC_CONFIG)? & NVMC_WRITE == 0 {
            return Ok(());
        }
        let written = self.machine.write_word(address, word);
        self.fault_on_error(written)
    }

    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), BusFault> {
        check_mapped(address, bytes.len())?;
        // Plain memory has no side effects of reading: any width at once.
        if bytes.len() > 4 && contains(&[FLASH, RAM], address, bytes.len()) {
            let read = self.machine.read(address, bytes);
            return self.fault_on_error(read);
        }
        // A word is read at once, as on a real bus: read byte by byte, one that the firmware is
        // changing would come out as neither the old nor the new.
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let word = self.read_word(at & !3)?;
            let offset = (at & 3) as usize;
            let count = rest.len().min(4 - offset);
            let (unit, later) = rest.split_at_mut(count);
            unit.copy_from_slice(&word.to_le_bytes()[offset..offset + count]);
            rest = later;
            at = (at & !3).wrapping_add(4);
        }
        Ok(())
    }

    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> Result<(), BusFault> {
        check_mapped(address, bytes.len())?;
        if bytes.len() > 4 && contains(&[RAM], address, bytes.len()) {
            let written = self.machine.write(address, bytes);
            return self.fault_on_error(written);
        }
        let width = width.max(1);
        for (at, unit) in (address..).step_by(width).zip(bytes.chunks(width)) {
            match unit.try_into() {
                Ok(word) if at & 3 == 0 => self.write_word(at, u32::from_le_bytes(word))?,
                _ => {
                    let written = self.machine.write(at, unit);
                    self.fault_on_error(written)?;
                }
            }
        }
        Ok(())
    }

    fn set_reset(&mut self, asserted: bool) {
        if asserted {
            let reset = self.machine.reset();
            // The error is kept, and the next access meets it.
            let _ = self.fault_on_error(reset);
        }
    }
}
