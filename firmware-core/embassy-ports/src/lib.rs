//! What stands behind the ports of Embassy firmware, wherever it is played: models of devices on [`i2c`] and
//! [`spi`], the traits of serial lines, and the filter of [`messages`].
//!
//! `lockstep-embassy` on the host and `lockstep-embassy-board` on a board give it under names of their own, so
//! that a firmware with a sensor on a bus is joined with it by the same code.

#![no_std]

#[cfg(test)]
extern crate std;

pub mod i2c;
pub mod messages;
mod serial;
pub mod spi;
