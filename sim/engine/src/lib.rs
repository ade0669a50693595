//! Plays scenarios into `no_std` firmware on the host and keeps what happened.
//!
//! Data flows one way:
//!
//! - [`scenario`]: sentences become a script, and checks that judge its trace.
//! - [`recording`] and [`stimulus`]: scripts that were kept, and scripts found in waveforms.
//! - [`script`]: events at exact ticks, whatever they were written in.
//! - [`registry`]: the apps that can be played.
//! - [`dyn_runner`] plays events into one app; [`play`] plays a whole script.
//! - [`trace`]: everything observable that followed; [`timeline`] can enter it anywhere.
//! - [`checker`] holds a trace against the checks; [`diff`] holds it against another.
//!
//! [`golden`] keeps a trace beside its scenario,
//! [`diagnostic`] tells where in a text a problem is, and [`sanitize`] makes text from
//! outside safe to print.

pub mod checker;
pub mod diagnostic;
pub mod diff;
pub mod dyn_runner;
pub mod files;
pub mod golden;
pub mod input;
pub mod load;
pub mod output_color;
pub mod panic_guard;
pub mod play;
pub mod project;
pub mod recording;
pub mod registry;
pub mod sanitize;
pub mod scenario;
pub mod script;
pub mod stimulus;
#[cfg(test)]
mod testing;
pub mod timeline;
pub mod trace;
