//! The lines at the bottom: the status, and the main keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::overlay::truncated_item;
use super::text::{shorten, tail_of, wrapped};
use crate::controls::Control;
use crate::key_bindings::{FOOTER, Pane, UiCommand, footer_entry};
use crate::measurement::measure;
use crate::overlay::{Overlay, Prompt};
use crate::ui_state::UiState;

/// How many keys of buttons the footer lists one by one.
const NAMED: usize = 6;

/// Draws a message, a prompt, or the measurement at the cursor. A text that is too long for
/// the line continues over the lines above it.
pub(super) fn draw_status(ui: &UiState, area: Rect, frame: &mut Frame<'_>) {
    let lines = status(ui, area);
    let room = area.bottom() / 2;
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .clamp(1, room.max(1));
    let lower = Rect {
        y: area.bottom().saturating_sub(height),
        height,
        ..area
    };
    frame.render_widget(Clear, lower);
    frame.render_widget(Paragraph::new(lines), lower);
}

fn status(ui: &UiState, area: Rect) -> Vec<Line<'static>> {
    // Only the branch that was opened is the run that failed.
    let opened = ui.timeline.current() == 0;
    let failed = ui.failures.iter().filter(|_| opened);
    let failed = failed.chain(ui.rules.broken());
    let failed = failed.clone().find(|failed| failed.tick == ui.cursor);
    let (text, style) = match (&ui.overlay, &ui.message, failed) {
        (Some(Overlay::Prompt(prompt)), ..) => return typed(ui, prompt, area),
        (Some(Overlay::Confirm(confirmation)), ..) => {
            (format!("{} (y/n)", confirmation.text()), ui.theme.changed())
        }
        (Some(Overlay::Menu(menu)), ..) => (
            truncated_item(menu, area).unwrap_or_default(),
            ui.theme.accent(),
        ),
        (Some(Overlay::Help { .. } | Overlay::Map { .. }), ..) => (String::new(), Style::new()),
        (None, Some(message), _) if message.is_error => (message.text.clone(), ui.theme.error()),
        (None, Some(message), _) => (message.text.clone(), ui.theme.accent()),
        (None, None, Some(failed)) => (failed.text.clone(), ui.theme.error()),
        (None, None, None) => {
            let measured = shorten(&measure(ui), usize::from(area.width), ui.theme.glyphs().gap);
            (measured, ui.theme.quiet())
        }
    };
    let lines = wrapped(&text, usize::from(area.width));
    lines
        .into_iter()
        .map(|line| Line::styled(line, style))
        .collect()
}

/// A prompt: as much of its text as fits around the cursor.
fn typed(ui: &UiState, prompt: &Prompt, area: Rect) -> Vec<Line<'static>> {
    let width = usize::from(area.width);
    let label = format!("{}: ", prompt.label());
    let has_own_line = label.width() > width / 2;
    let mut lines = wrapped(label.trim_end(), width)
        .into_iter()
        .map(|line| Line::styled(line, ui.theme.accent()))
        .collect::<Vec<_>>();
    let mut spans = Vec::new();
    let mut room = width;
    if !has_own_line {
        lines.clear();
        room -= label.width();
        spans.push(Span::styled(label, ui.theme.accent()));
    }
    let (before, after) = prompt.halves();
    let under = after.chars().next();
    spans.extend([
        Span::raw(tail_of(before, room.saturating_sub(2)).to_owned()),
        Span::styled(under.unwrap_or(' ').to_string(), ui.theme.selected()),
        Span::raw(after.chars().skip(1).collect::<String>()),
    ]);
    lines.push(Line::from(spans));
    lines
}

