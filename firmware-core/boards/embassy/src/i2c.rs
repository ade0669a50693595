//! An I2C bus, whose devices are models: small types that say what a chip answers.

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use lockstep_embassy_ports::i2c::transact;

pub use lockstep_embassy_ports::i2c::{Eeprom, I2cDevice, I2cError, TemperatureSensor};

/// Finds the device that is addressed.
pub trait Devices {
    /// Does these operations with the device of this address; `None` where it is not among them.
    fn transact(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Option<Result<(), I2cError>>;
}

/// None at all.
impl Devices for () {
    fn transact(&mut self, _: u8, _: &mut [Operation<'_>]) -> Option<Result<(), I2cError>> {
        None
    }
}

impl<L: Devices, D: I2cDevice> Devices for (L, D) {
    fn transact(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Option<Result<(), I2cError>> {
        let (others, device) = self;
        let found = others.transact(address, operations);
        found.or_else(|| (device.address() == address).then(|| transact(device, operations)))
    }
}

/// A bus with its devices. A transfer takes no time.
///
/// It has no clones, as on the host it has: a board has no heap to share it from. Drivers share it as they do
/// any other bus, by `embassy-embedded-hal` or `embedded-hal-bus`.
#[derive(Debug, Default)]
pub struct I2cBus<L = ()> {
    devices: L,
}

impl I2cBus {
    /// A bus without devices.
    #[must_use]
    pub const fn new() -> Self {
        Self { devices: () }
    }
}

impl<L: Devices> I2cBus<L> {
    /// The same bus, with this device on it.
    #[must_use]
    pub fn with<D: I2cDevice>(self, device: D) -> I2cBus<(L, D)> {
        I2cBus {
            devices: (self.devices, device),
        }
    }
}

impl<L> ErrorType for I2cBus<L> {
    type Error = I2cError;
}

impl<L: Devices> I2c for I2cBus<L> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        let done = self.devices.transact(address, operations);
        done.unwrap_or(Err(I2cError::NoDevice(address)))
    }
}

impl<L: Devices> embedded_hal_async::i2c::I2c for I2cBus<L> {
    async fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        I2c::transaction(self, address, operations)
    }
}
