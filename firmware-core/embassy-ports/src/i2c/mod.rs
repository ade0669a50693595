//! Devices on an I2C bus as models: small types that say what a chip answers. The bus is that of the host, or of
//! the board.

mod eeprom;
mod temperature_sensor;

use core::fmt;

use embedded_hal::i2c::{Error, ErrorKind, NoAcknowledgeSource, Operation};

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

impl fmt::Display for I2cError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice(address) => write!(f, "no device has the I2C address {address:#04x}"),
            Self::NotAcknowledged(address) => {
                write!(f, "the device at {address:#04x} did not acknowledge a byte")
            }
        }
    }
}

impl core::error::Error for I2cError {}

impl Error for I2cError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::NoAcknowledge(match self {
            Self::NoDevice(_) => NoAcknowledgeSource::Address,
            Self::NotAcknowledged(_) => NoAcknowledgeSource::Data,
        })
    }
}

/// Does with a device what a bus does that was asked for these operations.
///
/// ```
/// use embedded_hal::i2c::Operation;
/// use lockstep_embassy_ports::i2c::{Eeprom, transact};
///
/// let mut eeprom = Eeprom::new(0x50);
/// transact(&mut eeprom, &mut [Operation::Write(&[0x10, 7, 8])])?;
/// let mut read = [0; 2];
/// transact(&mut eeprom, &mut [Operation::Write(&[0x10]), Operation::Read(&mut read)])?;
/// assert_eq!(read, [7, 8]);
/// # Ok::<(), lockstep_embassy_ports::i2c::I2cError>(())
/// ```
///
/// # Errors
///
/// [`I2cError::NotAcknowledged`], where the device does not acknowledge a byte.
pub fn transact<D: I2cDevice + ?Sized>(
    device: &mut D,
    operations: &mut [Operation<'_>],
) -> Result<(), I2cError> {
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
                        return Err(I2cError::NotAcknowledged(device.address()));
                    }
                }
            }
            Operation::Read(bytes) => bytes.fill_with(|| device.read()),
        }
    }
    device.stop();
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{I2cDevice, Operation, transact};

    /// Writes to a device.
    pub(crate) fn write(device: &mut impl I2cDevice, bytes: &[u8]) {
        transact(device, &mut [Operation::Write(bytes)]).unwrap();
    }

    /// What a device answers after these bytes were written to it.
    pub(crate) fn read<const N: usize>(device: &mut impl I2cDevice, written: &[u8]) -> [u8; N] {
        let mut read = [0; N];
        let mut both = [Operation::Write(written), Operation::Read(&mut read)];
        let operations = match written.is_empty() {
            true => &mut both[1..],
            false => &mut both[..],
        };
        transact(device, operations).unwrap();
        read
    }
}
