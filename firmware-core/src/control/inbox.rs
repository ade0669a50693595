//! What a board is asked: bytes become commands.

use postcard::accumulator::{CobsAccumulator, FeedResult};

use super::Link;
use crate::wire::{Command, MAX_COMMAND, Malformed};

/// Gathers the bytes of a command until it is whole.
pub(super) struct Inbox(CobsAccumulator<MAX_COMMAND>);

impl Inbox {
    pub(super) const fn new() -> Self {
        Self(CobsAccumulator::new())
    }

    /// The commands that have come, one after the other.
    pub(super) fn read(
        &mut self,
        link: &mut dyn Link,
        mut obey: impl FnMut(Result<Command, Malformed>, &mut dyn Link),
    ) {
        let mut buffer = [0; MAX_COMMAND];
        loop {
            let count = link.receive(&mut buffer).min(MAX_COMMAND);
            let mut rest = &buffer[..count];
            if rest.is_empty() {
                return;
            }
            while !rest.is_empty() {
                rest = match self.0.feed::<Command>(rest) {
                    FeedResult::Consumed => &[],
                    FeedResult::Success { data, remaining } => {
                        obey(Ok(data), link);
                        remaining
                    }
                    FeedResult::OverFull(remaining) | FeedResult::DeserError(remaining) => {
                        obey(Err(Malformed), link);
                        remaining
                    }
                };
            }
        }
    }
}
