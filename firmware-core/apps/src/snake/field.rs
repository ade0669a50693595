//! The field of a game: where the snake lies, where the food is, and what a move does.

/// Cells in a row, and rows.
pub(super) const SIDE: u8 = 5;

/// All cells: a cell is its row, times [`SIDE`], and its column.
pub(super) const CELLS: u8 = SIDE * SIDE;

/// The snake of a new game: the head in the middle, the tail to its left.
const FIRST: [u8; 2] = [12, 11];

/// Where the snake lies, where it goes, and where the food is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Field {
    random: u32,
    /// The cells of the snake, its head first; the rest is not used.
    cells: [u8; CELLS as usize],
    length: u8,
    heading: Heading,
    /// `None` where no cell is free.
    food: Option<u8>,
}

/// Where the snake goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Heading {
    Up,
    Right,
    Down,
    Left,
}

/// Which way it is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Turn {
    Left,
    Right,
}

/// What a move did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Moved,
    Ate,
    Died,
    Won,
}

impl Field {
    /// The names of what [`Field::heading`] gives.
    pub(super) const HEADINGS: &'static [&'static str] = &["up", "right", "down", "left"];

    /// Which way it goes, as a place in [`Field::HEADINGS`].
    pub(super) const fn heading(&self) -> usize {
        match self.heading {
            Heading::Up => 0,
            Heading::Right => 1,
            Heading::Down => 2,
            Heading::Left => 3,
        }
    }

    /// A new game whose random source begins with this.
    pub(super) const fn new(seed: i32) -> Self {
        let mut field = Self {
            // Not zero, which xorshift cannot leave, and different for seeds that are close.
            random: seed.cast_unsigned().wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995,
            cells: [0; CELLS as usize],
            length: 0,
            heading: Heading::Right,
            food: None,
        };
        if field.random == 0 {
            field.random = 1;
        }
        field.begin();
        field
    }

    /// Another game, which goes on with the random source.
    pub(super) const fn begin(&mut self) {
        self.cells[0] = FIRST[0];
        self.cells[1] = FIRST[1];
        self.length = 2;
        self.heading = Heading::Right;
        self.place_food();
    }

    /// Moves by a cell, after it was turned.
    pub(super) fn step(&mut self, turn: Option<Turn>) -> Step {
        self.heading = match turn {
            None => self.heading,
            Some(Turn::Left) => self.heading.left(),
            Some(Turn::Right) => self.heading.right(),
        };
        let Some(to) = self.heading.next(self.cells[0]) else {
            return Step::Died;
        };
        let eats = self.food == Some(to);
        // The tail leaves its cell unless the snake grows.
        let length = usize::from(self.length);
        let stays = if eats { length } else { length - 1 };
        if self.cells[..stays].contains(&to) {
            return Step::Died;
        }
        self.cells.copy_within(..stays, 1);
        self.cells[0] = to;
        if !eats {
            return Step::Moved;
        }
        self.length += 1;
        self.place_food();
        match self.food {
            Some(_) => Step::Ate,
            None => Step::Won,
        }
    }

    /// The cells of the snake, its head first.
    pub(super) fn snake(&self) -> impl Iterator<Item = u8> {
        let length = usize::from(self.length);
        self.cells.into_iter().take(length)
    }

    pub(super) const fn food(&self) -> Option<u8> {
        self.food
    }

    /// How often it ate.
    pub(super) const fn score(&self) -> i32 {
        self.length as i32 - 2
    }

    const fn place_food(&mut self) {
        let free = (CELLS - self.length) as u32;
        self.food = None;
        if free == 0 {
            return;
        }
        let mut skipped = self.next_random() % free;
        let mut cell = 0;
        while cell < CELLS {
            if !self.lies_on(cell) {
                if skipped == 0 {
                    self.food = Some(cell);
                    return;
                }
                skipped -= 1;
            }
            cell += 1;
        }
    }

    const fn lies_on(&self, cell: u8) -> bool {
        let mut index = 0;
        while index < self.length as usize {
            if self.cells[index] == cell {
                return true;
            }
            index += 1;
        }
        false
    }

    /// The next number of xorshift32 (G. Marsaglia, Xorshift RNGs, 2003).
    const fn next_random(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
}

