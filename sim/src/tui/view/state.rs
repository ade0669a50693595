//! The app's state, and what of it changed with the last move of the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Slot, draw_frame};
use crate::tui::keys::Pane;
use crate::tui::state::{Row, rows};
use crate::tui::ui::Ui;

pub(super) fn draw(ui: &Ui, slot: Slot, frame: &mut Frame<'_>) {
    let rows = rows(&ui.state);
    let before = rows_before(ui, &rows);
    let changed = |index: usize| before.get(index).is_some_and(|row| *row != rows[index]);
    let count = (0..rows.len()).filter(|index| changed(*index)).count();
    let title = match count {
        0 => Pane::State.title().to_owned(),
        count => format!("{}, {count} changed", Pane::State.title()),
    };
    let inner = draw_frame(ui, Pane::State, &title, slot, frame);

    let height = usize::from(inner.height);
    let last = rows.len().saturating_sub(height);
    let first = match ui.state_scroll {
        // Nobody has scrolled: what changed comes into view.
        0 => (0..rows.len())
            .find(|index| changed(*index))
            .filter(|index| *index >= height)
            .unwrap_or(0),
        scroll => scroll,
    };
    let shown = rows.iter().enumerate().skip(first.min(last)).take(height);
    let lines: Vec<_> = shown
        .map(|(index, row)| {
            let style = if changed(index) {
                ui.theme.changed()
            } else {
                Style::new()
            };
            Line::from(vec![
                Span::styled(format!("{} ", row.path), ui.theme.quiet()),
                Span::styled(row.value.clone(), style),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The furthest that can be scrolled.
pub(super) fn last_scroll(ui: &Ui, inner: Rect) -> usize {
    let height = usize::from(inner.height);
    rows(&ui.state).len().saturating_sub(height)
}

/// The rows as they were, if the state still has the same ones.
fn rows_before(ui: &Ui, now: &[Row]) -> Vec<Row> {
    let before = rows(&ui.state_before);
    let same_shape = before.len() == now.len()
        && before
            .iter()
            .zip(now)
            .all(|(before, now)| before.path == now.path);
    if same_shape { before } else { Vec::new() }
}
