//! Buttons pressed through the probe: pins of the board that are joined to its inputs are moved at
//! ticks, as well as a probe can.

use std::collections::{BTreeMap, VecDeque};

use lockstep_core::time::RunTicks;

use super::link::{Link, LinkError};
use super::play_error::BoardPlayError;

/// From how many ticks before a write on nothing else is waited for: what a board says meanwhile
/// has room in its channel.
const NEAR: RunTicks = RunTicks(5);

/// A write to a register that moves a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinWrite {
    /// The tick whose sample is to be the first to see it.
    pub tick: RunTicks,
    /// The line that is moved: a sample comes between two writes to one.
    pub line: usize,
    /// The register.
    pub address: u32,
    /// What is written there.
    pub bits: u32,
}

/// Moves pins during a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinDriver {
    writes: VecDeque<PinWrite>,
    counter: u32,
    allowed: RunTicks,
    /// The tick that was sampled last when a line was moved last.
    moved: BTreeMap<usize, RunTicks>,
}

impl PinDriver {
    /// These writes, in the order of their ticks, on a board that has the tick it sampled last at
    /// `counter`. One that may have been seen more than `allowed` ticks late ends the run.
    #[must_use]
    pub fn new(
        writes: impl IntoIterator<Item = PinWrite>,
        counter: u32,
        allowed: RunTicks,
    ) -> Self {
        Self {
            writes: writes.into_iter().collect(),
            counter,
            allowed,
            moved: BTreeMap::new(),
        }
    }

    /// Makes the writes that are due, and tells whether the next is so near that nothing else
    /// should be done meanwhile.
    ///
    /// A write is due once the sample before its own was taken, and one after the last write to
    /// its line. What the counter holds after the write is the last tick that may not have seen it.
    pub(super) fn advance(&mut self, link: &mut Link<'_>) -> Result<bool, BoardPlayError> {
        loop {
            let Some(next) = self.writes.front().copied() else {
                return Ok(false);
            };
            let before = RunTicks(next.tick.0.saturating_sub(1));
            let now = link.tick(self.counter)?;
            if now < before {
                return Ok(RunTicks(before.0 - now.0) <= NEAR);
            }
            if self.moved.get(&next.line).is_some_and(|last| now <= *last) {
                return Ok(true);
            }
            self.write(next, before, link)?;
            self.writes.pop_front();
        }
    }

    /// Makes the writes of tick 0, before the run: nobody can see those late.
    pub(super) fn begin(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        while let Some(first) = self
            .writes
            .front()
            .filter(|next| next.tick == RunTicks::ZERO)
        {
            link.write_word(first.address, first.bits)?;
            self.writes.pop_front();
        }
        Ok(())
    }

    /// Checks that every pin was moved by the end of the run.
    pub(super) fn check_done(&self) -> Result<(), BoardPlayError> {
        match self.writes.front() {
            None => Ok(()),
            Some(write) => Err(BoardPlayError::PinNotMoved(write.tick)),
        }
    }

    fn write(
        &mut self,
        write: PinWrite,
        before: RunTicks,
        link: &mut Link<'_>,
    ) -> Result<(), BoardPlayError> {
        link.write_word(write.address, write.bits)?;
        let after = link.tick(self.counter)?;
        if after < before {
            // The board stands still: its run is over.
            return Err(BoardPlayError::PinNotMoved(write.tick));
        }
        self.moved.insert(write.line, after);
        let late = RunTicks(after.0 - before.0);
        if late > self.allowed {
            return Err(BoardPlayError::Late {
                tick: write.tick,
                late,
                allowed: self.allowed,
            });
        }
        Ok(())
    }
}
