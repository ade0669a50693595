//! A device on an SPI bus, as a model: a small type that says what a chip answers.
//!
//! ```
//! use embedded_hal::spi::SpiDevice;
//! use lockstep_embassy_ports::spi::{SpiModel, SpiPort};
//!
//! /// Answers each byte with the one before it, as a shift register does.
//! struct ShiftRegister(u8);
//!
//! impl SpiModel for ShiftRegister {
//!     fn transfer(&mut self, byte: u8) -> u8 {
//!         std::mem::replace(&mut self.0, byte)
//!     }
//! }
//!
//! let mut port = SpiPort::new(ShiftRegister(0));
//! let mut bytes = [1, 2, 3];
//! port.transfer_in_place(&mut bytes).unwrap();
//! assert_eq!(bytes, [0, 1, 2]);
//! ```

use core::convert::Infallible;

use embedded_hal::spi::{ErrorType, Operation, SpiDevice};

/// What a chip on an SPI bus does.
pub trait SpiModel {
    /// It is selected: a transaction begins.
    fn select(&mut self) {}

    /// Takes a byte, and gives the one that is shifted out meanwhile.
    fn transfer(&mut self, byte: u8) -> u8;

    /// It is not selected any more.
    fn deselect(&mut self) {}
}

/// What is sent where the firmware only reads.
const FILL: u8 = 0;

/// A chip behind its select pin. A transaction takes no time, and its delays none.
#[derive(Clone, Debug)]
pub struct SpiPort<M> {
    model: M,
}

impl<M: SpiModel> SpiPort<M> {
    /// The port of this chip.
    #[must_use]
    pub const fn new(model: M) -> Self {
        Self { model }
    }

    fn operate(&mut self, operation: &mut Operation<'_, u8>) {
        match operation {
            Operation::Read(read) => read.fill_with(|| self.model.transfer(FILL)),
            Operation::Write(written) => {
                for byte in *written {
                    self.model.transfer(*byte);
                }
            }
            Operation::Transfer(read, written) => {
                // The longer one goes on alone.
                for index in 0..read.len().max(written.len()) {
                    let byte = written.get(index).copied().unwrap_or(FILL);
                    let answer = self.model.transfer(byte);
                    if let Some(read) = read.get_mut(index) {
                        *read = answer;
                    }
                }
            }
            Operation::TransferInPlace(bytes) => {
                for byte in bytes.iter_mut() {
                    *byte = self.model.transfer(*byte);
                }
            }
            Operation::DelayNs(_) => {}
        }
    }
}

impl<M> ErrorType for SpiPort<M> {
    type Error = Infallible;
}

impl<M: SpiModel> SpiDevice for SpiPort<M> {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        self.model.select();
        for operation in operations {
            self.operate(operation);
        }
        self.model.deselect();
        Ok(())
    }
}

impl<M: SpiModel> embedded_hal_async::spi::SpiDevice for SpiPort<M> {
    async fn transaction(
        &mut self,
        operations: &mut [Operation<'_, u8>],
    ) -> Result<(), Infallible> {
        SpiDevice::transaction(self, operations)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Notes what it is asked, and counts what it answers.
    #[derive(Default)]
    struct Noted {
        taken: Vec<u8>,
        selected: usize,
        answered: u8,
    }

    impl SpiModel for Noted {
        fn select(&mut self) {
            self.selected += 1;
        }

        fn transfer(&mut self, byte: u8) -> u8 {
            self.taken.push(byte);
            self.answered += 1;
            self.answered
        }
    }

    #[test]
    fn each_operation_shifts_as_many_bytes_as_its_longer_side() {
        let mut port = SpiPort::new(Noted::default());
        let (mut read, mut longer, mut both) = ([0; 2], [0; 3], [9, 9]);
        SpiDevice::transaction(
            &mut port,
            &mut [
                Operation::Write(&[7, 8]),
                Operation::Read(&mut read),
                Operation::Transfer(&mut longer, &[5]),
                Operation::DelayNs(1_000),
                Operation::TransferInPlace(&mut both),
            ],
        )
        .unwrap();
        assert_eq!(port.model.taken, [7, 8, 0, 0, 5, 0, 0, 9, 9]);
        assert_eq!((read, longer, both), ([3, 4], [5, 6, 7], [8, 9]));
        assert_eq!(port.model.selected, 1);
    }
}
