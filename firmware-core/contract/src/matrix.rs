//! Outputs of rows and columns: an LED matrix, a small display.
//!
//! An app draws rows, through [`Sink::draw`], when they change. A row that is drawn stays until it
//! is drawn again; a reset makes every matrix dark.
//!
//! ```
//! use lockstep_core::descriptor::AppDescriptor;
//! use lockstep_core::matrix::{Matrix, MatrixId};
//! use lockstep_core::sink::Sink;
//!
//! const DESCRIPTOR: AppDescriptor =
//!     AppDescriptor::new("badge", "1.0.0").with_matrices(&[Matrix::new("display", 5, 5)]);
//! const DISPLAY: MatrixId = MatrixId(0);
//!
//! fn show_an_arrow(out: &mut dyn Sink) {
//!     for (row, levels) in (0..).zip([
//!         [0, 0, 1, 0, 0],
//!         [0, 1, 1, 1, 0],
//!         [1, 0, 1, 0, 1],
//!         [0, 0, 1, 0, 0],
//!         [0, 0, 1, 0, 0],
//!     ]) {
//!         out.draw(DISPLAY, row, &levels);
//!     }
//! }
//! # show_an_arrow(&mut ());
//! ```

use core::fmt::{self, Write};

use crate::short::{self, ShortBytes};
use crate::sink::Sink;

/// A matrix, by its place in
/// [`AppDescriptor::matrices`](crate::descriptor::AppDescriptor::matrices).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MatrixId(pub u8);

/// An output of rows and columns, each cell with a level from 0 up.
///
/// Rows are counted from 0 at the top, columns from 0 at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrix {
    name: &'static str,
    rows: u8,
    columns: u8,
    max: u8,
}

impl Matrix {
    /// The most rows.
    pub const MAX_ROWS: u8 = 64;

    /// The most columns.
    pub const MAX_COLUMNS: u8 = 128;

    /// The highest level that a cell can have.
    pub const MAX_LEVEL: u8 = 15;

    /// A matrix whose cells are off or on: of 1 to [`Matrix::MAX_ROWS`] rows and 1 to
    /// [`Matrix::MAX_COLUMNS`] columns.
    ///
    /// The name is of letters, digits, `-` and `_`, beginning with a letter.
    #[must_use]
    pub const fn new(name: &'static str, rows: u8, columns: u8) -> Self {
        Self {
            name,
            rows,
            columns,
            max: 1,
        }
    }

    /// The same, its cells with levels from 0 to `max`, which is 1 to [`Matrix::MAX_LEVEL`].
    #[must_use]
    pub const fn with_max(mut self, max: u8) -> Self {
        self.max = max;
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How many rows it has.
    #[must_use]
    pub const fn rows(&self) -> u8 {
        self.rows
    }

    /// How many columns it has.
    #[must_use]
    pub const fn columns(&self) -> u8 {
        self.columns
    }

    /// The highest level of a cell.
    #[must_use]
    pub const fn max(&self) -> u8 {
        self.max
    }

    /// How many bits a cell takes in a packed row: 1, 2 or 4.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        match self.max {
            0..=1 => 1,
            2..=3 => 2,
            _ => 4,
        }
    }

    /// Whether these can be a row: a level for each column, none above the highest.
    #[must_use]
    pub fn accepts(&self, levels: &[u8]) -> bool {
        levels.len() == usize::from(self.columns) && levels.iter().all(|level| *level <= self.max)
    }

    /// A row as it travels: cells from left to right, each in [`Matrix::bits`], the first in the
    /// highest bits of the first byte.
    ///
    /// A level above the highest counts as the highest; levels that are missing are 0, those
    /// beyond the last column are left out.
    #[must_use]
    pub fn pack(&self, levels: &[u8]) -> ShortBytes {
        let mut bytes = [0; short::MAX];
        let cells = usize::from(self.columns);
        for (column, level) in levels.iter().take(cells).enumerate() {
            let (byte, shift) = self.place(column);
            if let Some(byte) = bytes.get_mut(byte) {
                *byte |= level.min(&self.max) << shift;
            }
        }
        let length = (cells * usize::from(self.bits())).div_ceil(8);
        ShortBytes::new(bytes.get(..length).unwrap_or(&bytes))
    }

    /// The level of a cell of a packed row; 0 of one that is not there.
    #[must_use]
    pub fn level(&self, packed: &[u8], column: u8) -> u8 {
        let (byte, shift) = self.place(usize::from(column));
        let byte = packed.get(byte).copied().unwrap_or(0);
        byte >> shift & ((1 << self.bits()) - 1)
    }

    /// The byte of a cell, and how far left it stands in it.
    fn place(&self, column: usize) -> (usize, u8) {
        let bits = self.bits();
        let in_a_byte = usize::from(8 / bits);
        let from_left = u8::try_from(column % in_a_byte).unwrap_or(0) + 1;
        (column / in_a_byte, 8 - bits * from_left)
    }
}

/// What an app wants a matrix to show, and what it has drawn of it: draws only the rows that changed.
///
/// ```
/// use lockstep_core::matrix::{MatrixId, Picture};
/// use lockstep_core::sink::Sink;
///
/// fn move_dot(picture: &mut Picture<5, 5>, column: usize, out: &mut dyn Sink) {
///     picture.clear();
///     picture.set(2, column, 9);
///     picture.draw(MatrixId(0), out);
/// }
/// # move_dot(&mut Picture::DARK, 3, &mut ());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Picture<const ROWS: usize, const COLUMNS: usize> {
    wanted: [[u8; COLUMNS]; ROWS],
    drawn: [[u8; COLUMNS]; ROWS],
}

