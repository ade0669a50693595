//! The events pane: the trace, one event on a line.

use ratatui::Frame;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::Paragraph;

use super::{PaneSlot, draw_frame};
use crate::key_bindings::Pane;
use crate::ui_state::UiState;
use lockstep_engine::trace::{Kind, Line};

pub(super) fn draw(ui: &UiState, slot: PaneSlot, frame: &mut Frame<'_>) {
    let trace = ui.trace();
    let entries = trace.entries();
    let title = format!("{}, {}", Pane::Events.title(), entries.len());
    let inner = draw_frame(ui, Pane::Events, &title, slot, frame);

    let rows = usize::from(inner.height);
    let past = entries.partition_point(|entry| entry.tick <= ui.cursor);
    let first = past
        .saturating_sub(rows.div_ceil(2))
        .min(entries.len().saturating_sub(rows));
    let lines: Vec<_> = entries
        .iter()
        .enumerate()
        .skip(first)
        .take(rows)
        .map(|(index, entry)| {
            let line = Line::new(trace.descriptor(), entry);
            let style = match line.kind {
                Kind::In => ui.theme.input(),
                Kind::Out => ratatui::style::Style::new(),
                Kind::Log => ui.theme.log(),
            };
            let style = if index >= past {
                ui.theme.quiet()
            } else {
                style
            };
            let here = entry.tick == ui.cursor;
            let sign = if here {
                ui.theme.glyphs().selected
            } else {
                ' '
            };
            let text = format!(
                "{sign}{:>8} {:<3} {} {}",
                line.tick.0,
                line.kind.word(),
                line.name,
                line.value
            );
            Text::from(Span::styled(text, style))
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
