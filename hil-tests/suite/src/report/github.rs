//! A suite for GitHub Actions: workflow commands that annotate files, and the Markdown of a
//! step summary.

use super::details::details;
use super::grid::{Grid, column_title};
use super::text::closing;
use super::{headline, reason};
use crate::verdict::{Case, FailureContext, Suite, Verdict};
use lockstep_engine::sanitize::{scrub_char, scrub_line};

/// The most cases whose details stand in a summary; GitHub refuses one above 1 MiB.
const MAX_DETAILS: usize = 20;

/// The most bytes of the details of one case in a summary.
const MAX_BYTES: usize = 20_000;

/// An annotation for each case that needs attention, a line each, for standard output.
#[must_use]
pub fn annotations(suite: &Suite) -> String {
    suite.worth_attention().map(annotation).collect()
}

fn annotation(case: &Case) -> String {
    let place_of_cause = case.cause().and_then(|cause| cause.place.as_ref());
    let (file, line) = match place_of_cause {
        Some(place) => (&place.file, place.line),
        None => (&case.path, 1),
    };
    let title = format!(
        "{}: {} on {}",
        headline(case.verdict()),
        case.scenario,
        column_title(case)
    );
    let mut message = reason(case).unwrap_or_default().to_owned();
    if let Some(divergence) = case.divergence() {
        message += &format!(
            "\nfirst difference at tick {}: {}",
            divergence.tick.0, divergence.summary
        );
    }
    if let Some(FailureContext { replay, open, .. }) = case.failure_context() {
        message += &format!("\n{replay}\n{open}");
    }
    format!(
        "::error file={},line={line},title={}::{}\n",
        property(file),
        property(&title),
        data(&message)
    )
}

/// The message of a workflow command.
fn data(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '%' => escaped += "%25",
            '\r' => escaped += "%0D",
            '\n' => escaped += "%0A",
            c => escaped.push(scrub_char(c)),
        }
    }
    escaped
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The Markdown of the step summary.
#[must_use]
pub fn summary(suite: &Suite) -> String {
    let mut text = format!(
        "## Lockstep: {}\n\n{}\n",
        headline(suite.verdict()),
        closing(suite).trim_end().replace('\n', ", ")
    );
    let grid = Grid::of(suite);
    if !grid.rows.is_empty() {
        text += "\n| scenario |";
        for column in &grid.columns {
            text += &format!(" {} |", markdown(column));
        }
        text += &format!("\n| --- |{}\n", " --- |".repeat(grid.columns.len()));
    }
    for row in &grid.rows {
        text += &format!("| {} |", markdown(row.scenario));
        for cells in &row.cells {
            let cells: Vec<_> = cells
                .iter()
                .map(|cell| {
                    let sign = sign(cell.case.verdict());
                    format!("{sign} {}{}", cell.headline(), cell.measurements())
                })
                .collect();
            text += &format!(" {} |", cells.join(", "));
        }
        text += "\n";
    }
    for case in suite.worth_attention().take(MAX_DETAILS) {
        text += &folded(case);
    }
    let left_out = suite.worth_attention().skip(MAX_DETAILS).count();
    if left_out > 0 {
        text += &format!("\nand {left_out} more\n");
    }
    text
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Flaky => "🎲",
        Verdict::Infra => "🔌",
        Verdict::Skipped => "⏭️",
    }
}

/// The details of a case, behind a line that opens them.
fn folded(case: &Case) -> String {
    let details = details(case);
    let end = details
        .char_indices()
        .map(|(start, c)| start + c.len_utf8())
        .take_while(|end| *end <= MAX_BYTES)
        .last();
    let (shown, rest) = details.split_at(end.unwrap_or(0));
    let cut = if rest.is_empty() { "" } else { "…\n" };
    // A fence must be longer than any within.
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!(
        "\n<details><summary>{}: {} on {}</summary>\n\n{fence}text\n{shown}{cut}{fence}\n\n</details>\n",
        headline(case.verdict()),
        markdown(&case.scenario),
        markdown(&column_title(case))
    )
}

/// The text as Markdown shows it: nothing in it is markup.
fn markdown(text: &str) -> String {
    let mut escaped = String::new();
    for c in scrub_line(text).chars() {
        match c {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                escaped += &format!("&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
