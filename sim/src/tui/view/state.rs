//! The app's state, and what of it changed with the last move of the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::frame_of;
use crate::tui::keys::Pane;
use crate::tui::ui::Ui;

pub(super) fn draw(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    let block = frame_of(ui, Pane::State, Pane::State.title().to_owned());
    let inner = block.inner(area);
    frame.render_widget(block, area);

    let state = ui.here.state();
    let before: Vec<_> = ui.state_before.lines().collect();
    let count = state.lines().count();
    // Where the state has another shape, its lines have no counterparts.
    let comparable = before.len() == count;
    let scroll = ui
        .state_scroll
        .min(count.saturating_sub(usize::from(inner.height)));
    let lines: Vec<_> = state
        .lines()
        .enumerate()
        .skip(scroll)
        .take(usize::from(inner.height))
        .map(|(index, line)| {
            let changed = comparable && before.get(index) != Some(&line);
            let style = if changed {
                ui.theme.changed()
            } else {
                Style::new()
            };
            Line::styled(line.to_owned(), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
