//! The command line as people and scripts meet it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod compare;
mod determinism;
mod ending;
mod output;
mod run;
mod support;
