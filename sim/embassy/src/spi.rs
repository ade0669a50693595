//! A device on an SPI bus, as a model: a small type that says what a chip answers.
//!
//! ```
//! use embedded_hal::spi::SpiDevice;
//! use lockstep_embassy::spi::{SpiModel, SpiPort};
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

pub use lockstep_embassy_ports::spi::{SpiModel, SpiPort};
