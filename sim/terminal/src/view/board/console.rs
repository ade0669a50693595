//! A serial line as a console: its name, and the last lines of it.

use lockstep_core::event::SerialId;
use ratatui::text::{Line, Span};

use super::{control_name, control_style};
use crate::console::{ConsoleLine, shown};
use crate::controls::Control;
use crate::ui_state::UiState;
use crate::view::text::head_of;

pub(super) fn heading(ui: &UiState, id: SerialId, width: u16) -> Line<'static> {
    let Some(line) = ui.descriptor().serial_lines().get(usize::from(id.0)) else {
        return Line::default();
    };
    let control = Control::Serial(id);
    let name = control_name(ui, control, line.name(), width);
    let hex = if ui.shows_hex { ", hex" } else { "" };
    Line::from(vec![
        Span::styled(name, control_style(ui, control)),
        Span::styled(format!("{} baud{hex}", line.baud()), ui.theme.quiet()),
    ])
}

/// A line with its direction: `>` to the app, `<` from it.
pub(super) fn row(ui: &UiState, line: &ConsoleLine, width: u16) -> Line<'static> {
    let (sign, style) = match line.is_received {
        true => ('>', ui.theme.input()),
        false => ('<', ui.theme.log()),
    };
    let text = shown(&line.bytes, ui.shows_hex);
    let text = text
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(&text);
    let room = usize::from(width).saturating_sub(5);
    let head = head_of(text, room);
    let head = match head.len() < text.len() {
        true => format!(
            "{}{}",
            head_of(text, room.saturating_sub(1)),
            ui.theme.glyphs().gap
        ),
        false => head.to_owned(),
    };
    Line::from(vec![
        Span::styled(format!("  {sign} "), ui.theme.quiet()),
        Span::styled(head, style),
    ])
}
