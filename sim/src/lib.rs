//! Plays scenarios into `no_std` firmware on the host and keeps what happened.
//!
//! Data flows one way:
//!
//! - [`script`]: events at exact ticks, whatever they were written in.
//! - [`catalog`]: the apps that can be played.
//! - [`engine`] plays events into one app; [`play`] plays a whole script.
//! - [`trace`]: everything observable that followed.
//!
//! Scripts also come from files: a [`recording`] is one, and [`stimulus`] finds one in a
//! waveform.

pub mod catalog;
pub mod engine;
pub mod play;
pub mod recording;
pub mod script;
pub mod stimulus;
#[cfg(test)]
mod testing;
pub mod trace;