/// A character a cell, `.` for a dark one: a large picture stays readable, and quick to compare.
impl<const ROWS: usize, const COLUMNS: usize> fmt::Debug for Picture<ROWS, COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("wanted", &Rows(&self.wanted))
            .field("drawn", &Rows(&self.drawn))
            .finish()
    }
}

struct Rows<'a, const COLUMNS: usize>(&'a [[u8; COLUMNS]]);

impl<const COLUMNS: usize> fmt::Debug for Rows<'_, COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Cells)).finish()
    }
}

struct Cells<'a, const COLUMNS: usize>(&'a [u8; COLUMNS]);

impl<const COLUMNS: usize> fmt::Debug for Cells<'_, COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|level| {
            let cell = match level {
                0 => '.',
                // No matrix has such a level.
                level => char::from_digit((*level).into(), 16).unwrap_or('?'),
            };
            f.write_char(cell)
        })
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Picture<ROWS, COLUMNS> {
    /// Everything dark, as after a reset.
    pub const DARK: Self = Self {
        wanted: [[0; COLUMNS]; ROWS],
        drawn: [[0; COLUMNS]; ROWS],
    };

    /// Makes every cell dark.
    pub fn clear(&mut self) {
        self.wanted = [[0; COLUMNS]; ROWS];
    }

    /// Gives a cell a level. A cell that is not there is passed over.
    pub fn set(&mut self, row: usize, column: usize, level: u8) {
        let cell = self.wanted.get_mut(row).and_then(|it| it.get_mut(column));
        if let Some(cell) = cell {
            *cell = level;
        }
    }

    /// The level that a cell was given last; 0 of one that is not there.
    #[must_use]
    pub fn level(&self, row: usize, column: usize) -> u8 {
        let cell = self.wanted.get(row).and_then(|it| it.get(column));
        cell.copied().unwrap_or(0)
    }

    /// Draws the rows that are not as they were drawn last.
    pub fn draw(&mut self, matrix: MatrixId, out: &mut dyn Sink) {
        let pairs = self.wanted.iter().zip(&mut self.drawn);
        for (row, (wanted, drawn)) in (0..).zip(pairs) {
            if wanted != drawn {
                *drawn = *wanted;
                out.draw(matrix, row, wanted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::app::Log;
    use crate::event::SerialId;
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    #[test]
    fn the_first_cell_stands_in_the_highest_bits() {
        let row = |max, levels: &[u8]| {
            let matrix = Matrix::new("display", 1, 5).with_max(max);
            matrix.pack(levels).to_vec()
        };
        assert_eq!(row(1, &[1, 0, 0, 1, 1]), [0b1001_1000]);
        assert_eq!(row(3, &[1, 2, 3, 0, 3]), [0b0110_1100, 0b1100_0000]);
        assert_eq!(row(9, &[9, 1, 0, 0, 5]), [0x91, 0x00, 0x50]);
        assert_eq!(row(9, &[200]), [0x90, 0, 0], "above the highest level");
        assert_eq!(row(1, &[1; 9]), [0b1111_1000], "beyond the last column");
    }

    proptest! {
        #[test]
        fn a_packed_row_has_the_levels_that_were_drawn(
            max in 1..=Matrix::MAX_LEVEL,
            levels in prop::collection::vec(0..=Matrix::MAX_LEVEL, 1..=128),
        ) {
            let columns = u8::try_from(levels.len()).unwrap_or(0);
            let matrix = Matrix::new("display", 1, columns).with_max(max);
            let packed = matrix.pack(&levels);
            for (column, level) in (0..).zip(&levels) {
                prop_assert_eq!(matrix.level(&packed, column), *level.min(&max));
            }
        }
    }

    #[derive(Default)]
    struct Rows(Vec<(u8, Vec<u8>)>);

    impl Sink for Rows {
        fn log(&mut self, _: Log) {}
        fn send(&mut self, _: SerialId, _: &[u8]) {}
        fn draw(&mut self, _: MatrixId, row: u8, levels: &[u8]) {
            self.0.push((row, levels.to_vec()));
        }
    }

    #[test]
    fn a_picture_is_written_a_character_a_cell() {
        extern crate std;
        let mut picture = Picture::<2, 3>::DARK;
        picture.set(0, 1, 10);
        picture.set(1, 2, 200);
        assert_eq!(
            std::format!("{picture:?}"),
            "Picture { wanted: [.a., ..?], drawn: [..., ...] }"
        );
    }

    #[test]
    fn a_picture_draws_what_has_changed() {
        let mut picture = Picture::<3, 2>::DARK;
        let mut rows = Rows::default();
        picture.draw(MatrixId(0), &mut rows);
        assert!(rows.0.is_empty(), "it is dark at first");
        picture.set(1, 0, 4);
        picture.set(7, 7, 4);
        picture.draw(MatrixId(0), &mut rows);
        picture.clear();
        picture.set(1, 0, 4);
        picture.set(2, 1, 1);
        picture.draw(MatrixId(0), &mut rows);
        assert_eq!(rows.0, vec![(1, vec![4, 0]), (2, vec![0, 1])]);
        assert_eq!((picture.level(1, 0), picture.level(7, 7)), (4, 0));
    }
}
