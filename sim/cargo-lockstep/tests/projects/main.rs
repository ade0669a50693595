//! `cargo lockstep` in projects of others: they are made in a temporary folder, and share nothing
//! with this workspace but what was built before.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

mod benches;
mod boards;
mod broken;
mod crates;
mod embassy;
mod firmware;
mod packages;
mod pages;
mod support;
