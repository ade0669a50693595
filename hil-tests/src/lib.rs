//! Builds board images, starts virtual boards, and holds boards to the goldens of the host.

pub mod cli;
