//! The virtual board as the board of a bench: started when it is first needed, attached to through
//! its probe like any other, and reached at its pins.

use lockstep_core::time::RunTicks;
use lockstep_hil::bench::Bench;
use lockstep_hil::session::target::Target;
use lockstep_hil::suite::board_access::{
    AccessError, BoardAccess, MissingPart, PinAccess, PinDrive, PinEdge, PinEdges, TickClock,
    attach,
};
use lockstep_pins::Pin;
use lockstep_virtual_board::board::{BoardError, VirtualBoard};
use lockstep_virtual_board::machine::{ClockMode, MACHINE};
use lockstep_virtual_board::pins::{self, ScheduledInput};
use lockstep_virtual_board::unemulated::Access;
use thiserror::Error;

/// The virtual board cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EmulatedBoardError {
    /// It does not start, or failed.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The board of the bench is another machine.
    #[error(
        "the board `{board}` is not one that can be emulated: expected `machine = \"{MACHINE}\"` in its board.toml"
    )]
    Machine {
        /// The board.
        board: String,
    },
    /// It was not attached to.
    #[error("the virtual board is not started")]
    NotStarted,
    /// The UART sent more than is kept.
    #[error("{0} bytes of the UART were lost: more came than are kept")]
    LostSerial(u64),
    /// The emulated chip has no such pin.
    #[error("the emulated chip has no pin {0}")]
    NoPin(Pin),
}

impl From<EmulatedBoardError> for AccessError {
    fn from(error: EmulatedBoardError) -> Self {
        Self::Board(error.into())
    }
}

/// A virtual board, started when it is first attached to.
#[derive(Debug)]
pub struct EmulatedBoard {
    clock_mode: ClockMode,
    board: Option<VirtualBoard>,
}

impl EmulatedBoard {
    /// A board whose clock goes in this mode.
    #[must_use]
    pub const fn new(clock_mode: ClockMode) -> Self {
        Self {
            clock_mode,
            board: None,
        }
    }

    fn start(&mut self) -> Result<&VirtualBoard, EmulatedBoardError> {
        let board = match self.board.take() {
            Some(running) => running,
            None => VirtualBoard::start(([127, 0, 0, 1], 0).into(), self.clock_mode)?,
        };
        Ok(self.board.insert(board))
    }

    fn started(&self) -> Result<&VirtualBoard, EmulatedBoardError> {
        self.board.as_ref().ok_or(EmulatedBoardError::NotStarted)
    }
}

impl BoardAccess for EmulatedBoard {
    fn attach(&mut self, bench: &Bench) -> Result<Box<dyn Target>, AccessError> {
        if bench.board.machine.as_deref() != Some(MACHINE) {
            let board = bench.board.name.clone();
            return Err(EmulatedBoardError::Machine { board }.into());
        }
        attach(bench, &self.start()?.selector())
    }

    fn failure(&self) -> Option<String> {
        self.board.as_ref()?.failure()
    }

    fn missing_parts(&self) -> Vec<MissingPart> {
        let accesses = self.board.as_ref().map(VirtualBoard::unemulated_accesses);
        let part = |access: Access| MissingPart {
            message: access.to_string(),
            advice: access.advice().to_owned(),
            registers: access.registers(),
        };
        accesses.into_iter().flatten().map(part).collect()
    }

    fn discard(&mut self) {
        self.board = None;
    }

    fn is_undisturbed(&self) -> bool {
        matches!(self.clock_mode, ClockMode::Unthrottled)
    }

    fn take_serial(&mut self) -> Result<Option<Vec<u8>>, AccessError> {
        let taken = self.started()?.take_serial();
        let (bytes, lost) = taken.map_err(EmulatedBoardError::from)?;
        match lost {
            0 => Ok(Some(bytes)),
            lost => Err(EmulatedBoardError::LostSerial(lost).into()),
        }
    }

    fn pins(&mut self) -> Option<&mut dyn PinAccess> {
        Some(self)
    }
}

impl PinAccess for EmulatedBoard {
    fn watch(&mut self, outputs: &[Pin]) -> Result<(), AccessError> {
        let mut mask = 0;
        let board = self.started()?;
        for output in outputs {
            let pin = number(*output)?;
            board.release(pin).map_err(EmulatedBoardError::from)?;
            mask |= 1 << pin;
        }
        board.watch_outputs(mask);
        Ok(())
    }

    fn drive(&mut self, pin: Pin, high: bool) -> Result<(), AccessError> {
        let driven = self.started()?.drive(number(pin)?, high);
        Ok(driven.map_err(EmulatedBoardError::from)?)
    }

    fn follow_ticks(
        &mut self,
        clock: &TickClock,
        drives: &[PinDrive],
        dated: &[RunTicks],
    ) -> Result<(), AccessError> {
        let hook = pins::TickHook {
            address: clock.hook,
            counter: clock.sampled,
            break_ticks: Some(pins::BreakTicks {
                sample: clock.sample_break,
                output: clock.output_break,
                output_counter: clock.shown,
            }),
        };
        let input = |drive: &PinDrive| {
            Ok(ScheduledInput {
                tick: board_tick(drive.tick),
                pin: number(drive.pin)?,
                high: drive.high,
            })
        };
        let inputs: Result<Vec<ScheduledInput>, EmulatedBoardError> =
            drives.iter().map(input).collect();
        let dated: Vec<u32> = dated.iter().map(|tick| board_tick(*tick)).collect();
        let followed = self.started()?.follow_ticks(hook, &inputs?, &dated);
        Ok(followed.map_err(EmulatedBoardError::from)?)
    }

    fn take_edges(&mut self) -> Result<PinEdges, AccessError> {
        let taken = self.started()?.unfollow_ticks();
        let (edges, lost) = taken.map_err(EmulatedBoardError::from)?;
        let edge = |edge: pins::PinEdge| PinEdge {
            tick: edge.tick.map(|tick| RunTicks(tick.into())),
            pin: Pin::new(0, edge.pin),
            high: edge.high,
        };
        Ok(PinEdges {
            edges: edges.into_iter().map(edge).collect(),
            lost,
        })
    }
}

/// The number of a pin on the emulated chip, which has one port.
fn number(pin: Pin) -> Result<u8, EmulatedBoardError> {
    match pin {
        Pin { port: 0, pin, .. } if pin < pins::PINS => Ok(pin),
        pin => Err(EmulatedBoardError::NoPin(pin)),
    }
}
/// The tick as a board counts it, with 32 bits.
fn board_tick(tick: RunTicks) -> u32 {
    u32::try_from(tick.0).unwrap_or(u32::MAX)
}
