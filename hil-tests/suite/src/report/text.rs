//! A suite for the terminal: a table, the details of what needs attention, and the counts.
//!
//! ```text
//! scenario           virtual-v1 rtt  virtual-v1 pins
//! lamp/lock/holds    pass  0.21 s    FAIL  0.25 s
//! ```

use unicode_width::UnicodeWidthStr;

use super::details::details;
use super::grid::{Grid, cell, place};
use super::{counts, headline, one_line, reason, seconds};
use crate::verdict::{Ending, Suite, Verdict};

/// What parts two columns.
const GAP: &str = "  ";

/// The whole report.
#[must_use]
pub fn render(suite: &Suite) -> String {
    let mut text = table(suite);
    for case in suite.worth_attention() {
        text += &format!(
            "\n{}  {}  {}\n",
            headline(case.verdict()),
            one_line(&case.scenario),
            place(case)
        );
        for line in details(case).lines() {
            text += format!("  {line}").trim_end();
            text += "\n";
        }
    }
    text += &skipped(suite);
    if !suite.cases.is_empty() {
        text += "\n";
    }
    text + &closing(suite)
}

/// The last lines: how it ended, and how many cases have each verdict.
#[must_use]
pub fn closing(suite: &Suite) -> String {
    let took = seconds(suite.took);
    let counts = counts(suite);
    match suite.ending {
        Ending::Complete => format!("{counts} in {took}\n"),
        ending => format!("{} after {took}\n{counts}\n", ending.word()),
    }
}

fn table(suite: &Suite) -> String {
    let grid = Grid::of(suite);
    if grid.rows.is_empty() {
        return String::new();
    }
    let header = ["scenario".to_owned()].into_iter().chain(grid.columns);
    let rows = grid.rows.iter().map(|row| {
        let cells = row.cells.iter().map(|cases| match cases[..] {
            [] => "-".to_owned(),
            _ => cases
                .iter()
                .copied()
                .map(cell)
                .collect::<Vec<_>>()
                .join(", "),
        });
        [one_line(row.scenario)].into_iter().chain(cells).collect()
    });
    let rows: Vec<Vec<String>> = [header.collect()].into_iter().chain(rows).collect();
    let mut widths = vec![0; rows[0].len()];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.width());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width - cell.width();
            line += &format!("{cell}{:padding$}{GAP}", "");
        }
        text += line.trim_end();
        text += "\n";
    }
    text
}

/// What was skipped, a line for each reason.
fn skipped(suite: &Suite) -> String {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for case in &suite.cases {
        if case.verdict() != Verdict::Skipped {
            continue;
        }
        let reason = one_line(reason(case).unwrap_or_default());
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let mut text = String::new();
    for (reason, count) in reasons {
        if text.is_empty() {
            text += "\n";
        }
        text += &format!("skipped  {count}  {reason}\n");
    }
    text
}
