//! Lines of a board, freed of what a declared tolerance allows.

use lockstep_core::time::RunTicks;
use lockstep_engine::trace::document::{Document, Record};

/// What is left of a board's trace when the allowed is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// The board's trace. Its lines are at the expected ticks up to the first one that is not
    /// the expected line, or not within tolerance of it.
    pub trace: Document,
    /// How far the lines were from the expected ticks at most, up to there.
    pub slack: RunTicks,
}

/// Takes away what the tolerance allows. Lines are held against the expected ones in order.
#[must_use]
pub fn align(expected: &Document, board: &Document, tolerance: RunTicks) -> Alignment {
    let mut trace = board.clone();
    let mut slack = 0;
    let mut together = true;
    for (line, expected) in trace.lines.iter_mut().zip(&expected.lines) {
        let off = line.tick.0.abs_diff(expected.tick.0);
        together = same_event(line, expected) && off <= tolerance.0;
        if !together {
            break;
        }
        slack = slack.max(off);
        line.tick = expected.tick;
    }
    let off = board.end.0.abs_diff(expected.end.0);
    if together && board.lines.len() == expected.lines.len() && off <= tolerance.0 {
        slack = slack.max(off);
        trace.end = expected.end;
    }
    Alignment {
        trace,
        slack: RunTicks(slack),
    }
}

/// Whether they say the same, be it at different ticks.
pub(super) fn same_event(left: &Record, right: &Record) -> bool {
    left.kind == right.kind && left.name == right.name && left.value == right.value
}
