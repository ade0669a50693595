//! Plays apps in processes of their own.
//!
//! Firmware keeps statics, and what ends it ends a process. [`isolate`] forks a server while the
//! program has one thread; from it a process is forked for each run, so that every run starts from
//! nothing and whatever ends one ends no other. A copy of a running app is a copy of its process:
//! any app can be set back, also one that is not `Clone`.
//!
//! ```text
//! program ──> fork server ──> player: one app, played over a socket
//!                       └───> player, copied from another one
//! ```
//!
//! What an app shows and says goes into memory that its player shares with the program, and so does
//! the tick it is at: they are there whatever becomes of the player.
//!
//! No player outlives the program. They are at most [`Settings::max_processes`], of
//! [`Settings::max_memory`] bytes each. Nothing of this is there on other systems than Linux:
//! [`isolate`] says so, and apps are played in the program itself. [`exit_guard`] is for them.

mod end_at_once;
pub mod exit_guard;
pub mod hints;
#[cfg(target_os = "linux")]
mod linux;

use std::time::Duration;

use lockstep_engine::registry::Registry;
use thiserror::Error;

/// How apps are played.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How long an app may take for one tick or event before it counts as one that never returns.
    pub tick_limit: Duration,
    /// Whether what apps print is thrown away.
    pub discard_output: bool,
    /// The most processes at a time, up to 4,096.
    pub max_processes: usize,
    /// The most bytes that each can allocate.
    pub max_memory: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tick_limit: Duration::from_secs(10),
            discard_output: false,
            max_processes: 256,
            max_memory: 1 << 30,
        }
    }
}

/// Apps cannot be played in processes of their own.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IsolationError {
    /// Only Linux has what is needed.
    #[error("process isolation needs Linux")]
    Unsupported,
    /// The program has started threads before: it cannot be forked any more.
    #[error(
        "the program has started threads: apps can be isolated only before that, at the start of `main`"
    )]
    SeveralThreads,
    /// The system refused.
    #[error("cannot start the fork server")]
    Io(#[from] std::io::Error),
}

/// The same apps, each run of them in a process of its own.
///
/// To be called early: before the program starts threads.
///
/// # Errors
///
/// An [`IsolationError`].
#[cfg(target_os = "linux")]
pub fn isolate(registry: &Registry, settings: &Settings) -> Result<Registry, IsolationError> {
    linux::isolate(registry, settings)
}

/// The same apps, each run of them in a process of its own.
///
/// # Errors
///
/// Always [`IsolationError::Unsupported`] on this system.
#[cfg(not(target_os = "linux"))]
pub fn isolate(_: &Registry, _: &Settings) -> Result<Registry, IsolationError> {
    Err(IsolationError::Unsupported)
}
