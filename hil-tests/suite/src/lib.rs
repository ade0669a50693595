//! Plays scenarios on boards, through a probe, and holds them to the goldens of the host.

pub mod bench;
#[cfg(test)]
mod fake;
pub mod report;
pub mod session;
pub mod suite;
pub mod verdict;