/// Draws the main keys of the pane that has the focus, as many as fit.
pub(super) fn draw_keys(ui: &UiState, area: Rect, frame: &mut Frame<'_>) {
    let keys = match &ui.overlay {
        None => main_keys(ui),
        Some(overlay) => overlay_keys(overlay),
    };
    // The key of the help always fits.
    let help = ui.overlay.is_none().then(|| footer_entry(UiCommand::Help));
    let help = help.flatten().map(|(key, what)| (key.to_owned(), what));
    let width = |key: &str, what: &str| key.width() + what.len() + 3;
    let needed = help.as_ref().map_or(0, |(key, what)| width(key, what) - 2);
    let mut left = usize::from(area.width).saturating_sub(needed);
    let fitting = keys.into_iter().filter(|(key, what)| {
        // The gap after the last one may be cut off.
        let least = width(key, what) - if needed == 0 { 2 } else { 0 };
        let fits = least <= left;
        if fits {
            left = left.saturating_sub(width(key, what));
        }
        fits
    });
    let spans = fitting.collect::<Vec<_>>().into_iter().chain(help);
    let spans = spans.flat_map(|(key, what)| {
        [
            Span::styled(key, ui.theme.key()),
            Span::styled(format!(" {what}  "), Style::new()),
        ]
    });
    frame.render_widget(Line::from_iter(spans), area);
}

fn main_keys(ui: &UiState) -> Vec<(String, &'static str)> {
    let buttons = button_keys(ui);
    let waves = [("w e b", "edges"), ("zi zo zc", "zoom")]
        .into_iter()
        .filter(|_| ui.pane == Pane::Waves);
    let controls = match ui.selected_control() {
        Some(Control::Number(_)) => &[("< >", "change"), ("Enter", "type")][..],
        Some(Control::Encoder(_)) => &[("< >", "turn")],
        Some(Control::Serial(_)) => &[("Enter", "send"), ("#", "hex")],
        None => &[],
    };
    // Shift and a letter latch a button; not every keyboard has Shift and a digit.
    let holds = buttons.is_some() && ui.pane == Pane::Board;
    let hold = holds.then_some(("Shift", "hold"));
    let mut others = FOOTER.iter().filter_map(|command| footer_entry(*command));
    let first = others.next();
    let named = waves
        .chain(first)
        .chain(controls.iter().copied())
        .chain(hold)
        .chain(others);
    buttons
        .map(|keys| (keys, "press"))
        .into_iter()
        .chain(named.map(|(key, what)| (key.to_owned(), what)))
        .collect()
}

/// The keys that press buttons in the pane that has the focus.
fn button_keys(ui: &UiState) -> Option<String> {
    let keys: Vec<_> = (0..ui.buttons.len())
        .filter_map(|index| super::board::key_of(ui, index))
        .map(String::from)
        .collect();
    match keys.as_slice() {
        [] => None,
        [first, .., last] if keys.len() > NAMED && ui.pane != Pane::Board => {
            Some(format!("{first}-{last}"))
        }
        _ if keys.len() > NAMED => Some("letter".to_owned()),
        _ => Some(keys.join(" ")),
    }
}

fn overlay_keys(overlay: &Overlay) -> Vec<(String, &'static str)> {
    let keys: &[(&str, &'static str)] = match overlay {
        Overlay::Help { .. } => &[("Up Down", "scroll"), ("Esc", "close")],
        Overlay::Map { .. } => &[
            ("Up Down", "scroll"),
            ("[ ]", "events"),
            ("Space", "play"),
            ("Esc", "close"),
        ],
        Overlay::Menu(menu) if menu.lists_branches() => {
            &[("Enter", "switch"), ("c", "compare"), ("Esc", "close")]
        }
        Overlay::Menu(_) => &[("Up Down", "move"), ("Enter", "select"), ("Esc", "close")],
        Overlay::Prompt(_) => &[("Enter", "ok"), ("Esc", "cancel"), ("Ctrl-u", "clear")],
        Overlay::Confirm(_) => &[("y", "yes"), ("n", "no")],
    };
    keys.iter()
        .map(|(key, what)| ((*key).to_owned(), *what))
        .collect()
}
