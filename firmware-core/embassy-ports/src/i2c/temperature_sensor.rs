//! A temperature sensor.

use embassy_time_driver::TICK_HZ;

use super::I2cDevice;

/// A sensor like the TMP102 (Texas Instruments SBOS397): register 0 is the temperature, 12 bits of
/// 1/16 °C in the upper bits of two bytes, the higher one first; register 1 is the configuration,
/// 0x60a0 at first.
pub struct TemperatureSensor<F> {
    address: u8,
    /// The temperature in thousandths of a degree, by the milliseconds since power-up.
    temperature: F,
    registers: [u16; 4],
    pointer: u8,
    /// The bytes of this transfer so far.
    count: usize,
}

impl<F: Fn(u64) -> i32> TemperatureSensor<F> {
    /// A sensor at this address of the bus. `temperature` is what it measures, in thousandths of a
    /// degree Celsius, by the milliseconds since power-up.
    #[must_use]
    pub fn new(address: u8, temperature: F) -> Self {
        Self {
            address,
            temperature,
            // The limits of the thermostat are 75 and 80 °C.
            registers: [0, 0x60a0, 0x4b00, 0x5000],
            pointer: 0,
            count: 0,
        }
    }

    fn register(&self) -> u16 {
        match self.pointer {
            0 => counts((self.temperature)(milliseconds())),
            pointer => self.registers[usize::from(pointer)],
        }
    }
}

/// The milliseconds since power-up, by the clock of the firmware. Inlined, so that only what measures needs a
/// time driver.
#[inline]
fn milliseconds() -> u64 {
    let ms = u128::from(embassy_time_driver::now()) * 1_000 / u128::from(TICK_HZ);
    u64::try_from(ms).unwrap_or(u64::MAX)
}

/// What register 0 says of a temperature in thousandths of a degree.
fn counts(temperature: i32) -> u16 {
    // From -55 to 150 °C, which is what the sensor measures.
    let sixteenths = (temperature.clamp(-55_000, 150_000) * 16).div_euclid(1_000);
    // Two's complement, of which the lower 12 bits are taken; above 127.9375 °C they are full.
    let sixteenths = sixteenths.min(0x7ff);
    u16::try_from(sixteenths & 0xfff).unwrap_or(0) << 4
}

impl<F: Fn(u64) -> i32> I2cDevice for TemperatureSensor<F> {
    fn address(&self) -> u8 {
        self.address
    }

    fn start(&mut self) {
        self.count = 0;
    }

    fn write(&mut self, byte: u8) -> bool {
        match self.count {
            0 => self.pointer = byte & 3,
            // The temperature cannot be written.
            1 | 2 if self.pointer > 0 => {
                let register = &mut self.registers[usize::from(self.pointer)];
                *register = *register << 8 | u16::from(byte);
            }
            _ => {}
        }
        self.count += 1;
        true
    }

    fn read(&mut self) -> u8 {
        let bytes = self.register().to_be_bytes();
        let byte = bytes[self.count % bytes.len()];
        self.count += 1;
        byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_those_of_the_data_sheet() {
        for (temperature, counts_expected) in [
            (150_000, 0x7ff),
            (100_000, 0x640),
            (25_000, 0x190),
            (250, 0x004),
            (0, 0x000),
            (-250, 0xffc),
            (-25_000, 0xe70),
            (-55_000, 0xc90),
        ] {
            assert_eq!(counts(temperature), counts_expected << 4, "{temperature}");
        }
    }
}
