//! Plays scenarios on boards, through a probe, and holds them to the goldens of the host.

use lockstep_core::time::TickPeriod;

pub mod bench;
#[cfg(test)]
mod fake;
pub mod report;
pub mod session;
pub mod suite;
pub mod verdict;

/// How long a tick is on a board: what the tolerances and delays of benches are counted in.
const TICK: TickPeriod = TickPeriod::MILLISECOND;
