//! Where a board leaves the expected trace, with everything that helps to see why.

use std::borrow::Cow;

use lockstep_core::time::RunTicks;
use lockstep_engine::diff::{self, divergence};
use lockstep_engine::trace::document::{Document, Record};

use super::tolerance::{align, same_event};
use super::{Attempt, Case};
use crate::TICK;

/// The first event that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardDivergence {
    /// The tick of the earlier of the two.
    pub tick: RunTicks,
    /// How many lines both traces share before it.
    pub shared: usize,
    /// In one sentence, what differs.
    pub summary: String,
    /// The line that the golden has there; none where its trace is over.
    pub expected: Option<Record>,
    /// The line that the board has there; none where its trace is over.
    pub board: Option<Record>,
    /// Both timelines around it, side by side.
    pub timelines: String,
}

impl BoardDivergence {
    /// Where the attempt leaves what is expected of it. None where it does not, or where one of
    /// the traces is missing.
    #[must_use]
    pub fn of(case: &Case, attempt: &Attempt) -> Option<Self> {
        let expected = attempt.expected.as_ref().or(case.expected.as_ref())?;
        let (golden, board) = comparable(expected, attempt)?;
        let (golden, mut board) = (golden.as_ref(), board);
        if attempt.expected.is_none() && case.tolerance > RunTicks::ZERO {
            // What is allowed is no difference.
            board = Cow::Owned(align(golden, &board, case.tolerance).trace);
        }
        let board = board.as_ref();
        let found = divergence(golden, board)?;
        let shared = found.shared;
        let expected = golden.lines.get(shared).cloned();
        let seen = board.lines.get(shared).cloned();
        let summary = sentence(expected.as_ref(), seen.as_ref(), (golden.end, board.end));
        let found = diff::Divergence { summary, ..found };
        Some(Self {
            tick: found.tick,
            shared,
            timelines: timelines(&found, golden, board),
            summary: found.summary,
            expected,
            board: seen,
        })
    }

    /// How far the two events are from each other, where the board does what is expected at
    /// another tick.
    #[must_use]
    pub fn distance(&self) -> RunTicks {
        match (&self.expected, &self.board) {
            (Some(expected), Some(board)) if same_event(expected, board) => {
                RunTicks(expected.tick.0.abs_diff(board.tick.0))
            }
            _ => RunTicks::ZERO,
        }
    }
}

/// The golden and the board's trace, both only as far as the latter is known to be whole.
fn comparable<'a>(
    golden: &'a Document,
    attempt: &'a Attempt,
) -> Option<(Cow<'a, Document>, Cow<'a, Document>)> {
    let trace = attempt.trace.as_ref()?;
    if !attempt.is_partial {
        return Some((Cow::Borrowed(golden), Cow::Borrowed(trace)));
    }
    let end = trace.end;
    let before = |document: &Document| {
        let lines = document.lines.iter().filter(|line| line.tick < end);
        Cow::Owned(Document {
            lines: lines.cloned().collect(),
            end,
            ..document.clone()
        })
    };
    Some((before(golden), before(trace)))
}

fn sentence(
    expected: Option<&Record>,
    board: Option<&Record>,
    (golden_end, board_end): (RunTicks, RunTicks),
) -> String {
    match (expected, board) {
        (None, None) => format!(
            "the golden goes to tick {}, the board to tick {}",
            golden_end.0, board_end.0
        ),
        (Some(expected), None) => {
            format!("the board never has {}", event(expected))
        }
        (None, Some(board)) => format!("the board also has {}", event(board)),
        (Some(expected), Some(board)) => differing(expected, board),
    }
}

fn differing(expected: &Record, board: &Record) -> String {
    let same_thing = expected.kind == board.kind && expected.name == board.name;
    let what = format!("{} `{}`", board.kind.word(), board.name);
    if same_thing && expected.value == board.value {
        let (golden, there) = (expected.tick.0, board.tick.0);
        let by = RunTicks(golden.abs_diff(there));
        let word = if there > golden { "late" } else { "early" };
        format!(
            "{what} `{}` is at tick {there} on the board, {} too {word}",
            board.value,
            TICK.length(by)
        )
    } else if same_thing && expected.tick == board.tick {
        format!(
            "{what} is {} on the board at tick {}: expected {}",
            board.value, board.tick.0, expected.value
        )
    } else {
        format!(
            "the board has {}: expected {}",
            event(board),
            event(expected)
        )
    }
}

fn event(line: &Record) -> String {
    let Record {
        tick,
        kind,
        name,
        value,
    } = line;
    format!("{} `{name}` {value} at tick {}", kind.word(), tick.0)
}

fn timelines(found: &diff::Divergence, golden: &Document, board: &Document) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = diff::write(found, ("golden", golden), ("board", board), &mut text);
    let text = String::from_utf8_lossy(&text);
    // The first two lines are the summary, which stands for itself.
    let rows = text.lines().skip(2).map(|line| format!("{line}\n"));
    rows.collect()
}