impl Heading {
    const fn left(self) -> Self {
        match self {
            Self::Up => Self::Left,
            Self::Left => Self::Down,
            Self::Down => Self::Right,
            Self::Right => Self::Up,
        }
    }

    const fn right(self) -> Self {
        self.left().left().left()
    }

    /// The cell that follows; `None` beyond a wall.
    fn next(self, cell: u8) -> Option<u8> {
        let (row, column) = (cell / SIDE, cell % SIDE);
        let (row, column) = match self {
            Self::Up => (row.checked_sub(1)?, column),
            Self::Down => (row + 1, column),
            Self::Left => (row, column.checked_sub(1)?),
            Self::Right => (row, column + 1),
        };
        (row < SIDE && column < SIDE).then_some(row * SIDE + column)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    fn snake(field: &Field) -> Vec<u8> {
        field.snake().collect()
    }

    #[test]
    fn it_moves_turns_and_dies_at_a_wall() {
        let mut field = Field::new(0);
        field.food = Some(0);
        assert_eq!(field.step(None), Step::Moved);
        assert_eq!(snake(&field), [13, 12]);
        assert_eq!(field.step(Some(Turn::Left)), Step::Moved);
        assert_eq!(snake(&field), [8, 13]);
        assert_eq!(field.step(Some(Turn::Right)), Step::Moved);
        assert_eq!(snake(&field), [9, 8]);
        assert_eq!(field.step(None), Step::Died);
        assert_eq!(snake(&field), [9, 8]);
    }

    #[test]
    fn it_grows_by_what_it_eats_and_may_follow_its_tail() {
        let mut field = Field::new(0);
        for food in [13, 18] {
            field.food = Some(food);
            let turn = (food == 18).then_some(Turn::Right);
            assert_eq!(field.step(turn), Step::Ate);
        }
        assert_eq!(
            (snake(&field), field.score()),
            (std::vec![18, 13, 12, 11], 2)
        );
        field.food = Some(0);
        // Onto the cell that the tail leaves, which is no bite.
        for turn in [Some(Turn::Right), Some(Turn::Right), Some(Turn::Right)] {
            assert_eq!(field.step(turn), Step::Moved);
        }
        assert_eq!(snake(&field), [13, 12, 17, 18]);
    }

    #[test]
    fn a_longer_one_bites_itself() {
        let mut field = Field::new(0);
        for food in [13, 14, 19] {
            field.food = Some(food);
            let turn = (food == 19).then_some(Turn::Right);
            assert_eq!(field.step(turn), Step::Ate);
        }
        field.food = Some(0);
        assert_eq!(field.step(Some(Turn::Right)), Step::Moved);
        assert_eq!(field.step(Some(Turn::Right)), Step::Died);
    }

    #[test]
    fn food_lies_on_any_free_cell_and_nowhere_else() {
        let mut seen = [false; CELLS as usize];
        for seed in 0..2_000 {
            let field = Field::new(seed);
            let food = field.food().map(usize::from);
            if let Some(food) = food {
                seen[food] = true;
            }
            assert!(food.is_some(), "{seed}");
        }
        let unseen: Vec<_> = (0..CELLS)
            .filter(|cell| !seen[usize::from(*cell)])
            .collect();
        assert_eq!(unseen, [11, 12]);
    }

    #[test]
    fn a_snake_on_all_cells_has_won() {
        let mut field = Field::new(0);
        // Rows from the bottom, to and fro; the last free cell is the one at the top left.
        let way = (0..SIDE).flat_map(|row| {
            (0..SIDE).map(move |place| {
                let column = if row % 2 == 0 { place } else { 4 - place };
                row * 5 + column
            })
        });
        for (slot, cell) in way.skip(1).enumerate() {
            field.cells[slot] = cell;
        }
        field.length = CELLS - 1;
        field.heading = Heading::Left;
        field.food = Some(0);
        assert_eq!(field.step(None), Step::Won);
        assert_eq!((field.score(), field.food()), (23, None));
    }
}
