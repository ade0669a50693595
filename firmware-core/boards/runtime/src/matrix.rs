//! An LED matrix. It shows what the app draws on its first matrix; if it has none, the outputs: each
//! is a bar in a line of its own, as long as its level is high.

use core::convert::Infallible;

use embedded_hal::digital::{OutputPin, PinState};
use heapless::Vec;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Range};

use crate::display;

/// The most rows, and the most columns, of a matrix.
pub const MAX_LINES: usize = 16;

/// LEDs in a line of the picture, and lines.
pub(crate) const SIDE: u8 = 5;

/// One for each line of the picture.
type Lines<T> = [T; SIDE as usize];

/// The row and the column of each LED, line by line from the top left.
pub type Picture = Lines<Lines<(u8, u8)>>;

/// LEDs in rows and columns, of which one row is driven at a time: an LED is lit while its row is
/// high and its column is low.
#[derive(Debug)]
pub struct Matrix<P> {
    rows: Vec<P, MAX_LINES>,
    columns: Vec<P, MAX_LINES>,
    picture: Picture,
    /// The cells of each line that are lit: a bit each, the leftmost the lowest.
    lit: Lines<u8>,
    row: usize,
    /// How long a row is driven, in ticks.
    row_ticks: usize,
    /// Ticks until the next row.
    rest: usize,
}

/// The ticks that all rows take together, at most. At 60 pictures a second they do not flicker,
/// and fewer edges are less work for whoever samples the pins.
const PICTURE_TICKS: usize = 16;

// A row takes at least one tick.
const _: () = assert!(PICTURE_TICKS >= MAX_LINES);

impl<P: OutputPin<Error = Infallible>> Matrix<P> {
    /// A dark matrix of these pins: at most [`MAX_LINES`] rows, low, and as many columns, high.
    pub fn new(
        rows: impl Iterator<Item = P>,
        columns: impl Iterator<Item = P>,
        picture: Picture,
    ) -> Self {
        let rows: Vec<_, MAX_LINES> = rows.collect();
        Self {
            row_ticks: PICTURE_TICKS / rows.len().max(1),
            rows,
            columns: columns.collect(),
            picture,
            lit: [0; SIDE as usize],
            row: 0,
            rest: 0,
        }
    }

    /// Shows what the app has drawn, or the first five outputs that are no numbers, one in each line.
    pub fn show(&mut self, descriptor: &AppDescriptor, levels: &[Level]) {
        if !descriptor.matrices().is_empty() {
            for (row, lit) in self.lit.iter_mut().enumerate() {
                *lit = display::lit(row);
            }
            return;
        }
        let outputs = descriptor.outputs().iter().zip(levels);
        let outputs = outputs.filter(|(output, _)| !matches!(output.range(), Range::Number(_)));
        for (lit, (output, level)) in self.lit.iter_mut().zip(outputs) {
            *lit = (1 << length(*level, output.range().max())) - 1;
        }
    }

    /// Drives the next row, each for a few milliseconds. To be called once a tick.
    pub fn refresh(&mut self) {
        if let Some(rest) = self.rest.checked_sub(1) {
            self.rest = rest;
            return;
        }
        if let Some(row) = self.rows.get_mut(self.row) {
            set(row, false);
        }
        self.row += 1;
        if self.row >= self.rows.len() {
            self.row = 0;
        }
        self.rest = self.row_ticks - 1;
        let mut lit = [false; MAX_LINES];
        for (line, cells) in self.picture.iter().zip(self.lit) {
            for (place, &(row, column)) in line.iter().enumerate() {
                if cells >> place & 1 == 1
                    && usize::from(row) == self.row
                    && let Some(lit) = lit.get_mut(usize::from(column))
                {
                    *lit = true;
                }
            }
        }
        for (column, lit) in self.columns.iter_mut().zip(lit) {
            set(column, !lit);
        }
        if let Some(row) = self.rows.get_mut(self.row) {
            set(row, lit.contains(&true));
        }
    }
}

fn set(pin: &mut impl OutputPin<Error = Infallible>, high: bool) {
    let Ok(()) = pin.set_state(PinState::from(high));
}

/// How many LEDs of a line show the level: none for 0 alone, all for the highest.
fn length(level: Level, max: Level) -> u8 {
    let [level, max] = [level, max].map(|level| u32::try_from(level.0).unwrap_or(0));
    let lit = level.saturating_mul(SIDE.into()).div_ceil(max.max(1));
    u8::try_from(lit).unwrap_or(SIDE).min(SIDE)
}
