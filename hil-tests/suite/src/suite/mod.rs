//! Plays scenarios on benches and says what came of it.
//!
//! - [`firmware`]: an image, and all that a bench has to know of it.
//! - [`take`](mod@take): a probe is found, and is nobody else's meanwhile.
//! - [`station`]: a bench that is in use, from its first image to its recovery.
//! - [`stimulus`]: what pins do in a run, and what should be seen of them.
//! - [`jumpers`]: buttons that pins of the board itself press.
//! - [`pressed`]: what a board was told, and what the host does with that.
//! - [`registers`]: what registers say of the outputs.
//! - [`diagnosis`]: why a board has not played to the end.
//! - [`prepare`](mod@prepare): what has to be there before anything is played.
//! - [`run`](mod@run): every case of a plan, one after the other.

pub mod diagnosis;
pub mod firmware;
pub mod jumpers;
pub mod prepare;
pub mod pressed;
pub mod registers;
pub mod run;
pub mod station;
pub mod stimulus;
pub mod take;
