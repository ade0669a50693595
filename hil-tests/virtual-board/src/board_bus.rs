//! The bus of the chip with the debug registers and the jumper wires on it.

use crate::adiv5::{Bus, BusFault};
use crate::core_debug::{self, CoreDebug};
use crate::emulator::EmulatorError;
use crate::jumper_wires::JumperWires;
use crate::machine::Machine;
use crate::memory_map::{AIRCR, CORE_SPACE};
use crate::system_bus::SystemBus;

/// The bus that a probe reaches. A machine that has failed once faults from then on.
pub(crate) struct BoardBus<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) debug: &'a mut CoreDebug,
    pub(crate) jumpers: &'a mut JumperWires,
    pub(crate) failure: &'a mut Option<EmulatorError>,
}

impl BoardBus<'_> {
    fn check_alive(&self) -> Result<(), BusFault> {
        match self.failure {
            Some(_) => Err(BusFault),
            None => Ok(()),
        }
    }

    fn fault_on_error<T>(&mut self, result: Result<T, EmulatorError>) -> Result<T, BusFault> {
        result.map_err(|error| {
            *self.failure = Some(error);
            BusFault
        })
    }

    /// Accesses the machine's own bus.
    fn system<T>(&mut self, access: impl FnOnce(&mut SystemBus<'_>) -> T) -> T {
        let mut bus = SystemBus::new(self.machine);
        let result = access(&mut bus);
        if let Some(error) = bus.into_error() {
            *self.failure = Some(error);
        }
        result
    }

    fn update_jumpers(&mut self) -> Result<(), BusFault> {
        let updated = self.jumpers.update(self.machine);
        self.fault_on_error(updated)
    }
}

/// Whether a block may have a debug register in it.
fn may_have_debug_registers(address: u32) -> bool {
    address >= CORE_SPACE
}

impl Bus for BoardBus<'_> {
    fn read_word(&mut self, address: u32) -> Result<u32, BusFault> {
        self.check_alive()?;
        if core_debug::contains(address) {
            let read = self.debug.read(address, self.machine);
            return self.fault_on_error(read);
        }
        self.system(|bus| bus.read_word(address))
    }

    fn write_word(&mut self, address: u32, word: u32) -> Result<(), BusFault> {
        self.check_alive()?;
        if core_debug::contains(address) {
            let written = self.debug.write(address, word, self.machine);
            self.fault_on_error(written)?;
            return match address {
                AIRCR => self.update_jumpers(),
                _ => Ok(()),
            };
        }
        self.system(|bus| bus.write_word(address, word))?;
        match self.jumpers.depend_on(address) {
            true => self.update_jumpers(),
            false => Ok(()),
        }
    }

    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), BusFault> {
        self.check_alive()?;
        if !may_have_debug_registers(address) {
            return self.system(|bus| bus.read_block(address, bytes));
        }
        let mut at = address;
        for unit in bytes.chunks_mut(4) {
            let shifted = self.read_word(at & !3)? >> (8 * (at & 3));
            for (byte, value) in unit.iter_mut().zip(shifted.to_le_bytes()) {
                *byte = value;
            }
            at = at.wrapping_add(4);
        }
        Ok(())
    }

    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> Result<(), BusFault> {
        self.check_alive()?;
        if may_have_debug_registers(address) && width == 4 && address & 3 == 0 {
            for (at, word) in (address..).step_by(4).zip(bytes.chunks(4)) {
                let word = word.try_into().map_err(|_| BusFault)?;
                self.write_word(at, u32::from_le_bytes(word))?;
            }
            return Ok(());
        }
        self.system(|bus| bus.write_block(address, width, bytes))?;
        match self.jumpers.depend_on(address) {
            true => self.update_jumpers(),
            false => Ok(()),
        }
    }

    fn set_reset(&mut self, asserted: bool) {
        if self.check_alive().is_err() {
            return;
        }
        let set = match asserted {
            true => self.debug.assert_reset(self.machine),
            false => self.debug.release_reset(self.machine),
        };
        // An error is kept, and the next access meets it.
        let _ = self
            .fault_on_error(set)
            .and_then(|()| self.update_jumpers());
    }
}
