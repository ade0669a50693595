//! What the app has drawn on its first matrix, for the LED matrix of a board: the cells at the top
//! left, as far as there are LEDs.

use core::sync::atomic::{AtomicU8, Ordering};

use lockstep_core::matrix::{Matrix, MatrixId};

use crate::matrix::SIDE;
use crate::statics::Kept;

/// A bit for each cell, the leftmost the lowest. Only the main loop uses them; they are atomic
/// because they are shared by name.
static ROWS: [AtomicU8; SIDE as usize] = [const { AtomicU8::new(0) }; SIDE as usize];

/// Takes a packed row.
pub(crate) fn draw(matrices: &[Matrix], id: MatrixId, row: u8, packed: &[u8]) {
    if let (MatrixId(0), Some(matrix), Some(lit)) =
        (id, matrices.first(), ROWS.get(usize::from(row)))
    {
        let columns = 0..SIDE.min(matrix.columns());
        let bits = columns.filter(|column| matrix.level(packed, *column) > 0);
        lit.store(
            bits.fold(0, |bits, column| bits | 1 << column),
            Ordering::Relaxed,
        );
    }
}

/// Makes every cell dark.
pub(crate) fn darken() {
    for row in &ROWS {
        row.store(0, Ordering::Relaxed);
    }
}

/// The cells of a row that are lit.
pub(crate) fn lit(row: usize) -> u8 {
    ROWS.get(row).map_or(0, |row| row.load(Ordering::Relaxed))
}

/// What goes on when the statics of a firmware begin anew.
pub(crate) fn kept() -> Kept {
    Kept::of(&ROWS)
}
