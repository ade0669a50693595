//! What the product does, and nothing about the machine it runs on.
//!
//! The crate is layered, and every layer is public:
//!
//! - [`time`]: [`Ticks`](time::Ticks) are a length of time, an
//!   [`Instant`](time::Instant) is a reading of a counter that wraps.
//! - [`event`] and [`output`]: what the world does to an app, and what the app shows
//!   the world.
//! - [`contract`]: the [`App`](contract::App) trait that joins the two, and the
//!   [`AppDescriptor`](contract::AppDescriptor) in which an app names its buttons, outputs
//!   and logs once for everybody.
//! - [`action`] and [`run`]: what hands do to a board, and the order in which every world
//!   plays it into an app.
//! - [`board`]: initialisation that can fail, and what to do then.
//! - [`timer`], [`debounce`], [`hold`] and [`gesture`]: the pieces every product with
//!   buttons needs, each a small state machine polled once a tick.
//! - `wire`, `control` and `crash_record`, with the feature `wire`: what a board and a bench say to each
//!   other, the board's side of it, and what a crash leaves behind.
//! - [`apps`]: [`toggle`](apps::toggle), the smallest firmware, and
//!   [`lamp`](apps::lamp), a product built from all of the above.
//!
//! Nothing here allocates, reads a clock, keeps a global or panics, so the same code
//! runs in a terminal, in a test, and on a Cortex-M0.

#![no_std]
#![forbid(unsafe_code)]

pub mod action;
#[cfg(feature = "protocol")]
pub mod agent;
pub mod app;
#[cfg(feature = "protocol")]
pub mod crash_record;
pub mod debounce;
pub mod event;
pub mod fnv;
pub mod gesture;
pub mod hold_timer;
pub mod output;
#[cfg(feature = "protocol")]
pub mod protocol;
pub mod runner;
pub mod time;
pub mod timer;
