//! A firmware of `#[task]`s with a static channel and a sensor on an I2C bus: what is generic over
//! its bus and its pins is called by tasks of concrete types, as on a board.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Duration, Ticker};
use embedded_hal::digital::OutputPin;
use embedded_hal_async::i2c::I2c;

/// Temperatures in sixteenths of a degree.
pub(crate) type Temperatures = Channel<CriticalSectionRawMutex, i16, 1>;

const SENSOR: u8 = 0x48;
const HOT: i16 = 30 * 16;
const COOL: i16 = 28 * 16;

/// Measures once a second.
pub(crate) async fn measure(mut bus: impl I2c, temperatures: &'static Temperatures) {
    let mut second = Ticker::every(Duration::from_secs(1));
    loop {
        second.next().await;
        let mut register = [0; 2];
        if bus.write_read(SENSOR, &[0], &mut register).await.is_ok() {
            temperatures.send(i16::from_be_bytes(register) >> 4).await;
        }
    }
}

/// Switches the fan with a hysteresis of 2 degrees.
pub(crate) async fn ventilate(mut fan: impl OutputPin, temperatures: &'static Temperatures) {
    loop {
        match temperatures.receive().await {
            HOT.. => fan.set_high().ok(),
            ..=COOL => fan.set_low().ok(),
            _ => None,
        };
    }
}
