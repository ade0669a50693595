//! Simulator and test harness for `no_std` firmware: one dependency for everything.
//!
//! The library is always there: [`registry`], [`scenario`], [`script`], [`play`], [`trace`],
//! [`checker`] and the other modules of `lockstep-engine`, the contract of an app as `core`, and
//! [`isolation`], which plays apps in processes of their own. The features `terminal`, `cli` and `goldens`, all on by default, add
//! the terminal simulator, the command line and golden tests.
//!
//! # A simulator
//!
//! An app of your own, and the whole program that plays it. The app belongs in a `no_std`
//! library that depends on `lockstep-core` alone, so that a board can run it as well.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use lockstep_sim::core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
//! use lockstep_sim::core::event::Event;
//! use lockstep_sim::core::output::{Level, Output};
//!
//! /// Chimes for 250 ms when its button is pressed.
//! #[derive(Clone, Debug)]
//! struct Doorbell {
//!     ticks_left: u16,
//! }
//!
//! impl App for Doorbell {
//!     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("doorbell", "1.0.0")
//!         .with_buttons(&["bell"])
//!         .with_outputs(&[Output::digital("chime")])
//!         .with_logs(&[LogKind::words("visitor", &["rang"])]);
//!     type Outputs = [Level; 1];
//!
//!     fn new() -> Self {
//!         Self { ticks_left: 0 }
//!     }
//!
//!     fn handle(&mut self, event: Event, out: &mut dyn Sink) {
//!         match event {
//!             Event::Press(_) => {
//!                 self.ticks_left = 250;
//!                 out.log(Log::new(LogId(0), 0));
//!             }
//!             Event::Tick => self.ticks_left = self.ticks_left.saturating_sub(1),
//!             _ => {}
//!         }
//!     }
//!
//!     fn outputs(&self) -> Self::Outputs {
//!         [(self.ticks_left > 0).into()]
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     # #[cfg(feature = "cli")]
//!     return lockstep_sim::cli::main(vec![lockstep_sim::app!(Doorbell)]);
//!     # #[cfg(not(feature = "cli"))]
//!     # ExitCode::SUCCESS
//! }
//! ```
//!
//! # Golden tests
//!
//! A test target with `harness = false` in the manifest. Every scenario `NAME.scn` below the
//! folder is a test: its expectations must hold, and its trace must be that of `NAME.snap`.
//! `INSTA_UPDATE=always cargo test` writes the goldens.
//!
//! ```no_run
//! # use lockstep_sim::core::app::{App, AppDescriptor, Sink};
//! # use lockstep_sim::core::event::Event;
//! # struct Doorbell;
//! # impl App for Doorbell {
//! #     const DESCRIPTOR: AppDescriptor = AppDescriptor::new("doorbell", "1.0.0");
//! #     type Outputs = [lockstep_sim::core::output::Level; 0];
//! #     fn new() -> Self { Self }
//! #     fn handle(&mut self, _: Event, _: &mut dyn Sink) {}
//! #     fn outputs(&self) -> Self::Outputs { [] }
//! # }
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     # #[cfg(feature = "goldens")]
//!     return lockstep_sim::goldens::test(vec![lockstep_sim::app!(Doorbell)], "tests/scenarios");
//!     # #[cfg(not(feature = "goldens"))]
//!     # ExitCode::SUCCESS
//! }
//! ```
//!
//! A scenario for it:
//!
//! ```text
//! app doorbell
//! tap bell for 10 ms
//! expect log visitor rang
//! expect chime becomes off within 250 ms
//! ```

#[cfg(feature = "cli")]
pub use lockstep_cli as cli;
pub use lockstep_core as core;
pub use lockstep_engine::*;
#[cfg(feature = "goldens")]
pub use lockstep_goldens as goldens;
pub use lockstep_isolation as isolation;
#[cfg(feature = "terminal")]
pub use lockstep_terminal as terminal;
