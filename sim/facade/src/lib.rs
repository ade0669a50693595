//! Simulator and test harness for `no_std` firmware: one dependency for everything.
//!
//! The library is always there: [`registry`], [`scenario`], [`script`], [`trace`] and
//! what else `lockstep-engine` has. The features, all of them on unless told otherwise, add the
//! terminal simulator, the command line and golden tests.

#[cfg(feature = "cli")]
pub use lockstep_cli as cli;
pub use lockstep_core as core;
pub use lockstep_engine::*;
#[cfg(feature = "goldens")]
pub use lockstep_goldens as goldens;
#[cfg(feature = "terminal")]
pub use lockstep_terminal as terminal;
