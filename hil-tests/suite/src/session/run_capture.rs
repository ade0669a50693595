//! A run as it comes in from a board: its trace, whole or as far as it came, and what registers
//! held meanwhile.

use lockstep_core::protocol::{Losses, Phase, RunEnd, Status};
use lockstep_core::runner::Observer;
use lockstep_core::time::RunTicks;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;

use super::board_message::{BoardFrame, BoardHello, BoardMessage};
use super::link::{Link, LinkError};
use super::play_error::BoardPlayError;

/// The most samples of registers that are kept of one run.
const MAX_SAMPLES: usize = 1 << 16;

/// The registers that are sampled while a board plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedRegisters<'a> {
    /// The address of the tick whose outputs were shown last; without it nothing is sampled during
    /// a run.
    pub shown: Option<u32>,
    /// The addresses of the registers with the levels of the pins, one a port.
    pub addresses: &'a [u32],
}

/// What registers held at some time between two ticks: a probe takes longer than one to read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterSample {
    /// The tick whose outputs had been shown last before the registers were read.
    pub from: RunTicks,
    /// The tick whose outputs had been shown last after that. Those of the next one may be there
    /// already.
    pub to: RunTicks,
    /// What the registers held, in their order.
    pub words: Vec<u32>,
}

/// What is known of a run.
#[derive(Clone, Debug)]
pub struct RunCapture {
    /// What the board sent, up to the last tick it reported.
    pub trace: Trace,
    /// What its registers held.
    pub samples: Vec<RegisterSample>,
    /// Whether the run has begun.
    pub has_begun: bool,
}

impl RunCapture {
    /// Nothing yet, of a run of this script.
    #[must_use]
    pub fn new(app: &AppEntry, script: &Script) -> Self {
        let mut trace = Trace::new(app.descriptor());
        trace.set_clock(script.clock());
        Self {
            trace,
            samples: Vec::new(),
            has_begun: false,
        }
    }
}

/// What a frame tells about the progress of a run.
pub(super) enum FrameEffect {
    /// Nothing.
    None,
    /// The board has come to this tick.
    Tick(RunTicks),
    /// The board has this status.
    Status(Status),
    /// The run is over.
    End(RunEnd),
}

/// Records a run while it comes in.
pub(super) struct RunRecorder<'c> {
    capture: &'c mut RunCapture,
    run: u32,
    /// The number of the next frame.
    number: u32,
    observations: u32,
}

impl<'c> RunRecorder<'c> {
    pub(super) fn new(capture: &'c mut RunCapture, run: u32) -> Self {
        Self {
            capture,
            run,
            number: 0,
            observations: 0,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.capture.has_begun
    }

    pub(super) fn take(&mut self, frame: BoardFrame) -> Result<FrameEffect, BoardPlayError> {
        let BoardFrame { number, message } = frame;
        if let BoardMessage::Hello(hello) = message {
            return self.hello(number, hello);
        }
        if let BoardMessage::Refused(refusal) = message {
            return Err(BoardPlayError::Refused(refusal));
        }
        if !self.capture.has_begun {
            // The rest of what was asked before the run.
            return Ok(FrameEffect::None);
        }
        if number != self.number {
            return Err(BoardPlayError::Gap {
                expected: self.number,
                found: number,
                after: self.number,
            });
        }
        self.number += 1;
        match message {
            BoardMessage::Observed(tick, observation) => {
                self.observations += 1;
                self.capture.trace.observe(tick, observation);
                self.capture.trace.set_end(tick);
                Ok(FrameEffect::Tick(tick))
            }
            BoardMessage::Status(status) if status.phase != Phase::Playing => {
                Err(BoardPlayError::Phase(status.phase))
            }
            BoardMessage::Status(status) => {
                self.capture.trace.set_end(status.tick);
                Ok(FrameEffect::Status(status))
            }
            BoardMessage::End(end) => Ok(FrameEffect::End(end)),
            BoardMessage::Hello(_) | BoardMessage::Refused(_) => Ok(FrameEffect::None),
        }
    }

    /// The hello of this run begins it. One of no run is that of a board that has rebooted.
    fn hello(
        &mut self,
        number: u32,
        hello: Box<BoardHello>,
    ) -> Result<FrameEffect, BoardPlayError> {
        match hello.run {
            Some(run) if run == self.run && number == 0 && !self.capture.has_begun => {
                self.capture.has_begun = true;
                self.number = 1;
                Ok(FrameEffect::Tick(RunTicks::ZERO))
            }
            None if number == 0 => Err(BoardPlayError::Rebooted {
                tick: self.capture.trace.end(),
                hello,
            }),
            // An answer to what was asked before the run.
            _ => Ok(FrameEffect::None),
        }
    }

    /// Samples the registers. At tick 0 that is worth nothing: what is shown then may still be the
    /// end of the run before.
    pub(super) fn sample(
        &mut self,
        link: &mut Link<'_>,
        watched: &WatchedRegisters<'_>,
    ) -> Result<(), LinkError> {
        let Some(shown) = watched.shown else {
            return Ok(());
        };
        if self.capture.trace.end() == RunTicks::ZERO {
            return Ok(());
        }
        if self.capture.samples.len() == MAX_SAMPLES {
            // Every other one goes: the end of a long run is worth as much as its beginning.
            let mut nth = 0_usize;
            self.capture.samples.retain(|_| {
                nth += 1;
                nth.is_multiple_of(2)
            });
        }
        let from = link.tick(shown)?;
        let mut words = Vec::with_capacity(watched.addresses.len());
        for address in watched.addresses {
            words.push(link.word(*address)?);
        }
        let to = link.tick(shown)?;
        self.capture
            .samples
            .push(RegisterSample { from, to, words });
        Ok(())
    }

    /// Checks the end of the run: the trace is whole, or it is not.
    pub(super) fn close(self, end: RunEnd, expected: RunTicks) -> Result<(), BoardPlayError> {
        if end.losses != Losses::default() {
            return Err(BoardPlayError::Lost(end.losses));
        }
        if end.tick != expected || end.observations != self.observations {
            return Err(BoardPlayError::End {
                end,
                expected,
                received: self.observations,
            });
        }
        self.capture.trace.set_end(end.tick);
        Ok(())
    }
}
