//! The command line, as users and scripts call it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod compare;
mod determinism;
mod ending;
mod output;
mod questions;
mod resume;
mod run;
mod support;
mod waveforms;
