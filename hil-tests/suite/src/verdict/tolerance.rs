//! Lines of a board, freed of what a declared tolerance allows.

use std::collections::{BTreeMap, VecDeque};

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

/// Takes away what the tolerance allows. Lines are held against the expected ones signal by signal: two
/// signals that move close to each other may have done so in the other order. Where that leaves
/// anything, they are held against each other in order, up to the first that is not as expected.
#[must_use]
pub fn align(expected: &Document, board: &Document, tolerance: RunTicks) -> Alignment {
    by_signal(expected, board, tolerance).unwrap_or_else(|| in_order(expected, board, tolerance))
}

/// The whole trace, if each line has its own in the other one, in the order of its signal, and within
/// tolerance.
fn by_signal(expected: &Document, board: &Document, tolerance: RunTicks) -> Option<Alignment> {
    let mut signals = BTreeMap::<_, VecDeque<&Record>>::new();
    for line in &board.lines {
        let signal = (line.kind.word(), line.name.as_str());
        signals.entry(signal).or_default().push_back(line);
    }
    let mut slack = board.end.0.abs_diff(expected.end.0);
    for expected in &expected.lines {
        let signal = (expected.kind.word(), expected.name.as_str());
        let line = signals.get_mut(&signal)?.pop_front()?;
        slack = slack.max(line.tick.0.abs_diff(expected.tick.0));
        if !same_event(line, expected) {
            return None;
        }
    }
    let is_whole = slack <= tolerance.0 && signals.values().all(VecDeque::is_empty);
    is_whole.then(|| Alignment {
        trace: Document {
            lines: expected.lines.clone(),
            end: expected.end,
            ..board.clone()
        },
        slack: RunTicks(slack),
    })
}

fn in_order(expected: &Document, board: &Document, tolerance: RunTicks) -> Alignment {
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
