//! Explores every behaviour of an [`App`](lockstep_core::app::App).
//!
//! A *situation* is an app counted from now, with the contacts, the numbers and what a [`Monitor`]
//! remembers: two that are equal go on equally, so that each is gone on from once. All situations of
//! one tick are gone on from before those of the next, so what is found has as few ticks as can be.
//!
//! - [`monitor`]: what is asked, as an automaton over moments.
//! - [`input_model`]: what the world may do.
//! - [`settings`]: what is explored, how far, and what came of it.
//! - [`state_space`]: all situations of one app, behind one type.
//! - [`checkpoint`]: how an exploration is kept, to be gone on with later.
//!
//! The library reads neither a clock nor the environment; threads are started where more than one
//! job is asked for, and what is found does not depend on how many there are.

mod arrivals;
mod blocks;
pub mod checkpoint;
mod choice_code;
mod codec;
mod collector;
mod explorer;
mod fingerprint;
pub mod input_model;
pub mod monitor;
mod plan;
mod possibility;
mod saved_findings;
pub mod settings;
mod spin_barrier;
pub mod state_space;
mod stepper;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod worker_pool;

pub use input_model::InputModel;
pub use monitor::{Moment, Monitor, MonitorVerdict, RuleSet};
pub use settings::{Exploration, Settings};
pub use state_space::StateSpace;
