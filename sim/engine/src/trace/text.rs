//! The text form of a trace, as in a golden.
//!
//! ```text
//! lockstep trace 1: lamp, tick 1 ms
//!        0  in   reset      ok
//!        0  log  boot       ok
//!        0  out  lamp       0
//!     1500  end  lines      3
//! ```
//!
//! The columns are `tick`, `kind`, `name` and `value`, separated by spaces. The last line has
//! the last tick that was played and the number of lines before it, so that a truncated trace
//! is noticed. A row of a matrix is its number from the top and its [`cells`](crate::cells): `3:.##.`.
//! What a serial line carried, and the text of a log, stands in quotes, as in
//! [`quoted`](crate::quoted).

use std::io::{self, Write};

use super::{Line, RESET, Trace};

/// The start of the first line, before the version of the format.
pub const SIGNATURE: &str = "lockstep trace";

/// The version of the format that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// The kind of the last line.
pub const END: &str = "end";

/// The name of the last line's value.
pub const LINES: &str = "lines";

/// Writes the whole trace.
///
/// # Errors
///
/// Those of `out`.
pub fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let width = name_width(trace);
    writeln!(
        out,
        "{SIGNATURE} {VERSION}: {}, tick {}",
        trace.descriptor().name(),
        trace.descriptor().tick()
    )?;
    for line in trace.lines() {
        write_line(&line, width, out)?;
    }
    writeln!(
        out,
        "{:>8}  {END}  {LINES:<width$}  {}",
        trace.end().0,
        trace.entries().len()
    )
}

/// Writes one line, its name in a column of this width.
///
/// # Errors
///
/// Those of `out`.
pub fn write_line(line: &Line, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let Line {
        tick,
        kind,
        name,
        value,
    } = line;
    writeln!(
        out,
        "{:>8}  {:<3}  {name:<width$}  {value}",
        tick.0,
        kind.word()
    )
}

/// The width of the column of names: that of the longest name the app declares.
#[must_use]
pub fn name_width(trace: &Trace) -> usize {
    let descriptor = trace.descriptor();
    let buttons = descriptor.buttons().iter().copied();
    let outputs = descriptor.outputs().iter().map(|output| output.name());
    let numbers = descriptor.numbers().iter().map(|number| number.name());
    let lines = descriptor.serial_lines().iter().map(|line| line.name());
    let matrices = descriptor.matrices().iter().map(|matrix| matrix.name());
    let logs = descriptor.logs().iter().map(|log| log.name());
    buttons
        .chain(numbers)
        .chain(lines)
        .chain(matrices)
        .chain(outputs)
        .chain(logs)
        .chain([RESET, LINES])
        .map(str::len)
        .max()
        .unwrap_or(0)
}
