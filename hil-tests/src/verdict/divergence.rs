//! Where a board leaves the expected trace, with everything that helps to see why.

use firmware_core::time::Ticks;
use sim::diff::{self, divergence};
use sim::trace::document::{Document, Record};

use super::tolerance::same_event;
use super::{Attempt, Case, LogLine, PinSample, align};

/// The most samples and log lines that are shown on each side of the divergence.
const SHOWN: usize = 6;

/// The first event that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The tick of the earlier of the two.
    pub tick: Ticks,
    /// How many lines both traces share before it.
    pub shared: usize,
    /// In one sentence, what differs.
    pub summary: String,
    /// The line that the host has there; none where its trace is over.
    pub expected: Option<Record>,
    /// The line that the board has there; none where its trace is over.
    pub board: Option<Record>,
    /// Both timelines around it, side by side.
    pub timelines: String,
    /// What was seen of the outputs around it.
    pub pins: Vec<PinSample>,
    /// What the board logged around it.
    pub log: Vec<LogLine>,
    /// The command that plays the scenario on the host.
    pub replay: String,
    /// The command that opens the board's run in the terminal simulator, or the scenario where
    /// the run was not kept.
    pub open: String,
}

impl Divergence {
    /// Where the attempt leaves what the case expects, beyond its tolerance. None where it does
    /// not, or where one of the traces is missing.
    #[must_use]
    pub fn of(case: &Case, attempt: &Attempt) -> Option<Self> {
        let host = case.expected.as_ref()?;
        let raw = attempt.trace.as_ref()?;
        let board = align(host, raw, case.tolerance).trace;
        let found = divergence(host, &board)?;
        let shared = found.shared;
        let expected = host.lines.get(shared).cloned();
        let seen = raw.lines.get(shared).cloned();
        let summary = sentence(expected.as_ref(), seen.as_ref(), (host.end, raw.end));
        let found = diff::Divergence { summary, ..found };
        let recording = attempt.recording.as_deref().unwrap_or(&case.path);
        Some(Self {
            tick: found.tick,
            shared,
            timelines: timelines(&found, host, &board),
            summary: found.summary,
            pins: around(&attempt.pins, |sample| Some(sample.tick), found.tick),
            log: around(&attempt.log, |line| line.tick, found.tick),
            expected,
            board: seen,
            replay: format!("cargo sim run {}", quoted(&case.path)),
            open: format!("cargo sim open {}", quoted(recording)),
        })
    }

    /// How far the two events are from each other, where the board does what is expected at
    /// another tick.
    #[must_use]
    pub fn distance(&self) -> Ticks {
        match (&self.expected, &self.board) {
            (Some(expected), Some(board)) if same_event(expected, board) => {
                Ticks(expected.tick.0.abs_diff(board.tick.0))
            }
            _ => Ticks::ZERO,
        }
    }
}

fn sentence(
    expected: Option<&Record>,
    board: Option<&Record>,
    (host_end, board_end): (Ticks, Ticks),
) -> String {
    match (expected, board) {
        (None, None) => format!(
            "the host plays to tick {}, the board to tick {}",
            host_end.0, board_end.0
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
        let (host, there) = (expected.tick.0, board.tick.0);
        let by = Ticks(host.abs_diff(there));
        let word = if there > host { "late" } else { "early" };
        format!(
            "{what} comes to {} at tick {there} on the board, {by} too {word}",
            board.value
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

fn timelines(found: &diff::Divergence, host: &Document, board: &Document) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = diff::write(found, ("host", host), ("board", board), &mut text);
    let text = String::from_utf8_lossy(&text);
    // The first two lines are the summary, which stands for itself.
    let rows = text.lines().skip(2).map(|line| format!("{line}\n"));
    rows.collect()
}

/// The items before and after the tick that are nearest to it. Those without a tick belong to
/// what stands before them.
fn around<T: Clone>(items: &[T], tick: impl Fn(&T) -> Option<Ticks>, at: Ticks) -> Vec<T> {
    let before = items
        .iter()
        .rposition(|item| tick(item).is_some_and(|tick| tick < at))
        .map_or(0, |index| index + 1);
    let from = before.saturating_sub(SHOWN);
    let to = items.len().min(before + SHOWN);
    items[from..to].to_vec()
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    let dashed = if word.starts_with('-') { "./" } else { "" };
    format!("'{dashed}{}'", word.replace('\'', r"'\''"))
}
