//! How a bench reaches its board. The suite knows no emulator and no kind of probe by its type:
//! whoever has a board implements [`BoardAccess`].

use std::error::Error;
use std::ops::Range;

use lockstep_core::time::RunTicks;
use lockstep_pins::Pin;
use probe_rs::probe::DebugProbeSelector;
use thiserror::Error;

use crate::bench::Bench;
use crate::bench::lock::ProbeLock;
use crate::session::probe_target::{AttachError, AttachOptions, ProbeTarget};
use crate::session::target::Target;
use crate::suite::uart_bridge::UartBridge;

/// A board cannot be reached, or does not do what it is asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The probe or the chip behind it does not answer.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// The text names no probe.
    #[error("`{0}` is not a probe selector: expected VID:PID or VID:PID:SERIAL")]
    Selector(String),
    /// Whatever has the board reports this.
    #[error(transparent)]
    Board(#[from] Box<dyn Error + Send + Sync>),
}

/// What a bench needs of its board.
pub trait BoardAccess: Send {
    /// Attaches to the board of this bench, which is started if it has to be.
    ///
    /// # Errors
    ///
    /// The board does not start, or does not answer.
    fn attach(&mut self, bench: &Bench) -> Result<Box<dyn Target>, AccessError>;

    /// Why the board is of no use any more, if that is known.
    fn failure(&self) -> Option<String> {
        None
    }

    /// Gives the board up, where another one can be had: the next attach starts that.
    fn discard(&mut self) {}

    /// What the firmware did with parts of the chip that this board does not have, in the order in which it
    /// did it.
    fn missing_parts(&self) -> Vec<MissingPart> {
        Vec::new()
    }

    /// Whether nobody but this bench can move a pin of the board, and nobody looks at its LEDs: in
    /// long runs it may pass over ticks in which the app says that nothing happens.
    fn is_undisturbed(&self) -> bool {
        false
    }

    /// What the chip has sent on its UART since this was last asked; `None` where nobody outside of
    /// it listens.
    ///
    /// # Errors
    ///
    /// The board failed.
    fn take_serial(&mut self) -> Result<Option<Vec<u8>>, AccessError> {
        Ok(None)
    }

    /// The pins of the chip, where they are reached from outside of it.
    fn pins(&mut self) -> Option<&mut dyn PinAccess> {
        None
    }
}

/// A part of the chip that an emulated board does not have, and that the firmware counts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPart {
    /// What the firmware did, as a sentence.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// The addresses of its registers.
    pub registers: Range<u32>,
}

/// The pins of a chip, reached from outside of it.
pub trait PinAccess {
    /// From now on the edges of these outputs are kept, and nothing from outside drives them: one may
    /// have been an input of the app before.
    ///
    /// # Errors
    ///
    /// The board failed; so for all of them.
    fn watch(&mut self, outputs: &[Pin]) -> Result<(), AccessError>;

    /// Drives an input now, and holds it.
    ///
    /// # Errors
    ///
    /// See [`PinAccess::watch`], and a pin that is not there.
    fn drive(&mut self, pin: Pin, high: bool) -> Result<(), AccessError>;

    /// Follows the ticks of the next run, on a board that stands still: `drives` happen at their
    /// ticks, and the edges of the ticks `dated` are dated.
    ///
    /// # Errors
    ///
    /// See [`PinAccess::drive`].
    fn follow_ticks(
        &mut self,
        clock: &TickClock,
        drives: &[PinDrive],
        dated: &[RunTicks],
    ) -> Result<(), AccessError>;

    /// The edges that were not taken yet. Ticks are not followed any more.
    ///
    /// # Errors
    ///
    /// See [`PinAccess::watch`].
    fn take_edges(&mut self) -> Result<PinEdges, AccessError>;
}

/// Where an image shows its ticks, and can be stopped at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickClock {
    /// The function that the firmware calls at the ticks below.
    pub hook: u32,
    /// The word with the tick before whose sample it calls it.
    pub sample_break: u32,
    /// The word with the tick after whose outputs it calls it.
    pub output_break: u32,
    /// The word with the tick that was sampled last.
    pub sampled: u32,
    /// The word with the tick whose outputs were shown last.
    pub shown: u32,
}

/// An input that is driven at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinDrive {
    /// The tick whose sample is the first to see it.
    pub tick: RunTicks,
    /// The pin.
    pub pin: Pin,
    /// To which level.
    pub high: bool,
}

/// An output that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinEdge {
    /// The tick whose outputs were being shown; nothing where that was not followed.
    pub tick: Option<RunTicks>,
    /// The pin.
    pub pin: Pin,
    /// To which level.
    pub high: bool,
}

/// What watched outputs did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinEdges {
    /// The edges, in order.
    pub edges: Vec<PinEdge>,
    /// How many more there were than are kept.
    pub lost: u64,
}

/// A board behind a probe that this process has alone.
pub struct ProbeAccess {
    selector: DebugProbeSelector,
    uart: Option<UartBridge>,
    _lock: ProbeLock,
}

impl ProbeAccess {
    /// The board behind this probe, for as long as it is locked, and what its UART is wired to.
    #[must_use]
    pub fn new(selector: DebugProbeSelector, lock: ProbeLock, uart: Option<UartBridge>) -> Self {
        Self {
            selector,
            uart,
            _lock: lock,
        }
    }
}

impl BoardAccess for ProbeAccess {
    fn attach(&mut self, bench: &Bench) -> Result<Box<dyn Target>, AccessError> {
        attach_through(bench, self.selector.clone())
    }

    fn take_serial(&mut self) -> Result<Option<Vec<u8>>, AccessError> {
        let taken = self.uart.as_ref().map(UartBridge::take).transpose();
        taken.map_err(|error| AccessError::Board(error.into()))
    }
}

/// Attaches to the board of this bench through the probe with this selector, as probe-rs tools
/// write it.
///
/// # Errors
///
/// It is no selector, or the probe or the chip behind it does not answer.
pub fn attach(bench: &Bench, selector: &str) -> Result<Box<dyn Target>, AccessError> {
    match selector.parse() {
        Ok(selector) => attach_through(bench, selector),
        Err(_) => Err(AccessError::Selector(selector.to_owned())),
    }
}

fn attach_through(
    bench: &Bench,
    selector: DebugProbeSelector,
) -> Result<Box<dyn Target>, AccessError> {
    let target = ProbeTarget::attach(&AttachOptions {
        selector,
        chip: &bench.chip,
        protocol: bench.protocol,
        speed_khz: bench.speed,
        under_reset: bench.connect_under_reset,
    })?;
    Ok(Box::new(target))
}
