//! Plays scenarios on `no_std` firmware on the host, and keeps the trace.
//!
//! Data flows one way:
//!
//! - [`scenario`]: statements become a script, and checks of its trace.
//! - [`recording`] and [`waveform`]: scripts stored in files, and scripts found in waveforms.
//! - [`script`]: events at exact ticks, whatever they were written in; [`timed_input`]: those of
//!   what takes several ticks.
//! - [`registry`]: the apps that can be played.
//! - [`dyn_runner`] plays events on one app, whose code can end in an [`app_failure`]; [`play`]
//!   plays a whole script, and [`idle_check`] holds what an app says of idle time against ticking.
//! - [`trace`]: everything observable that followed; [`timeline`] can resume it anywhere.
//! - [`checker`] checks a trace; [`diff`] compares it with another.
//!
//! [`load`] reads any of the formats, [`golden`] keeps a trace beside its scenario,
//! [`diagnostic`] says where in a text something is wrong, [`quoted`] has bytes as text and [`cells`] rows of a display,
//! [`sanitize`] makes text from outside safe to print, and [`shell`] words safe to type. The library
//! reads no clock and no environment, and changes nothing in the process: panics of apps are caught by a [`panic_guard`] that a program provides.

pub mod app_failure;
pub mod capabilities;
pub mod cells;
pub mod checker;
mod decimal;
pub mod diagnostic;
pub mod diff;
pub mod dyn_runner;
pub mod files;
pub mod golden;
pub mod idle_check;
pub mod load;
pub mod output_color;
pub mod panic_guard;
pub mod play;
pub mod project;
pub mod quoted;
pub mod recording;
pub mod registry;
pub mod sanitize;
pub mod scenario;
pub mod script;
pub mod shell;
pub mod source;
pub mod task_wakeups;
#[cfg(test)]
mod testing;
pub mod timed_input;
pub mod timeline;
pub mod trace;
pub mod waveform;

pub use lockstep_search as search;
