//! Plays Embassy firmware on a board, in the ticks of [`lockstep_board`].
//!
//! The names are those of `lockstep-embassy`, which plays the same firmware on the host: the type that
//! implements [`Firmware`] there implements it here, and [`EmbassyApp`] makes the app of an image of
//! it. Timers fire, tasks are polled and pins are seen in the same order, so that a run on the board is
//! held to the golden of the host, tick by tick.
//!
//! - Time is that of the tick interrupt, in whole ticks. A timer that is due within a tick fires when the
//!   tick is over, at its own time by `embassy_time::Instant`, as on the host.
//! - Pins are sampled once a tick and polled: no interrupt of a pin is used, and no counter but the one
//!   of the ticks.
//! - Code that blocks (`block_for`, a loop over the clock, a blocking read of a serial line) panics: the tasks
//!   share the stack of the runtime, which has to go on.
//! - Numbers and the bytes of serial lines come from a bench, at their ticks. Devices on I2C and SPI are models,
//!   as on the host.
//! - At the start of a run, and at a reset within it, the statics of the firmware begin anew:
//!   [`lockstep_board::statics`].

#![no_std]

mod app;
mod delay;
mod executor;
pub mod i2c;
mod logger;
#[cfg(feature = "log")]
mod messages;
mod number;
mod port_states;
mod ports;
mod serial;
pub mod spi;
mod virtual_time;
mod wait_queue;

pub use app::{EmbassyApp, Firmware};
pub use delay::Delay;
pub use embassy_executor::Spawner;
pub use executor::spawn;
pub use lockstep_embassy_ports::messages::{MessageFilter, Severity};
pub use logger::Logger;
pub use number::Number;
pub use ports::{Input, Output, Ports};
pub use serial::{Serial, SerialRx, SerialTx};
