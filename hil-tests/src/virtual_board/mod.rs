//! A micro:bit behind a debug probe, with no hardware.

pub mod adiv5;
pub mod machine;
pub mod protocol;
mod socket;
