//! A suite for the terminal: a table, the details of what needs attention, and the counts.
//!
//! ```text
//! scenario           virtual-v1 rtt  virtual-v1 pins
//! lamp/lock/holds    pass  0.21 s    FAIL  0.25 s
//! ```

use anstyle::{AnsiColor, Style};
use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::details::details;
use super::grid::{Cell, Grid, Row, column_title};
use super::{counts, headline, reason, seconds};
use crate::verdict::{Ending, Suite, Verdict};
use lockstep_engine::sanitize::scrub_line;

/// The spaces between two columns.
const GAP: u16 = 2;

/// The whole report, without color.
#[must_use]
pub fn render(suite: &Suite) -> String {
    render_styled(suite, |_| Style::new())
}

/// The whole report with verdicts in color, for a terminal.
#[must_use]
pub fn render_colored(suite: &Suite) -> String {
    render_styled(suite, color)
}

fn color(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Fail => AnsiColor::Red.on_default().bold(),
        Verdict::Flaky => AnsiColor::Yellow.on_default().bold(),
        Verdict::Infra => AnsiColor::Magenta.on_default().bold(),
        Verdict::Skipped => Style::new().dimmed(),
    }
}

fn render_styled(suite: &Suite, style: impl Fn(Verdict) -> Style) -> String {
    let mut text = table(suite, &style);
    for case in suite.worth_attention() {
        text += &format!(
            "\n{}  {}  {}\n",
            painted(&headline(case.verdict()), style(case.verdict())),
            scrub_line(&case.scenario),
            column_title(case)
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

fn painted(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// The last lines: how the suite ended, and how many cases have each verdict.
#[must_use]
pub fn closing(suite: &Suite) -> String {
    let took = seconds(suite.took);
    let counts = counts(suite);
    match suite.ending {
        Ending::Complete => format!("{counts} in {took}\n"),
        ending => format!("{} after {took}\n{counts}\n", ending.word()),
    }
}

fn table(suite: &Suite, style: impl Fn(Verdict) -> Style) -> String {
    let grid = Grid::of(suite);
    if grid.rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["scenario".to_owned()].into_iter().chain(grid.columns));
    for row in &grid.rows {
        let cells = row.cells.iter().map(|cells| match cells[..] {
            [] => "-".to_owned(),
            _ => cells.iter().map(text_of).collect::<Vec<_>>().join(", "),
        });
        table.add_row([scrub_line(row.scenario)].into_iter().chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let lines = table.lines();
    let header = [None].into_iter();
    let rows = header.chain(grid.rows.iter().map(Some));
    let lines = lines.zip(rows).map(|(line, row)| match row {
        None => line.trim_end().to_owned() + "\n",
        Some(row) => painted_row(line.trim_end(), row, &style) + "\n",
    });
    lines.collect()
}

fn text_of(cell: &Cell<'_>) -> String {
    cell.headline() + &cell.measurements()
}

/// A line of the table with its verdicts in color. They are colored after the layout, which
/// would count escape sequences as text.
fn painted_row(line: &str, row: &Row<'_>, style: impl Fn(Verdict) -> Style) -> String {
    let name = scrub_line(row.scenario);
    let Some(mut rest) = line.strip_prefix(&name) else {
        return line.to_owned();
    };
    let mut text = name;
    for cell in row.cells.iter().flatten() {
        let headline = cell.headline();
        let Some((before, after)) = rest.split_once(&headline) else {
            break;
        };
        text += before;
        text += &painted(&headline, style(cell.case.verdict()));
        rest = after;
    }
    text + rest
}

/// What was skipped, a line for each reason.
fn skipped(suite: &Suite) -> String {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for case in &suite.cases {
        if case.verdict() != Verdict::Skipped {
            continue;
        }
        let reason = scrub_line(reason(case).unwrap_or_default());
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
