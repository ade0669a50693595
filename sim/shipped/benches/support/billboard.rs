//! An app that redraws the largest matrix 30 times a second.

use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::matrix::{Matrix, MatrixId, Picture};
use lockstep_core::output::Level;

const ROWS: u8 = Matrix::MAX_ROWS;
const COLUMNS: u8 = Matrix::MAX_COLUMNS;

/// How many ticks a picture stays.
const PERIOD: u32 = 33;

/// Stripes that move, so that every row is another one in each picture.
#[derive(Clone, Debug)]
pub(crate) struct Billboard {
    tick: u32,
    picture: Picture<{ ROWS as usize }, { COLUMNS as usize }>,
}

impl App for Billboard {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("billboard", "1.0.0")
        .with_buttons(&["a", "b"])
        .with_matrices(&[Matrix::new("display", ROWS, COLUMNS)]);
    type Outputs = [Level; 0];

    fn new() -> Self {
        Self {
            tick: 0,
            picture: Picture::DARK,
        }
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        if event != Event::Tick {
            return;
        }
        self.tick += 1;
        if !self.tick.is_multiple_of(PERIOD) {
            return;
        }
        let moved = (self.tick / PERIOD) as usize;
        for row in 0..ROWS.into() {
            for column in 0..COLUMNS.into() {
                let is_lit = (row + column + moved) % 5 < 2;
                self.picture.set(row, column, is_lit.into());
            }
        }
        self.picture.draw(MatrixId(0), out);
    }

    fn outputs(&self) -> Self::Outputs {
        []
    }
}
