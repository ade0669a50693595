//! Plays scenarios into `no_std` firmware on the host and keeps what happened.
//!
//! Data flows one way:
//!
//! - [`scenario`]: sentences become a script, and checks that judge its trace.
//! - [`recording`] and [`stimulus`]: scripts that were kept, and scripts found in waveforms.
//! - [`script`]: events at exact ticks, whatever they were written in.
//! - [`catalog`]: the apps that can be played.
//! - [`engine`] plays events into one app; [`play`] plays a whole script.
//! - [`trace`]: everything observable that followed; [`timeline`] can enter it anywhere.
//! - [`judge`] holds a trace against the checks; [`diff`] holds it against another.
//!
//! [`goldens`] makes a test of every scenario in a folder, [`cli`] is the command line,
//! and [`mod@source`] tells where in a text a problem is.

pub mod catalog;
pub mod diff;
pub mod engine;
pub mod files;
pub mod golden;
pub mod input;
pub mod judge;
pub mod load;
pub mod play;
pub mod recording;
pub mod scenario;
pub mod script;
pub mod source;
pub mod stimulus;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod trace;
