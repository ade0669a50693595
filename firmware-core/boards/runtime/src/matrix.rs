//! LEDs for people: each output is a bar in a line of its own, as long as its level is high.

use core::convert::Infallible;

use embedded_hal::digital::{OutputPin, PinState};
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;

/// LEDs a line, and lines.
const SIDE: u8 = 5;

/// One for each line.
type Lines<T> = [T; SIDE as usize];

/// The row and the column of each LED as people see it, line by line.
pub type Picture = Lines<Lines<(u8, u8)>>;

/// LEDs in rows and columns, of which one row is lit at a time: an LED lights while its row is
/// high and its column is low.
#[derive(Debug)]
pub struct Matrix<P, const ROWS: usize, const COLUMNS: usize> {
    rows: [P; ROWS],
    columns: [P; COLUMNS],
    picture: Picture,
    bars: Lines<u8>,
    row: usize,
    /// Ticks until the next row.
    rest: usize,
}

/// The ticks that all rows take together, at most: at 60 pictures a second nobody sees them
/// flicker, and every edge that is not needed is one less for whoever samples the pins.
const PICTURE_TICKS: usize = 16;

impl<P: OutputPin<Error = Infallible>, const ROWS: usize, const COLUMNS: usize>
    Matrix<P, ROWS, COLUMNS>
{
    /// A dark matrix of these pins.
    pub fn new(rows: [P; ROWS], columns: [P; COLUMNS], picture: Picture) -> Self {
        Self {
            rows,
            columns,
            picture,
            bars: [0; SIDE as usize],
            row: 0,
            rest: 0,
        }
    }

    /// Shows the first five outputs, one a line.
    pub fn show(&mut self, descriptor: &AppDescriptor, levels: &[Level]) {
        let outputs = descriptor.outputs().iter().zip(levels);
        for (bar, (output, level)) in self.bars.iter_mut().zip(outputs) {
            *bar = length(*level, output.range().max());
        }
    }

    /// Lights the next row, each for a few milliseconds: called once a tick.
    pub fn refresh(&mut self) {
        if let Some(rest) = self.rest.checked_sub(1) {
            self.rest = rest;
            return;
        }
        self.rest = PICTURE_TICKS / ROWS - 1;
        set(&mut self.rows[self.row], false);
        self.row = (self.row + 1) % ROWS;
        let mut lit = [false; COLUMNS];
        for (line, bar) in self.picture.iter().zip(self.bars) {
            for &(row, column) in line.iter().take(usize::from(bar)) {
                if usize::from(row) == self.row {
                    lit[usize::from(column)] = true;
                }
            }
        }
        for (column, lit) in self.columns.iter_mut().zip(lit) {
            set(column, !lit);
        }
        set(&mut self.rows[self.row], lit.contains(&true));
    }
}

fn set(pin: &mut impl OutputPin<Error = Infallible>, high: bool) {
    let Ok(()) = pin.set_state(PinState::from(high));
}

/// How many LEDs of a line show the level: none for 0 alone, all for the highest.
fn length(level: Level, max: Level) -> u8 {
    let side = u32::from(SIDE);
    let lit = (u32::from(level.0) * side).div_ceil(u32::from(max.0).max(1));
    u8::try_from(lit).unwrap_or(SIDE).min(SIDE)
}
