//! What a matrix shows, put together from the rows that were drawn.

use std::fmt;

use lockstep_core::matrix::{Matrix, MatrixId};

use super::{Entry, EntryKind, Payload};
use crate::cells::Cells;
use crate::script::Action;

/// What a matrix shows at a point of a run: rows of levels, from the top.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObservedPicture {
    matrix: &'static Matrix,
    /// The packed rows; a dark one that was never drawn is `None`.
    rows: Vec<Option<Payload>>,
}

impl ObservedPicture {
    /// What a matrix shows after these entries: each row as it was drawn last, or dark if that was
    /// never, or before a reset.
    #[must_use]
    pub fn after(id: MatrixId, matrix: &'static Matrix, entries: &[Entry]) -> Self {
        let mut rows = vec![None; usize::from(matrix.rows())];
        let mut missing = rows.len();
        for entry in entries.iter().rev() {
            match &entry.what {
                EntryKind::Input(Action::Reset(_)) => break,
                EntryKind::Row(of, row, packed) if *of == id => {
                    if let Some(slot @ None) = rows.get_mut(usize::from(*row)) {
                        *slot = Some(packed.clone());
                        missing -= 1;
                    }
                }
                _ => {}
            }
            if missing == 0 {
                break;
            }
        }
        Self { matrix, rows }
    }

    /// What these packed rows show, from the top; those that are missing are dark.
    #[must_use]
    pub fn of_rows(matrix: &'static Matrix, rows: Vec<Option<Payload>>) -> Self {
        let mut rows = rows;
        rows.resize(usize::from(matrix.rows()), None);
        Self { matrix, rows }
    }

    /// The matrix.
    #[must_use]
    pub fn matrix(&self) -> &'static Matrix {
        self.matrix
    }

    /// The level of a cell; 0 of one that is not there.
    #[must_use]
    pub fn level(&self, row: u8, column: u8) -> u8 {
        self.matrix.level(self.packed(usize::from(row)), column)
    }

    /// The rows as text, from the top.
    pub fn rows(&self) -> impl Iterator<Item = Cells<'_>> {
        (0..self.rows.len()).map(|row| Cells {
            matrix: self.matrix,
            packed: self.packed(row),
        })
    }

    /// Whether every cell is dark.
    #[must_use]
    pub fn is_dark(&self) -> bool {
        let mut rows = self.rows.iter().flatten();
        rows.all(|row| row.iter().all(|byte| *byte == 0))
    }

    fn packed(&self, row: usize) -> &[u8] {
        let row = self.rows.get(row).and_then(Option::as_ref);
        row.map_or(&[], |packed| packed)
    }
}

/// The rows from the top, a `/` between them.
impl fmt::Display for ObservedPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (row, cells) in self.rows().enumerate() {
            let between = if row > 0 { "/" } else { "" };
            write!(f, "{between}{cells}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::BootCondition;
    use lockstep_core::time::RunTicks;

    const DISPLAY: Matrix = Matrix::new("display", 3, 3);

    fn row(row: u8, levels: [u8; 3]) -> EntryKind {
        let packed = DISPLAY.pack(&levels);
        EntryKind::Row(MatrixId(0), row, packed.as_slice().into())
    }

    #[test]
    fn rows_stay_until_they_are_drawn_again_or_the_board_is_reset() {
        let kinds = [
            row(0, [1, 1, 1]),
            row(2, [0, 0, 1]),
            row(0, [1, 0, 0]),
            EntryKind::Input(Action::Reset(BootCondition::OK)),
            row(1, [0, 1, 0]),
        ];
        let entries = kinds.map(|what| Entry {
            tick: RunTicks::ZERO,
            what,
        });
        let shown = [0, 3, 4, 5].map(|count| {
            let picture =
                ObservedPicture::after(MatrixId(0), const { &DISPLAY }, &entries[..count]);
            (picture.to_string(), picture.is_dark())
        });
        let expected = [
            (".../.../...", true),
            ("#../.../..#", false),
            (".../.../...", true),
            (".../.#./...", false),
        ];
        assert_eq!(shown, expected.map(|(text, dark)| (text.to_owned(), dark)));
    }
}
