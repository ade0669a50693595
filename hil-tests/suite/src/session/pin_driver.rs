//! Buttons pressed through the probe: pins of the board that are joined to its inputs are moved at
//! ticks, as well as a probe can.

use std::collections::{BTreeMap, VecDeque};

use lockstep_core::time::Ticks;

use super::link::{Link, LinkError};
use super::play::PlayError;

/// From how many ticks before a stroke on nothing else is waited for: what a board says meanwhile
/// has room in its channel.
const NEAR: Ticks = Ticks::from_ms(5);

/// A write that moves pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// The tick whose sample is to be the first to see it.
    pub tick: Ticks,
    /// The line that is moved: a sample comes between two strokes of one.
    pub line: usize,
    /// The register.
    pub address: u32,
    /// What is written there.
    pub bits: u32,
}

/// What is still to be pressed in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hands {
    strokes: VecDeque<Stroke>,
    counter: u32,
    allowed: Ticks,
    /// The tick that was sampled last when a line was moved last.
    moved: BTreeMap<usize, Ticks>,
}

impl Hands {
    /// These strokes, in the order of their ticks, on a board that has the tick it sampled last at
    /// `counter`. One that may have been seen more than `allowed` ticks late ends the run.
    #[must_use]
    pub fn new(strokes: impl IntoIterator<Item = Stroke>, counter: u32, allowed: Ticks) -> Self {
        Self {
            strokes: strokes.into_iter().collect(),
            counter,
            allowed,
            moved: BTreeMap::new(),
        }
    }

    /// Makes the strokes whose time has come, and tells whether the next is so near that nothing
    /// else should be done meanwhile.
    ///
    /// A stroke is due once the sample before its own was taken, and one after the last stroke of
    /// its line. What the counter says after the write is the last tick that may not have seen it.
    pub(super) fn act(&mut self, link: &mut Link<'_>) -> Result<bool, PlayError> {
        loop {
            let Some(next) = self.strokes.front().copied() else {
                return Ok(false);
            };
            let before = Ticks(next.tick.0.saturating_sub(1));
            let now = Ticks(link.word(self.counter)?);
            if now < before {
                return Ok(Ticks(before.0 - now.0) <= NEAR);
            }
            if self.moved.get(&next.line).is_some_and(|last| now <= *last) {
                return Ok(true);
            }
            self.make(next, before, link)?;
            self.strokes.pop_front();
        }
    }

    /// Makes the strokes of the moment before the run: nobody can see those late.
    pub(super) fn begin(&mut self, link: &mut Link<'_>) -> Result<(), LinkError> {
        while let Some(first) = self.strokes.front().filter(|next| next.tick == Ticks::ZERO) {
            link.write_word(first.address, first.bits)?;
            self.strokes.pop_front();
        }
        Ok(())
    }

    /// Whether everything was pressed by the end of the run.
    pub(super) fn finish(&self) -> Result<(), PlayError> {
        match self.strokes.front() {
            None => Ok(()),
            Some(stroke) => Err(PlayError::Unpressed(stroke.tick)),
        }
    }

    fn make(
        &mut self,
        stroke: Stroke,
        before: Ticks,
        link: &mut Link<'_>,
    ) -> Result<(), PlayError> {
        link.write_word(stroke.address, stroke.bits)?;
        let after = Ticks(link.word(self.counter)?);
        if after < before {
            // The board stands still: its run is over.
            return Err(PlayError::Unpressed(stroke.tick));
        }
        self.moved.insert(stroke.line, after);
        let late = Ticks(after.0 - before.0);
        if late > self.allowed {
            return Err(PlayError::Late {
                tick: stroke.tick,
                late,
                allowed: self.allowed,
            });
        }
        Ok(())
    }
}
