//! The bus of the emulated chip: what is mapped goes to the machine, the rest faults.

use super::adiv5::Bus;
use super::machine::{Machine, MachineError};

/// First address and length of what the chip maps: flash, factory and user
/// information, RAM, both peripheral buses, the GPIO port, the core's own registers.
const MAPPED: [(u32, u32); 7] = [
    (0x0000_0000, 0x0004_0000),
    (0x1000_0000, 0x0000_1000),
    (0x1000_1000, 0x0000_1000),
    (0x2000_0000, 0x0000_4000),
    (0x4000_0000, 0x0002_0000),
    (0x5000_0000, 0x0000_1000),
    (0xe000_0000, 0x0010_0000),
];

/// Factory and user information: flash of a kind, which a bus writes where the controller of
/// flash lets it (nRF51 Series Reference Manual v3.0, sections 6, 7 and 8).
const INFORMATION: (u32, u32) = (0x1000_0000, 0x0000_2000);
/// What the controller of flash lets be done, and that of it which is writing.
const FLASH_CONFIG: u32 = 0x4001_e504;
const WRITES: u32 = 1;

/// Plain memory, where reading has no side effect: any width at once.
const MEMORY: [(u32, u32); 2] = [MAPPED[0], MAPPED[3]];
/// The only memory that any width can be written to.
const RAM: [(u32, u32); 1] = [MAPPED[3]];

/// The machine's bus, keeping the error that ended it.
#[derive(Debug)]
pub struct MachineBus<'a> {
    machine: &'a mut Machine,
    error: Option<MachineError>,
}

impl<'a> MachineBus<'a> {
    /// The bus of a running machine.
    pub fn new(machine: &'a mut Machine) -> Self {
        Self {
            machine,
            error: None,
        }
    }

    /// What went wrong with the machine itself, which the protocol can only call a fault.
    #[must_use]
    pub fn into_error(self) -> Option<MachineError> {
        self.error
    }

    fn keep<T>(&mut self, result: Result<T, MachineError>) -> Option<T> {
        result.map_err(|error| self.error = Some(error)).ok()
    }
}

fn mapped(address: u32, length: usize) -> bool {
    within(&MAPPED, address, length)
}

fn within(regions: &[(u32, u32)], address: u32, length: usize) -> bool {
    let Ok(length) = u32::try_from(length) else {
        return false;
    };
    regions.iter().any(|&(first, size)| {
        address
            .checked_sub(first)
            .and_then(|offset| offset.checked_add(length))
            .is_some_and(|end| end <= size)
    })
}

impl Bus for MachineBus<'_> {
    fn read(&mut self, address: u32) -> Option<u32> {
        if !mapped(address, 4) {
            return None;
        }
        let read = self.machine.read_word(address);
        self.keep(read)
    }

    fn write(&mut self, address: u32, word: u32) -> bool {
        if !mapped(address, 4) {
            return false;
        }
        if within(&[INFORMATION], address, 4) {
            match self.read(FLASH_CONFIG) {
                Some(config) if config & WRITES != 0 => {}
                // As in flash: what is not let be written stays, and that is no fault.
                config => return config.is_some(),
            }
        }
        let written = self.machine.write_word(address, word);
        self.keep(written).is_some()
    }

    fn read_block(&mut self, address: u32, bytes: &mut [u8]) -> bool {
        if !mapped(address, bytes.len()) {
            return false;
        }
        if bytes.len() > 4 && within(&MEMORY, address, bytes.len()) {
            let read = self.machine.read(address, bytes);
            return self.keep(read).is_some();
        }
        // A word is read at once, as on a real bus: read byte by byte, one that the firmware is
        // changing would come out as neither the old nor the new.
        let mut at = address;
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(word) = self.read(at & !3) else {
                return false;
            };
            let offset = (at & 3) as usize;
            let count = rest.len().min(4 - offset);
            let (unit, later) = rest.split_at_mut(count);
            unit.copy_from_slice(&word.to_le_bytes()[offset..offset + count]);
            rest = later;
            at = (at & !3).wrapping_add(4);
        }
        true
    }

    fn write_block(&mut self, address: u32, width: usize, bytes: &[u8]) -> bool {
        if !mapped(address, bytes.len()) {
            return false;
        }
        if bytes.len() > 4 && within(&RAM, address, bytes.len()) {
            let written = self.machine.write(address, bytes);
            return self.keep(written).is_some();
        }
        for (at, unit) in (address..)
            .step_by(width.max(1))
            .zip(bytes.chunks(width.max(1)))
        {
            let held = match unit.try_into() {
                Ok(word) if at & 3 == 0 => self.write(at, u32::from_le_bytes(word)),
                _ => {
                    let written = self.machine.write(at, unit);
                    self.keep(written).is_some()
                }
            };
            if !held {
                return false;
            }
        }
        true
    }

    fn reset_line(&mut self, pulled: bool) {
        if !pulled {
            return;
        }
        let reset = self.machine.reset();
        self.keep(reset);
    }
}

#[cfg(test)]
mod tests {
    use super::mapped;

    #[test]
    fn a_block_may_reach_the_end_of_its_memory_and_no_further() {
        assert!(mapped(0x2000_3ffc, 4));
        assert!(!mapped(0x2000_3ffd, 4));
        assert!(!mapped(0x3000_0000, 1));
        assert!(!mapped(u32::MAX, 4));
    }
}
