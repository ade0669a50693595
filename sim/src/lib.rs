//! Plays scenarios into `no_std` firmware on the host and keeps what happened.
//!
//! Data flows one way:
//!
//! - [`scenario`]: sentences become a script, and checks that judge its trace.
//! - [`script`]: events at exact ticks, whatever they were written in.
//! - [`catalog`]: the apps that can be played.
//! - [`engine`] plays events into one app; [`play`] plays a whole script.
//! - [`trace`]: everything observable that followed.
//! - [`judge`] holds a trace against the checks; [`diff`] holds it against another.
//!
//! [`source`] is where problems in texts are told from, [`cli`] is the command line.
//!
//! Scripts also come from files: [`stimulus`] finds one in a waveform.

pub mod catalog;
pub mod diff;
pub mod engine;
pub mod judge;
pub mod play;
pub mod scenario;
pub mod script;
pub mod source;
pub mod stimulus;
#[cfg(test)]
mod testing;
pub mod trace;
