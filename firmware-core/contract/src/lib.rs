//! What a firmware core is, and nothing about the machine it runs on.
//!
//! A core is a plain state machine that implements [`App`](app::App): events in, outputs and
//! logs out. Every world that plays it, a simulator or a board, keeps the same order, so the
//! same events give the same trace.
//!
//! ```
//! use lockstep_core::app::{App, AppDescriptor, Sink};
//! use lockstep_core::event::Event;
//! use lockstep_core::output::{Level, Output};
//!
//! struct Doorbell(bool);
//!
//! impl App for Doorbell {
//!     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("doorbell", "1.0.0")
//!         .with_buttons(&["bell"])
//!         .with_outputs(&[Output::digital("chime")]);
//!     type Outputs = [Level; 1];
//!
//!     fn new() -> Self {
//!         Self(false)
//!     }
//!     fn handle(&mut self, event: Event, _: &mut dyn Sink) {
//!         match event {
//!             Event::Press(_) => self.0 = true,
//!             Event::Release(_) => self.0 = false,
//!             _ => {}
//!         }
//!     }
//!     fn outputs(&self) -> [Level; 1] {
//!         [self.0.into()]
//!     }
//! }
//! ```
//!
//! The crate is layered, and every layer is public:
//!
//! - [`time`]: [`Ticks`](time::Ticks) are a length of time, an
//!   [`Instant`](time::Instant) is a reading of a counter that wraps, and
//!   [`RunTicks`](time::RunTicks) count the ticks of a run. [`wakeup`]: how long nothing happens.
//! - [`event`], [`output`] and [`log`]: what the world does to an app, what the app shows the
//!   world, and what it says happened.
//! - [`ports`], [`matrix`] and [`descriptor`]: numbers, serial lines, encoders and displays, and the
//!   [`AppDescriptor`](descriptor::AppDescriptor) in which an app names all it has, once for
//!   everybody.
//! - [`app`] and [`sink`]: the [`App`](app::App) trait that joins them, and where an app puts what
//!   it says.
//! - [`action`], [`contacts`] and [`runner`]: what is done to a board, and the order in which every world
//!   plays it into an app.
//! - [`modes`]: enums of an app's state, for questions.
//! - [`timer`], [`debounce`], [`hold_timer`], [`gesture`] and [`quadrature`]: the pieces every
//!   product with buttons or a knob needs, each a small state machine.
//! - `protocol`, `agent` and `crash_record`, with the feature `protocol`: what a board and a
//!   host say to each other, the board's side of it, and what a crash leaves behind.
//! - [`short`] bytes and texts, and [`fnv`], the hash of identities.
//!
//! Nothing here allocates, reads a clock, keeps a global or panics, so the same code
//! runs in a terminal, in a test, and on a Cortex-M0.

#![no_std]
#![forbid(unsafe_code)]

pub mod action;
#[cfg(feature = "protocol")]
pub mod agent;
pub mod app;
pub mod contacts;
#[cfg(feature = "protocol")]
pub mod crash_record;
pub mod debounce;
pub mod descriptor;
pub mod event;
pub mod fnv;
pub mod gesture;
pub mod hold_timer;
pub mod log;
pub mod matrix;
pub mod modes;
pub mod output;
pub mod ports;
#[cfg(feature = "protocol")]
pub mod protocol;
pub mod quadrature;
pub mod runner;
pub mod short;
pub mod sink;
pub mod time;
pub mod timer;
pub mod wakeup;
