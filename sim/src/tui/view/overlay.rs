//! Menus and the help, drawn over the panes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::ASCII_BORDER;
use crate::tui::keys::BINDINGS;
use crate::tui::overlay::{Menu, Overlay};
use crate::tui::ui::Ui;

pub(super) fn draw(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    match &ui.overlay {
        Some(Overlay::Help { scroll }) => draw_help(ui, *scroll, area, frame),
        Some(Overlay::Menu(menu)) => draw_menu(ui, menu, area, frame),
        Some(Overlay::Prompt(_) | Overlay::Confirm(_)) | None => {}
    }
}

fn draw_menu(ui: &Ui, menu: &Menu, area: Rect, frame: &mut Frame<'_>) {
    let widest = menu.items.iter().map(|item| item.text.width()).max();
    let inner = boxed(
        ui,
        menu.title,
        widest.unwrap_or(0) + 2,
        menu.items.len(),
        area,
        frame,
    );
    let rows = usize::from(inner.height).max(1);
    let first = (menu.selected + 1).saturating_sub(rows);
    let items = menu.items.iter().enumerate().skip(first).take(rows);
    let lines: Vec<_> = items
        .map(|(index, item)| {
            let selected = index == menu.selected;
            let style = if selected {
                ui.theme.selected()
            } else {
                Style::new()
            };
            let sign = if selected {
                ui.theme.signs().selected
            } else {
                ' '
            };
            Line::styled(format!("{sign}{} ", item.text), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn draw_help(ui: &Ui, scroll: u16, area: Rect, frame: &mut Frame<'_>) {
    let mut lines = vec![
        Line::styled("Buttons", ui.theme.accent()),
        row(
            ui,
            "letter, 1-9",
            "press: as long as the key is down, where the terminal tells",
        ),
        row(ui, "", "when it comes up; a tap of 60 ms elsewhere"),
        row(ui, "Shift+letter", "hold until it is pressed again"),
        row(
            ui,
            "mouse",
            "press and hold the drawn button; set the cursor in the waves",
        ),
        Line::default(),
        Line::styled("Everywhere", ui.theme.accent()),
    ];
    let everywhere = BINDINGS.iter().filter(|binding| binding.pane.is_none());
    lines.extend(everywhere.map(|binding| row(ui, &binding.keys.join(", "), binding.long)));
    lines.push(Line::default());
    lines.push(Line::styled("In the waves", ui.theme.accent()));
    let waves = BINDINGS.iter().filter(|binding| binding.pane.is_some());
    lines.extend(waves.map(|binding| row(ui, &binding.keys.join(", "), binding.long)));

    let widest = lines.iter().map(Line::width).max().unwrap_or(0);
    let inner = boxed(ui, "keys", widest, lines.len(), area, frame);
    let last = lines.len().saturating_sub(usize::from(inner.height));
    let scroll = scroll.min(u16::try_from(last).unwrap_or(u16::MAX));
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), inner);
}

fn row(ui: &Ui, keys: &str, what: &str) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {keys:<13}"), ui.theme.key()),
        Span::raw(what.to_owned()),
    ])
}

/// A box in the middle, as large as its content where that fits.
fn boxed(
    ui: &Ui,
    title: &str,
    width: usize,
    height: usize,
    area: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    let size = |wanted: usize, there: u16| {
        u16::try_from(wanted.saturating_add(2))
            .unwrap_or(u16::MAX)
            .min(there)
    };
    let (width, height) = (size(width, area.width), size(height, area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let block = Block::bordered()
        .title(format!(" {title} "))
        .border_style(ui.theme.accent());
    let block = if ui.theme.is_unicode() {
        block
    } else {
        block.border_set(ASCII_BORDER)
    };
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}
