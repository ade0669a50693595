//! The visible part of the waves: zoom, position, selected signal.

use lockstep_core::time::RunTicks;

use super::signal_history::Signal;
use super::ui_state::{UiState, WaveViewport};

/// The most ticks in a column: a day of the shortest, which is enough for the longest run.
const WIDEST: u64 = 86_400_000_000;

impl UiState {
    pub(super) fn selected_signal(&self) -> Signal {
        let shown = self.signal_list.shown();
        shown
            .get(self.waves.selected)
            .copied()
            .unwrap_or(Signal::Logs)
    }

    /// The ticks of a column of the waves.
    pub(super) fn cell_ticks(&self) -> i64 {
        i64::try_from(self.waves.per_cell).unwrap_or(i64::MAX)
    }

    pub(super) fn zoom(&mut self, per_cell: u64) {
        self.waves.per_cell = per_cell.clamp(1, WIDEST);
        self.center();
    }

    pub(super) fn zoom_to_fit(&mut self) {
        let columns = u64::from(self.waves.columns.max(1));
        self.waves.per_cell = (self.end().0 / columns + 1).max(1);
        self.waves.left = RunTicks::ZERO;
        self.keep_in_view();
    }

    pub(super) fn center(&mut self) {
        let half = u64::from(self.waves.columns / 2).saturating_mul(self.waves.per_cell);
        self.waves.left = self.cursor.saturating_sub(RunTicks(half));
        self.keep_in_view();
    }

    pub(super) fn toggle_mark(&mut self) {
        self.mark = match self.mark {
            Some(_) => None,
            None => Some(self.cursor),
        };
    }

    /// Scrolls the waves so that the cursor is visible.
    pub(super) fn keep_in_view(&mut self) {
        let WaveViewport {
            left,
            per_cell,
            columns,
            ..
        } = self.waves;
        let width = u64::from(columns.max(1)).saturating_mul(per_cell);
        let margin = width / 8;
        if self.cursor < left {
            self.waves.left = RunTicks(self.cursor.0.saturating_sub(margin));
        } else if self.cursor.0 - left.0 >= width {
            self.waves.left = RunTicks(self.cursor.0.saturating_sub(width - margin.max(per_cell)));
        }
        // Columns keep their ticks while the run plays.
        self.waves.left.0 -= self.waves.left.0 % per_cell;
        // Rounding down may have moved the cursor out on the right.
        if self.cursor.0 - self.waves.left.0 >= width {
            self.waves.left.0 += per_cell;
        }
    }
}
