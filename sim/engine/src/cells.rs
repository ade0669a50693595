//! Rows of a matrix as text: a character for each cell.
//!
//! `.` is dark. In a matrix whose cells are off or on, `#` is on; in any other a cell is the digit of its
//! level, in hexadecimal from 10 up.

use std::fmt;

use lockstep_core::matrix::Matrix;

/// A packed row, written as its cells.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'a> {
    /// The matrix that it is a row of.
    pub matrix: &'a Matrix,
    /// The row, as [`Matrix::pack`] makes it.
    pub packed: &'a [u8],
}

impl Cells<'_> {
    /// The levels from left to right.
    pub fn levels(&self) -> impl Iterator<Item = u8> + '_ {
        (0..self.matrix.columns()).map(|column| self.matrix.level(self.packed, column))
    }
}

impl fmt::Display for Cells<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = self.matrix.max();
        self.levels()
            .try_for_each(|level| write!(f, "{}", cell(level, max)))
    }
}

/// The character of a cell with this level, in a matrix with this highest one.
#[must_use]
pub fn cell(level: u8, max: u8) -> char {
    match level {
        0 => '.',
        _ if max == 1 => '#',
        level => char::from_digit(level.into(), 16).unwrap_or('?'),
    }
}

/// Whether a cell with this level is as a character says: `.` or `0` dark, `#` any level above that, a
/// digit this level, `?` anything.
#[must_use]
pub fn cell_is(expected: char, level: u8) -> bool {
    match expected {
        '?' => true,
        '#' => level > 0,
        '.' => level == 0,
        digit => digit.to_digit(16) == Some(level.into()),
    }
}

/// Whether a character can stand for a cell of a matrix.
#[must_use]
pub fn is_cell(c: char, matrix: &Matrix) -> bool {
    match c {
        '?' | '#' | '.' => true,
        digit => digit
            .to_digit(16)
            .is_some_and(|level| level <= matrix.max().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(max: u8, levels: &[u8]) -> String {
        let matrix = Matrix::new("display", 1, 5).with_max(max);
        let packed = matrix.pack(levels);
        let cells = Cells {
            matrix: &matrix,
            packed: &packed,
        };
        cells.to_string()
    }

    #[test]
    fn a_cell_is_a_character() {
        assert_eq!(row(1, &[0, 1, 1, 0, 1]), ".##.#");
        assert_eq!(row(9, &[0, 9, 1]), ".91..");
        assert_eq!(row(15, &[15, 10, 0, 0, 7]), "fa..7");
    }

    #[test]
    fn a_character_says_which_levels_a_cell_may_have() {
        for (expected, is, is_not) in [
            ('.', vec![0], vec![1, 15]),
            ('0', vec![0], vec![1]),
            ('#', vec![1, 15], vec![0]),
            ('a', vec![10], vec![0, 9]),
        ] {
            assert!(is.into_iter().all(|level| cell_is(expected, level)));
            assert!(!is_not.into_iter().any(|level| cell_is(expected, level)));
        }
        assert!((0..=15).all(|level| cell_is('?', level)));
        let nine = Matrix::new("display", 5, 5).with_max(9);
        assert!("?#.059".chars().all(|c| is_cell(c, &nine)));
        assert!(!"ax /".chars().any(|c| is_cell(c, &nine)));
    }
}
