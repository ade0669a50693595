//! Plays Embassy firmware on the host in virtual time.
//!
//! The firmware is async code over the traits of `embedded-hal`, `embedded-io` and their async
//! versions, with `embassy-time` for its timers, and knows nothing of this. What joins it with its ports is a type
//! that implements [`Firmware`]; [`EmbassyApp`] makes an [`App`](lockstep_core::app::App) of it,
//! with scenarios, goldens and the terminal simulator as for any other:
//!
//! ```
//! use embedded_hal::digital::{OutputPin, StatefulOutputPin};
//! use embedded_hal_async::digital::Wait;
//! use lockstep_core::app::AppDescriptor;
//! use lockstep_core::output::{Level, Output};
//! use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner};
//!
//! // The firmware.
//! async fn switch(mut button: impl Wait, mut led: impl StatefulOutputPin) {
//!     loop {
//!         button.wait_for_rising_edge().await.ok();
//!         led.toggle().ok();
//!     }
//! }
//!
//! // What joins it with its ports.
//! struct Switch;
//!
//! impl Firmware for Switch {
//!     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("switch", "1.0.0")
//!         .with_buttons(&["button"])
//!         .with_outputs(&[Output::digital("led")]);
//!     type Outputs = [Level; 1];
//!
//!     fn start(ports: &Ports, spawner: Spawner) {
//!         let (button, led) = (ports.input("button"), ports.output("led"));
//!         lockstep_embassy::spawn(spawner, switch(button, led));
//!     }
//! }
//!
//! let app = lockstep_engine::app!(EmbassyApp<Switch>);
//! assert_eq!(app.descriptor().name(), "switch");
//! ```
//!
//! # What happens in which order
//!
//! Time goes from one timer to the next. In a tick, the timers that are due in it fire one after the
//! other, those of one instant in the order in which they were set, and after each instant all tasks
//! that are ready are polled, in the order of the executor, until none is. Outputs are looked at when
//! the tick is over. Then inputs are applied, each of them followed by the tasks that it wakes.
//!
//! A task that blocks, by a delay, by reading the clock in a loop or by reading a serial line, stands still
//! in its middle while time goes on; no other task is polled meanwhile.
//!
//! # What it keeps
//!
//! Executor, tasks and timers live in statics, as on a board. So an app of Embassy is played in a
//! process of its own, which every program of Lockstep does (`lockstep-isolation`); in the program
//! itself one can be played at a time, and again only if its tasks are not from `#[task]`.

mod app;
mod delay;
mod executor;
pub mod i2c;
mod messages;
mod number;
mod ports;
#[cfg(feature = "rtic")]
mod rtic;
mod serial;
pub mod spi;
mod stack;
mod tasks;
mod virtual_time;
mod wait_queue;

pub use app::{EmbassyApp, Firmware};
pub use delay::Delay;
pub use embassy_executor::Spawner;
pub use executor::spawn;
#[cfg(feature = "defmt")]
pub use messages::prepare_defmt;
pub use messages::{MessageFilter, Severity};
pub use number::Number;
pub use ports::{Input, Logger, Output, Ports};
#[cfg(feature = "rtic")]
pub use rtic::RticClock;
pub use serial::{Serial, SerialRx, SerialTx};
