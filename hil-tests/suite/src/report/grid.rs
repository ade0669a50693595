//! A suite as a table: a row a scenario, a column a bench with a stimulus.

use std::collections::BTreeMap;

use super::{headline, one_line, seconds};
use crate::verdict::{Case, Suite, Verdict};

/// The table. Rows and columns stand in the order in which they first come.
pub(super) struct Grid<'a> {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row<'a>>,
}

/// A scenario.
pub(super) struct Row<'a> {
    pub(super) scenario: &'a str,
    /// For each column, the cases there: one, unless it was played more than once or never.
    pub(super) cells: Vec<Vec<&'a Case>>,
}

impl<'a> Grid<'a> {
    pub(super) fn of(suite: &'a Suite) -> Self {
        let mut columns = Vec::new();
        let mut column_of = BTreeMap::new();
        for case in &suite.cases {
            column_of.entry(key(case)).or_insert_with(|| {
                columns.push(place(case));
                columns.len() - 1
            });
        }
        let mut rows: Vec<Row<'a>> = Vec::new();
        let mut row_of = BTreeMap::new();
        for case in &suite.cases {
            let row = *row_of.entry(case.scenario.as_str()).or_insert_with(|| {
                rows.push(Row {
                    scenario: &case.scenario,
                    cells: vec![Vec::new(); columns.len()],
                });
                rows.len() - 1
            });
            if let Some(&column) = column_of.get(&key(case)) {
                rows[row].cells[column].push(case);
            }
        }
        Self { columns, rows }
    }
}

fn key(case: &Case) -> (&str, &str) {
    (&case.bench.name, case.stimulus.word())
}

/// Where and how a case was played, on one line.
pub(super) fn place(case: &Case) -> String {
    format!("{} {}", one_line(&case.bench.name), case.stimulus.word())
}

/// What a cell says of a case.
pub(super) fn cell(case: &Case) -> String {
    let mut text = headline(case.verdict());
    if case.verdict() != Verdict::Skipped {
        text += &format!("  {}", seconds(case.took()));
    }
    if let Some(slack) = case.slack().filter(|_| case.tolerance.0 > 0) {
        text += &format!("  slack {slack}");
    }
    text
}
