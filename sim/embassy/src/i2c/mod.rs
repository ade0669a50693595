//! An I2C bus, whose devices are models: small types that say what a chip answers.
//!
//! ```
//! use embedded_hal::i2c::I2c;
//! use lockstep_embassy::i2c::{Eeprom, I2cBus};
//!
//! let mut bus = I2cBus::new().with(Eeprom::new(0x50));
//! bus.write(0x50, &[0x10, 7, 8])?;
//! let mut read = [0; 2];
//! bus.write_read(0x50, &[0x10], &mut read)?;
//! assert_eq!(read, [7, 8]);
//! assert!(bus.write(0x51, &[0]).is_err(), "nobody is there");
//! # Ok::<(), lockstep_embassy::i2c::I2cError>(())
//! ```

mod eeprom;
mod temperature_sensor;

use std::cell::RefCell;
use std::rc::Rc;

use embedded_hal::i2c::{Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};

pub use eeprom::Eeprom;
pub use temperature_sensor::TemperatureSensor;

/// A device on a bus, as its registers and what they answer.
pub trait I2cDevice {
    /// Its address, of 7 bits.
    fn address(&self) -> u8;

    /// A transfer to it begins, after a start condition.
    fn start(&mut self) {}

    /// Takes a byte that is written to it, and says whether it acknowledges it.
    fn write(&mut self, byte: u8) -> bool;

    /// The next byte that is read from it.
    fn read(&mut self) -> u8;

    /// The transfer is over: a stop condition.
    fn stop(&mut self) {}
}

/// What a bus answers where a device does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum I2cError {
    /// There is no device with this address.
    NoDevice(u8),
    /// The device did not acknowledge a byte.
    NotAcknowledged(u8),
}

impl std::fmt::Display for I2cError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDevice(address) => write!(f, "no device has the I2C address {address:#04x}"),
            Self::NotAcknowledged(address) => {
                write!(f, "the device at {address:#04x} did not acknowledge a byte")
            }
        }
    }
}

impl std::error::Error for I2cError {}

impl Error for I2cError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(match self {
            Self::NoDevice(_) => NoAcknowledgeSource::Address,
            Self::NotAcknowledged(_) => NoAcknowledgeSource::Data,
        })
    }
}

/// A bus with its devices. A clone is the same bus, for another driver. A transfer takes no time.
#[derive(Clone, Default)]
pub struct I2cBus {
    devices: Rc<RefCell<Vec<Box<dyn I2cDevice>>>>,
}

impl I2cBus {
    /// A bus without devices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same bus, with this device on it.
    #[must_use]
    pub fn with(self, device: impl I2cDevice + 'static) -> Self {
        self.devices.borrow_mut().push(Box::new(device));
        self
    }
}

impl ErrorType for I2cBus {
    type Error = I2cError;
}

impl I2c for I2cBus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let mut devices = self.devices.borrow_mut();
        let device = devices.iter_mut().find(|it| it.address() == address);
        let device = device.ok_or(I2cError::NoDevice(address))?;
        let mut is_writing = None;
        for operation in operations {
            let writes = matches!(operation, Operation::Write(_));
            // Operations of one kind that follow each other are one transfer.
            if is_writing.replace(writes) != Some(writes) {
                device.start();
            }
            match operation {
                Operation::Write(bytes) => {
                    for byte in *bytes {
                        if !device.write(*byte) {
                            device.stop();
                            return Err(I2cError::NotAcknowledged(address));
                        }
                    }
                }
                Operation::Read(bytes) => bytes.fill_with(|| device.read()),
            }
        }
        device.stop();
        Ok(())
    }
}

impl embedded_hal_async::i2c::I2c for I2cBus {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        I2c::transaction(self, address, operations)
    }
}
