//! `cargo verify`: everything that a change must pass, in every world, as a list of steps.
//!
//! - [`setup`]: what is missing on this machine, and the command that installs it.
//! - [`steps`]: the steps of a repository, as its step file lists them.
//! - [`runner`]: runs steps; a failed step does not stop the next one.
//! - [`world_report`] and [`host`]: the verdict of each scenario in each world.
//! - [`failed_tests`]: which tests a step says have failed.
//! - [`summary`]: the result as tables for people.

pub(crate) mod command;
pub mod failed_tests;
pub mod host;
pub mod runner;
pub mod setup;
pub mod steps;
pub mod summary;
pub mod world_report;

#[cfg(test)]
mod tests;
