//! A run as it comes in from a board: its trace, whole or as far as it came, and what registers
//! said meanwhile.

use lockstep_core::protocol::{End, Losses, Phase};
use lockstep_core::runner::Observer;
use lockstep_core::time::Ticks;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;

use super::frames::{Hello, Received, Told};
use super::link::{Link, LinkError};
use super::play::PlayError;

/// The most looks at registers that are kept of one run.
const MAX_LOOKS: usize = 1 << 16;

/// What is looked at while a board plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched<'a> {
    /// The address of the tick whose outputs were shown last; without it there is no look in the
    /// middle of a run.
    pub shown: Option<u32>,
    /// The addresses of the registers with the levels of the pins, one a port.
    pub registers: &'a [u32],
}

/// What registers said at some time between two ticks: a probe takes longer than one to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The tick whose outputs had been shown last before the registers were read.
    pub from: Ticks,
    /// The tick whose outputs had been shown last after that. Those of the next one may be there
    /// already.
    pub to: Ticks,
    /// The registers, in their order.
    pub registers: Vec<u32>,
}

/// What was heard and seen of a run.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What the board told, up to the last tick it told of.
    pub trace: Trace,
    /// What its registers said.
    pub looks: Vec<Look>,
    /// Whether the run has begun.
    pub has_begun: bool,
}

impl Heard {
    /// Nothing yet, of a run of this script.
    #[must_use]
    pub fn new(app: &AppEntry, script: &Script) -> Self {
        let mut trace = Trace::new(app.descriptor());
        trace.set_clock(script.clock());
        Self {
            trace,
            looks: Vec::new(),
            has_begun: false,
        }
    }
}

/// What a frame was good for.
pub(super) enum Taken {
    /// Nothing that matters to the run.
    Nothing,
    /// The board has come to this tick.
    Tick(Ticks),
    /// The run is over.
    End(End),
}

/// The run while it comes in.
pub(super) struct Run<'h> {
    heard: &'h mut Heard,
    run: u32,
    number: u32,
    observations: u32,
}

impl<'h> Run<'h> {
    pub(super) fn new(heard: &'h mut Heard, run: u32) -> Self {
        Self {
            heard,
            run,
            number: 0,
            observations: 0,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.heard.has_begun
    }

    pub(super) fn take(&mut self, received: Received) -> Result<Taken, PlayError> {
        let Received { number, message } = received;
        if let Told::Hello(hello) = message {
            return self.greeted(number, hello);
        }
        if let Told::Refused(refusal) = message {
            return Err(PlayError::Refused(refusal));
        }
        if !self.heard.has_begun {
            // The rest of what was asked before the run.
            return Ok(Taken::Nothing);
        }
        if number != self.number {
            return Err(PlayError::Gap {
                expected: self.number,
                found: number,
                after: self.number,
            });
        }
        self.number += 1;
        match message {
            Told::Observed(tick, what) => {
                self.observations += 1;
                self.heard.trace.observe(tick, what);
                Ok(self.came_to(tick))
            }
            Told::Status(status) if status.phase != Phase::Playing => {
                Err(PlayError::Phase(status.phase))
            }
            Told::Status(status) => Ok(self.came_to(status.tick)),
            Told::End(end) => Ok(Taken::End(end)),
            Told::Hello(_) | Told::Refused(_) => Ok(Taken::Nothing),
        }
    }

    /// The hello of this run begins it. One of no run is that of a board that has come up anew.
    fn greeted(&mut self, number: u32, hello: Box<Hello>) -> Result<Taken, PlayError> {
        match hello.run {
            Some(run) if run == self.run && number == 0 && !self.heard.has_begun => {
                self.heard.has_begun = true;
                self.number = 1;
                Ok(Taken::Tick(Ticks::ZERO))
            }
            None if number == 0 => Err(PlayError::Rebooted {
                tick: self.heard.trace.end(),
                hello,
            }),
            // An answer to what was asked before the run.
            _ => Ok(Taken::Nothing),
        }
    }

    fn came_to(&mut self, tick: Ticks) -> Taken {
        self.heard.trace.set_end(tick);
        Taken::Tick(tick)
    }

    /// Looks at the registers. At tick 0 that is worth nothing: what is shown then may still be the
    /// end of the run before.
    pub(super) fn look(
        &mut self,
        link: &mut Link<'_>,
        watched: &Watched<'_>,
    ) -> Result<(), LinkError> {
        let Some(shown) = watched.shown else {
            return Ok(());
        };
        if self.heard.trace.end() == Ticks::ZERO {
            return Ok(());
        }
        if self.heard.looks.len() == MAX_LOOKS {
            // Every other one goes: the end of a long run is worth as much as its beginning.
            let mut nth = 0_usize;
            self.heard.looks.retain(|_| {
                nth += 1;
                nth.is_multiple_of(2)
            });
        }
        let from = Ticks(link.word(shown)?);
        let mut registers = Vec::with_capacity(watched.registers.len());
        for address in watched.registers {
            registers.push(link.word(*address)?);
        }
        let to = Ticks(link.word(shown)?);
        self.heard.looks.push(Look {
            from,
            to,
            registers,
        });
        Ok(())
    }

    /// Takes the end for what it says: the trace is whole, or it is not.
    pub(super) fn close(self, end: End, expected: Ticks) -> Result<(), PlayError> {
        if end.losses != Losses::default() {
            return Err(PlayError::Lost(end.losses));
        }
        if end.tick != expected || end.observations != self.observations {
            return Err(PlayError::End {
                end,
                expected,
                came: self.observations,
            });
        }
        self.heard.trace.set_end(end.tick);
        Ok(())
    }
}
