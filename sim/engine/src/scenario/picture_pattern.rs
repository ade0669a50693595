//! What is expected of a matrix: rows of cells, with `?` for what may vary.

use std::fmt;

use lockstep_core::matrix::Matrix;

use super::lexer::Token;
use crate::cells::{cell_is, is_cell};
use crate::diagnostic::{Diagnostic, Span};
use crate::trace::picture::ObservedPicture;

/// The word for a dark matrix.
pub(super) const NOTHING: &str = "nothing";

/// The sign between two rows on one line.
const BETWEEN_ROWS: char = '/';

/// A picture that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PicturePattern {
    /// The rows from the top, and where each is written; none for a dark matrix.
    rows: Vec<(String, Span)>,
}

impl PicturePattern {
    /// A dark matrix.
    pub const DARK: Self = Self { rows: Vec::new() };

    /// Exactly what is shown.
    #[must_use]
    pub fn exactly(picture: &ObservedPicture) -> Self {
        if picture.is_dark() {
            return Self::DARK;
        }
        let rows = picture.rows().map(|cells| (cells.to_string(), Span::START));
        Self {
            rows: rows.collect(),
        }
    }

    /// Reads one row or several, in quotes.
    pub(super) fn read(token: Token<'_>) -> Result<Self, Diagnostic> {
        let mut pattern = Self::DARK;
        pattern.append(token)?;
        Ok(pattern)
    }

    /// Adds the rows of a text in quotes.
    pub(super) fn append(&mut self, token: Token<'_>) -> Result<(), Diagnostic> {
        let inner = token.text.strip_prefix('"');
        let inner = inner.and_then(|inner| inner.strip_suffix('"'));
        let inner = inner.ok_or_else(|| {
            let (message, expected) = match token.text.starts_with('"') {
                true => (
                    "the row has no closing quote".to_owned(),
                    "expected `\"` at its end",
                ),
                false => (
                    format!("`{token}` is not in quotes"),
                    "expected a row such as `\".##.\"`, or `nothing`",
                ),
            };
            Diagnostic::new(token.span, message, expected)
        })?;
        let mut column = token.span.column + 1;
        for row in inner.split(BETWEEN_ROWS) {
            let width = row.chars().count();
            let span = Span {
                column,
                width: width.max(1),
                ..token.span
            };
            column += width + 1;
            if row.is_empty() {
                return Err(Diagnostic::new(
                    span,
                    "the row has no cells",
                    "expected a character for each cell, such as `.##.`",
                ));
            }
            self.rows.push((row.to_owned(), span));
        }
        Ok(())
    }

    /// The same, wherever it is written.
    pub(super) fn without_spans(&self) -> Self {
        let rows = self.rows.iter();
        let rows = rows.map(|(row, _)| (row.clone(), Span::START));
        Self {
            rows: rows.collect(),
        }
    }

    /// Whether it is of no rows.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows from the top; none for a dark matrix.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(row, _)| row.as_str())
    }

    /// Makes sure that a matrix can show it.
    pub(super) fn check(&self, matrix: &Matrix, span: Span) -> Result<(), Diagnostic> {
        let name = matrix.name();
        if self.is_dark() {
            return Ok(());
        }
        for (row, at) in &self.rows {
            for (place, cell) in row.chars().enumerate() {
                if !is_cell(cell, matrix) {
                    let at = Span {
                        column: at.column + place,
                        width: 1,
                        ..*at
                    };
                    return Err(Diagnostic::new(
                        at,
                        format!("`{}` stands for no cell of `{name}`", cell.escape_debug()),
                        cells_of(matrix),
                    ));
                }
            }
            let (cells, columns) = (row.chars().count(), matrix.columns());
            if cells != usize::from(columns) {
                return Err(Diagnostic::new(
                    *at,
                    format!("the row has {cells} cells, and `{name}` has {columns} columns"),
                    format!("expected {columns} characters"),
                ));
            }
        }
        let (count, rows) = (self.rows.len(), matrix.rows());
        if count != usize::from(rows) {
            return Err(Diagnostic::new(
                span,
                format!("the picture has {count} rows, and `{name}` has {rows}"),
                format!("expected {rows} rows of {} cells", matrix.columns()),
            ));
        }
        Ok(())
    }

    /// The first row that is not as expected, from the top; `None` where all are.
    #[must_use]
    pub fn first_difference(&self, picture: &ObservedPicture) -> Option<usize> {
        let mut expected = self.rows.iter().map(|(row, _)| Some(row));
        let mut shown = picture.rows();
        shown.by_ref().position(|cells| {
            let expected = expected.next().flatten();
            !match expected {
                Some(row) => {
                    let mut pairs = row.chars().zip(cells.levels());
                    pairs.all(|(cell, level)| cell_is(cell, level))
                }
                None => cells.levels().all(|level| level == 0),
            }
        })
    }

    /// A row as it is expected.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&str> {
        self.rows.get(row).map(|(row, _)| row.as_str())
    }
}

/// On one line.
impl fmt::Display for PicturePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_dark() {
            return f.write_str(NOTHING);
        }
        let rows: Vec<_> = self.rows().collect();
        write!(f, "\"{}\"", rows.join(&BETWEEN_ROWS.to_string()))
    }
}

fn cells_of(matrix: &Matrix) -> String {
    let levels = match matrix.max() {
        1 => String::new(),
        max => format!(
            ", a digit to {} for a level",
            char::from_digit(max.into(), 16).unwrap_or('f')
        ),
    };
    format!("expected `.` for dark, `#` for lit{levels}, `?` for any")
}
