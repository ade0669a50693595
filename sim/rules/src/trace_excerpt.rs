//! The lines of a trace around a moment.

use lockstep_core::time::RunTicks;
use lockstep_engine::trace::{Entry, Line, Trace, text};

/// How many lines of a trace are shown before a moment.
const BEFORE: usize = 4;

/// How many lines of a trace are shown after a moment.
const AFTER: usize = 3;

/// The lines of a trace before and after a tick, as people read them; `seen` of its entries are before.
#[must_use]
pub fn trace_excerpt(trace: &Trace, tick: RunTicks, seen: usize) -> String {
    let entries = trace.entries();
    let after = seen.min(entries.len());
    let first = after.saturating_sub(BEFORE);
    let last = entries.len().min(after + AFTER);
    let width = text::name_width(trace);
    let mut lines = Vec::new();
    let write = |entries: &[Entry], lines: &mut Vec<u8>| {
        for entry in entries {
            let line = Line::new(trace.descriptor(), entry);
            // Writing to memory cannot fail.
            let _ = text::write_line(&line, width, lines);
        }
    };
    write(&entries[first..after], &mut lines);
    lines.extend(format!("{:>8}  (here)\n", tick.0).bytes());
    write(&entries[after..last], &mut lines);
    format!(
        "around tick {}:\n{}",
        tick.0,
        String::from_utf8_lossy(&lines).trim_end()
    )
}
