//! Everything that a change must pass, in every world, one step after the other.
//!
//! - [`setup`]: what is missing here, and what adds it.
//! - [`steps`]: what is run, as data.
//! - [`runner`]: runs steps; one that fails does not keep the next from running.
//! - [`worlds`] and [`host`]: what each scenario came to in each world.
//! - [`table`]: all of it for people.

pub(crate) mod command;
pub mod host;
pub mod runner;
pub mod setup;
pub mod steps;
pub mod table;
pub mod worlds;

#[cfg(test)]
mod tests;
