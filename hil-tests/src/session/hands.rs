//! Buttons pressed through the probe: pins of the board that are joined to its inputs are moved at
//! ticks, as well as a probe can.

use std::collections::VecDeque;

use firmware_core::time::Ticks;

use super::link::{Link, LinkError};
use super::play::PlayError;

/// From how many ticks before a stroke on nothing else is waited for.
const NEAR: Ticks = Ticks::from_ms(20);

/// A write that moves pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// The tick whose sample is to be the first to see it.
    pub tick: Ticks,
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
        }
    }

    /// Makes the strokes whose time has come, and tells whether the next is so near that nothing
    /// else should be done meanwhile.
    ///
    /// A stroke is due once the sample before its own was taken. What the counter says after the
    /// write is the last tick that may not have seen it.
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
            self.strokes.pop_front();
            self.make(next, before, link)?;
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

    fn make(
        &mut self,
        stroke: Stroke,
        before: Ticks,
        link: &mut Link<'_>,
    ) -> Result<(), PlayError> {
        link.write_word(stroke.address, stroke.bits)?;
        let after = link.word(self.counter)?;
        let late = Ticks(after.saturating_sub(before.0));
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
