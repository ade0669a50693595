//! A run as it comes in from a board: its trace, whole or as far as it came, and what registers
//! said meanwhile.

use firmware_core::run::Observer;
use firmware_core::time::Ticks;
use firmware_core::wire::{End, Losses, Phase};
use sim::catalog::AppEntry;
use sim::script::Script;
use sim::trace::Trace;

use super::frames::{Hello, Received, Told};
use super::link::{Link, LinkError};
use super::play::PlayError;

/// The most looks at registers that are kept of one run.
const MAX_LOOKS: usize = 1 << 16;

/// What is looked at while a board plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched<'a> {
    /// The address of the tick whose outputs were shown last.
    pub shown: u32,
    /// The addresses of the registers with the levels of the pins, one a port.
    pub registers: &'a [u32],
}

/// What registers said while these outputs, or those of the next tick, were shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The tick whose outputs had been shown last, before and after the registers were read.
    pub tick: Ticks,
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
}

impl Heard {
    /// Nothing yet, of a run of this script.
    #[must_use]
    pub fn new(app: &AppEntry, script: &Script) -> Self {
        let mut trace = Trace::new(app.interface());
        trace.set_clock(script.clock());
        Self {
            trace,
            looks: Vec::new(),
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
    begun: bool,
    number: u32,
    observations: u32,
}

impl<'h> Run<'h> {
    pub(super) fn new(heard: &'h mut Heard, run: u32) -> Self {
        Self {
            heard,
            run,
            begun: false,
            number: 0,
            observations: 0,
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    pub(super) fn take(&mut self, received: Received) -> Result<Taken, PlayError> {
        let Received { number, message } = received;
        if let Told::Hello(hello) = message {
            return self.greeted(number, hello);
        }
        if let Told::Refused(refusal) = message {
            return Err(PlayError::Refused(refusal));
        }
        if !self.begun {
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
            Some(run) if run == self.run && number == 0 && !self.begun => {
                self.begun = true;
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

    /// Looks at the registers. A tick that is over meanwhile makes a look worth nothing, and so
    /// does tick 0: what is shown then may still be the end of the run before.
    pub(super) fn look(
        &mut self,
        link: &mut Link<'_>,
        watched: &Watched<'_>,
    ) -> Result<(), LinkError> {
        if self.heard.trace.end() == Ticks::ZERO || self.heard.looks.len() == MAX_LOOKS {
            return Ok(());
        }
        let tick = link.word(watched.shown)?;
        let mut registers = Vec::with_capacity(watched.registers.len());
        for address in watched.registers {
            registers.push(link.word(*address)?);
        }
        if link.word(watched.shown)? == tick {
            let tick = Ticks(tick);
            self.heard.looks.push(Look { tick, registers });
        }
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
