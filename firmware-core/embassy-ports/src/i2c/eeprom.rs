//! A small EEPROM.

use super::I2cDevice;

/// An EEPROM of 256 bytes in pages of 8, as the 24C02 is (Microchip 24AA02/24LC02B, DS20001709): the
/// first byte that is written is the address, a write goes on within its page and a read through the
/// whole memory. A write takes no time.
#[derive(Clone, Debug)]
pub struct Eeprom {
    address: u8,
    bytes: [u8; 256],
    /// Where the next byte is read or written.
    place: u8,
    is_place_known: bool,
}

/// The bytes of a page.
const PAGE: u8 = 8;

impl Eeprom {
    /// A blank one, all bytes 0xff, at this address of the bus.
    #[must_use]
    pub fn new(address: u8) -> Self {
        Self {
            address,
            bytes: [0xff; 256],
            place: 0,
            is_place_known: false,
        }
    }

    /// The same, with these bytes at its beginning; what does not fit is left out.
    #[must_use]
    pub fn with_bytes(mut self, bytes: &[u8]) -> Self {
        for (place, byte) in self.bytes.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self
    }
}

impl I2cDevice for Eeprom {
    fn address(&self) -> u8 {
        self.address
    }

    fn start(&mut self) {
        self.is_place_known = false;
    }

    fn write(&mut self, byte: u8) -> bool {
        if self.is_place_known {
            self.bytes[usize::from(self.place)] = byte;
            // Beyond the end of a page, its beginning is written over.
            self.place = self.place / PAGE * PAGE + (self.place + 1) % PAGE;
        } else {
            self.place = byte;
            self.is_place_known = true;
        }
        true
    }

    fn read(&mut self) -> u8 {
        let byte = self.bytes[usize::from(self.place)];
        self.place = self.place.wrapping_add(1);
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i2c::testing::{read, write};

    #[test]
    fn a_write_wraps_in_its_page_and_a_read_in_the_memory() {
        let mut eeprom = Eeprom::new(0x50).with_bytes(&[1, 2]);
        write(&mut eeprom, &[0x0e, 10, 11, 12]);
        assert_eq!(read(&mut eeprom, &[0x0d]), [0xff, 10, 11]);
        assert_eq!(read(&mut eeprom, &[0x08]), [12, 0xff, 0xff]);
        assert_eq!(read(&mut eeprom, &[0xff]), [0xff, 1, 2]);
        // It goes on where it was.
        assert_eq!(read(&mut eeprom, &[]), [0xff]);
    }
}
