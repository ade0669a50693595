//! A device on an SPI bus, as a model: a small type that says what a chip answers.

pub use lockstep_embassy_ports::spi::{SpiModel, SpiPort};
