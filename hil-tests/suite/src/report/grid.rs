//! A suite as a table: a row a scenario, a column a bench with a stimulus.

use std::collections::BTreeMap;

use super::{headline, seconds};
use crate::TICK;
use crate::verdict::{Case, Suite, Verdict};
use lockstep_engine::sanitize::scrub_line;

/// The table. Rows and columns stand in the order in which they first come.
pub(super) struct Grid<'a> {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row<'a>>,
}

/// A scenario.
pub(super) struct Row<'a> {
    pub(super) scenario: &'a str,
    /// For each column, the cases there: one, unless it was played more than once or never.
    pub(super) cells: Vec<Vec<Cell<'a>>>,
}

/// A case in the table.
pub(super) struct Cell<'a> {
    pub(super) case: &'a Case,
    /// Its place in the suite, from 1.
    pub(super) number: usize,
}

impl<'a> Grid<'a> {
    pub(super) fn of(suite: &'a Suite) -> Self {
        let mut columns = Vec::new();
        let mut column_of = BTreeMap::new();
        for case in &suite.cases {
            column_of.entry(key(case)).or_insert_with(|| {
                columns.push(column_title(case));
                columns.len() - 1
            });
        }
        let mut rows: Vec<Row<'a>> = Vec::new();
        let mut row_of = BTreeMap::new();
        for (case, number) in suite.cases.iter().zip(1..) {
            let row = *row_of.entry(case.scenario.as_str()).or_insert_with(|| {
                rows.push(Row {
                    scenario: &case.scenario,
                    cells: columns.iter().map(|_| Vec::new()).collect(),
                });
                rows.len() - 1
            });
            if let Some(&column) = column_of.get(&key(case)) {
                rows[row].cells[column].push(Cell { case, number });
            }
        }
        Self { columns, rows }
    }
}

fn key(case: &Case) -> (&str, &str) {
    (&case.bench.name, case.stimulus.word())
}

/// The bench and the stimulus of a case, on one line: the title of its column.
pub(super) fn column_title(case: &Case) -> String {
    format!("{} {}", scrub_line(&case.bench.name), case.stimulus.word())
}

impl Cell<'_> {
    /// The verdict, as it is written in the table.
    pub(super) fn headline(&self) -> String {
        headline(self.case.verdict())
    }

    /// What follows the verdict: how long it took and, where presses may be late, by how much.
    pub(super) fn measurements(&self) -> String {
        let mut text = String::new();
        if self.case.verdict() != Verdict::Skipped {
            text += &format!("  {}", seconds(self.case.took()));
        }
        if let Some(slack) = self.case.slack().filter(|_| self.case.tolerance.0 > 0) {
            text += &format!("  slack {}", TICK.length(slack));
        }
        text
    }
}
