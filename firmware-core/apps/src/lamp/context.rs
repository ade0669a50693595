//! What the parts of the lamp are given when something happens.

use super::tuning::Tuning;
use lockstep_core::app::{Log, Sink};
use lockstep_core::time::Instant;

/// The moment, the numbers to go by, and somebody to tell.
pub(super) struct Context<'a> {
    pub(super) now: Instant,
    pub(super) tuning: &'a Tuning,
    pub(super) out: &'a mut dyn Sink,
}

impl Context<'_> {
    pub(super) fn say(&mut self, log: Log) {
        self.out.log(log);
    }
}
