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

use std::cell::RefCell;
use std::rc::Rc;

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use lockstep_embassy_ports::i2c::transact;

pub use lockstep_embassy_ports::i2c::{Eeprom, I2cDevice, I2cError, TemperatureSensor};

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
        transact(device.as_mut(), operations)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_answers_to_its_address() {
        let mut bus = I2cBus::new()
            .with(TemperatureSensor::new(0x48, |_| 25_000))
            .with(Eeprom::new(0x50).with_bytes(&[7]));
        let mut other_driver = bus.clone();
        let mut read = [0; 2];
        bus.write_read(0x48, &[0], &mut read).unwrap();
        assert_eq!(read, [0x19, 0x00]);
        bus.write_read(0x48, &[1], &mut read).unwrap();
        assert_eq!(read, [0x60, 0xa0]);
        bus.write(0x48, &[1, 0x70, 0xb0]).unwrap();
        other_driver.read(0x48, &mut read).unwrap();
        assert_eq!(read, [0x70, 0xb0]);
        bus.write_read(0x50, &[0], &mut read[..1]).unwrap();
        assert_eq!(read[0], 7);
        assert_eq!(bus.write(0x51, &[0]), Err(I2cError::NoDevice(0x51)));
    }
}
