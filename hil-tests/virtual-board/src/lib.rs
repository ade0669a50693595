//! A micro:bit behind a debug probe, with no hardware.

pub mod adiv5;
pub mod app_pins;
pub mod board;
pub mod core;
pub mod core_debug;
pub mod dispatch;
mod gdb;
mod jumpers;
pub mod machine;
pub mod memory_map;
pub mod pins;
pub mod probe_server;
pub mod protocol;
mod socket;
pub mod swd;
mod ticks;
