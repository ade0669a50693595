//! The state pane: the app's state, and what the last move of the cursor changed.

use std::collections::{HashMap, HashSet};

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::text::shorten;
use super::{PaneSlot, draw_frame};
use crate::key_bindings::Pane;
use crate::state_rows::{StateRow, state_rows};
use crate::ui_state::UiState;

pub(super) fn draw(ui: &UiState, slot: PaneSlot, frame: &mut Frame<'_>) {
    let rows = state_rows(&ui.state);
    let changed = changes(&rows, &state_rows(&ui.state_before));
    let changed = |index: usize| changed.get(index).copied().unwrap_or(false);
    let count = (0..rows.len()).filter(|index| changed(*index)).count();
    let title = match count {
        0 => Pane::State.title().to_owned(),
        count => format!("{}, {count} changed", Pane::State.title()),
    };
    let inner = draw_frame(ui, Pane::State, &title, slot, frame);

    // While the run is paused, changed rows come first.
    let is_first = |index: &usize| !ui.playing && changed(*index);
    let all = 0..rows.len();
    let order = all.clone().filter(is_first);
    let order = order.chain(all.filter(|index| !is_first(index)));
    let shown = order.skip(ui.state_scroll).take(usize::from(inner.height));
    let lines: Vec<_> = shown
        .map(|index| line(ui, &rows[index], changed(index), usize::from(inner.width)))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A row; if it is too long, most of the space is for its value.
fn line(ui: &UiState, row: &StateRow, changed: bool, width: usize) -> Line<'static> {
    let gap = ui.theme.glyphs().gap;
    let value = shorten(&row.value, width * 2 / 3, gap);
    let path = shorten(&row.path, width.saturating_sub(value.width() + 1), gap);
    let style = if changed {
        ui.theme.changed()
    } else {
        Style::new()
    };
    let blank = if path.is_empty() { "" } else { " " };
    Line::from(vec![
        Span::styled(path, ui.theme.quiet()),
        Span::styled(format!("{blank}{value}"), style),
    ])
}

/// The last scroll position.
pub(super) fn last_scroll(ui: &UiState, inner: Rect) -> usize {
    let height = usize::from(inner.height);
    state_rows(&ui.state).len().saturating_sub(height)
}

/// Which rows are new or have a new value. Rows with the same path, as in a list, are matched
/// by their order.
fn changes(now: &[StateRow], before: &[StateRow]) -> Vec<bool> {
    let known: HashSet<_> = numbered(before).collect();
    numbered(now).map(|row| !known.contains(&row)).collect()
}

fn numbered(rows: &[StateRow]) -> impl Iterator<Item = (usize, &StateRow)> {
    let mut seen = HashMap::new();
    rows.iter().map(move |row| {
        let count: &mut usize = seen.entry(row.path.as_str()).or_default();
        *count += 1;
        (*count, row)
    })
}
