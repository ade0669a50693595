//! Plays scenarios on benches and gives each a verdict.
//!
//! - [`board_image`]: an image, and all that a bench has to know of it.
//! - [`board_access`]: what a bench needs of whatever has its board.
//! - [`acquire`](mod@acquire): a probe is found, and locked.
//! - [`bench_session`]: a bench in use, from its first image to its recovery.
//! - [`pin_edges`]: what pins do in a run, and what should be seen of them.
//! - [`jumpers`]: buttons that pins of the board itself press.
//! - [`input_jitter`]: inputs that are not exact to the tick, and what the host does with them.
//! - [`registers`]: what registers hold of the outputs.
//! - [`uart_bridge`]: the serial port that the UART of a board is wired to.
//! - [`diagnosis`]: why a board has not played to the end.
//! - [`prepare`](mod@prepare): what has to be there before anything is played.
//! - [`run`](mod@run): every case of a plan, one after the other.

pub mod acquire;
pub mod bench_session;
pub mod board_access;
pub mod board_image;
pub mod diagnosis;
pub mod input_jitter;
pub mod jumpers;
pub mod pin_edges;
pub mod prepare;
pub mod random_scenarios;
pub mod registers;
mod rules;
pub mod run;
pub mod serial_evidence;
#[cfg(test)]
mod tests;
pub mod uart_bridge;
