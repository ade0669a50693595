//! What an expectation looks at.

use std::fmt;

use lockstep_core::time::RunTicks;

use crate::scenario::plan::{CauseKind, SamplePoint};

/// The part of a trace that an expectation looks at.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Where it opens.
    pub(super) opens: SamplePoint,
    /// What it opens with, if with anything.
    pub(super) cause: Option<CauseKind>,
    /// Where the expectation stands.
    pub(super) at: SamplePoint,
    /// The tick at which it closes.
    pub(super) end: RunTicks,
    /// The indices of the trace at which it opens, is now, and closes.
    pub(super) first: usize,
    pub(super) now: usize,
    pub(super) last: usize,
    /// The reset that closes it.
    pub(super) reset: Option<RunTicks>,
}

impl Window {
    /// How a tick lies in it, for a message: ` during the tap`, say.
    pub(super) fn part(&self, index_is_before_now: bool, tick: RunTicks) -> String {
        match self.cause {
            Some(cause) if index_is_before_now && tick == self.opens.tick => {
                format!(", with the {cause}")
            }
            Some(cause) if index_is_before_now => format!(", during the {cause}"),
            _ => String::new(),
        }
    }
}

/// From where to where: `from the tap at tick 0 to tick 350`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, end) = (self.opens.tick.0, self.end.0);
        match self.cause {
            Some(CauseKind::PowerUp) => write!(f, "from power-up to tick {end}")?,
            Some(cause) => write!(f, "from the {cause} at tick {from} to tick {end}")?,
            None => write!(f, "from tick {from} to {end}")?,
        }
        match self.reset {
            Some(_) => f.write_str(", where a reset ends the window"),
            None => Ok(()),
        }
    }
}
