//! Builds board images, starts virtual boards, and holds boards to the goldens of the host.

pub mod bench;
#[cfg(test)]
mod fake;
pub mod report;
pub mod session;
pub mod suite;
pub mod verdict;
