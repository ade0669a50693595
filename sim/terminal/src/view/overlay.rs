//! Menus and the help, drawn over the panes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::border::PLAIN;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::ASCII_BORDER;
use super::text::{shorten, wrapped};
use crate::key_bindings::{BINDINGS, Pane};
use crate::overlay::{Menu, Overlay};
use crate::ui_state::UiState;

/// The most columns of the help.
const HELP: usize = 74;

pub(super) fn draw(ui: &UiState, area: Rect, frame: &mut Frame<'_>) {
    match &ui.overlay {
        Some(Overlay::Help { scroll }) => draw_help(ui, *scroll, area, frame),
        Some(Overlay::Map { scroll }) => super::map::draw(ui, *scroll, area, frame),
        Some(Overlay::Menu(menu)) => draw_menu(ui, menu, area, frame),
        Some(Overlay::Prompt(_) | Overlay::Confirm(_)) | None => {}
    }
}

fn draw_menu(ui: &UiState, menu: &Menu, area: Rect, frame: &mut Frame<'_>) {
    let count = menu.items.len();
    let place = boxed(menu_width(menu), count, area);
    let rows = usize::from(place.height.saturating_sub(2)).max(1);
    let first = (menu.selected + 1).saturating_sub(rows);
    let scrolled = (count > rows).then(|| format!("{}-{} of {count}", first + 1, first + rows));
    let inner = draw_box(ui, menu.title, scrolled, place, frame);
    let glyphs = ui.theme.glyphs();
    let items = menu.items.iter().enumerate().skip(first).take(rows);
    let lines: Vec<_> = items
        .map(|(index, item)| {
            let (sign, style) = if index == menu.selected {
                (glyphs.selected, ui.theme.selected())
            } else {
                (' ', Style::new())
            };
            let text = shorten(&item.text, text_width(inner.width), glyphs.gap);
            Line::styled(format!("{sign}{text} "), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The selected row of a menu, if the menu has no room for all of it.
pub(super) fn truncated_item(menu: &Menu, screen: Rect) -> Option<String> {
    let text = &menu.items.get(menu.selected)?.text;
    let room = text_width(boxed(menu_width(menu), 0, screen).width.saturating_sub(2));
    (text.width() > room).then(|| text.clone())
}

fn menu_width(menu: &Menu) -> usize {
    let rows = menu.items.iter().map(|item| item.text.width() + 2);
    rows.chain([menu.title.width() + 4]).max().unwrap_or(0)
}

/// The columns of a row's text, next to its marker and a blank.
fn text_width(inner: u16) -> usize {
    usize::from(inner).saturating_sub(2)
}

/// The last scroll position of the help.
pub(crate) fn last_help_scroll(ui: &UiState, area: Rect) -> u16 {
    let (lines, place) = help(ui, area);
    let last = lines
        .len()
        .saturating_sub(usize::from(place.height.saturating_sub(2)));
    u16::try_from(last).unwrap_or(u16::MAX)
}

fn draw_help(ui: &UiState, scroll: u16, area: Rect, frame: &mut Frame<'_>) {
    let (lines, place) = help(ui, area);
    let rows = place.height.saturating_sub(2);
    let shown = usize::from(scroll) + usize::from(rows);
    let scrolled = (lines.len() > usize::from(rows)).then(|| {
        format!(
            "{}-{} of {}",
            scroll + 1,
            shown.min(lines.len()),
            lines.len()
        )
    });
    let inner = draw_box(ui, "keys", scrolled, place, frame);
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), inner);
}

/// The lines of the help, and the area of its box.
fn help(ui: &UiState, area: Rect) -> (Vec<Line<'static>>, Rect) {
    let width = usize::from(area.width.saturating_sub(2)).min(HELP);
    let heading = |text: &'static str| Line::styled(text, ui.theme.accent());
    let mut lines = vec![heading("Buttons")];
    for (keys, what) in [
        ("letter", "on the board: press the button with this letter"),
        ("1-9", "in any pane: press the first, second... button"),
        (
            "",
            "a button is down while its key is, if the terminal reports releases; \
             else for 60 ms, or while the key repeats",
        ),
        ("Shift+letter", "hold the button until it is pressed again"),
        (
            "mouse",
            "press or hold a button; set the cursor in the waves; zoom with the wheel",
        ),
    ] {
        lines.extend(row(ui, keys, what, width));
    }
    lines.extend([Line::default(), heading("Numbers, encoders, serial lines")]);
    for (keys, what) in [
        ("Up Down", "on the board: select one"),
        (
            "mouse",
            "set a number on its bar; the wheel over it changes it or turns it",
        ),
    ] {
        lines.extend(row(ui, keys, what, width));
    }
    for (title, pane) in [("In any pane", None), ("In the waves", Some(Pane::Waves))] {
        lines.extend([Line::default(), heading(title)]);
        for binding in BINDINGS.iter().filter(|binding| binding.pane == pane) {
            lines.extend(row(ui, &binding.keys.join(" "), binding.long, width));
        }
    }
    let place = boxed(width, lines.len(), area);
    (lines, place)
}

/// A key and what it does, in as many lines as that takes.
fn row(ui: &UiState, keys: &str, what: &str, width: usize) -> Vec<Line<'static>> {
    const KEYS: usize = 13;
    let lines = wrapped(what, width.saturating_sub(KEYS + 2));
    let lines = lines.into_iter().enumerate().map(|(index, line)| {
        let keys = if index == 0 { keys } else { "" };
        Line::from(vec![
            Span::styled(format!(" {keys:<KEYS$}"), ui.theme.key()),
            Span::raw(line),
        ])
    });
    lines.collect()
}

/// The area of a box in the middle, as large as its content if that fits. The last two lines
/// of the screen, with the status and the keys, stay visible.
pub(super) fn boxed(width: usize, height: usize, area: Rect) -> Rect {
    let size = |wanted: usize, there: u16| {
        u16::try_from(wanted.saturating_add(2))
            .unwrap_or(u16::MAX)
            .min(there)
    };
    let below = area.height.saturating_sub(2);
    let (width, height) = (size(width, area.width), size(height, below));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (below - height) / 2,
        width,
        height,
    }
}

pub(super) fn draw_box(
    ui: &UiState,
    title: &str,
    scrolled: Option<String>,
    place: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    let border = if ui.theme.is_unicode() {
        PLAIN
    } else {
        ASCII_BORDER
    };
    let block = Block::bordered()
        .border_set(border)
        .title(format!(" {title} "))
        .border_style(ui.theme.accent());
    let block = match scrolled {
        Some(scrolled) => block.title_bottom(format!(" {scrolled} ")),
        None => block,
    };
    let inner = block.inner(place);
    frame.render_widget(Clear, place);
    frame.render_widget(block, place);
    inner
}
