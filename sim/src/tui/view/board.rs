//! The board: LEDs that shine, buttons to press.

use firmware_core::event::ButtonId;
use firmware_core::output::Range;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::frame_of;
use crate::tui::keys::Pane;
use crate::tui::ui::Ui;

/// The rows the board needs at a width, with its frame.
pub(super) fn height(ui: &Ui, width: u16) -> u16 {
    let interface = ui.timeline.app().interface();
    let inner = width.saturating_sub(2);
    let leds = Grid::new(inner, led_width(ui), interface.outputs.len());
    let buttons = Grid::new(inner, button_width(ui), interface.buttons.len());
    leds.rows() + buttons.rows() + 2
}

pub(super) fn draw(ui: &Ui, area: Rect, frame: &mut Frame<'_>) {
    let block = frame_of(ui, Pane::Board, Pane::Board.title());
    let inner = block.inner(area);
    frame.render_widget(block, area);
    for (index, cell) in leds(ui, inner) {
        frame.render_widget(led(ui, index), cell);
    }
    for (button, cell) in buttons(ui, area) {
        frame.render_widget(key_cap(ui, button), cell);
    }
}

/// Where the buttons are drawn.
pub(super) fn buttons(ui: &Ui, area: Rect) -> Vec<(ButtonId, Rect)> {
    let interface = ui.timeline.app().interface();
    let inner = frame_of(ui, Pane::Board, "").inner(area);
    let leds = Grid::new(inner.width, led_width(ui), interface.outputs.len());
    let grid = Grid::new(inner.width, button_width(ui), interface.buttons.len());
    let below = Rect {
        y: inner.y.saturating_add(leds.rows()),
        height: inner.height.saturating_sub(leds.rows()),
        ..inner
    };
    let ids = (0..).map(ButtonId);
    ids.zip(grid.cells(below)).collect()
}

fn leds(ui: &Ui, inner: Rect) -> Vec<(usize, Rect)> {
    let count = ui.timeline.app().interface().outputs.len();
    let grid = Grid::new(inner.width, led_width(ui), count);
    (0..).zip(grid.cells(inner)).collect()
}

fn led(ui: &Ui, index: usize) -> Line<'static> {
    let Some(output) = ui.timeline.app().interface().outputs.get(index) else {
        return Line::default();
    };
    let level = ui.shown_level(index);
    let part = f64::from(level.0) / f64::from(output.range.max().0.max(1));
    let signs = ui.theme.signs();
    let sign = if level.0 > 0 {
        signs.led_on
    } else {
        signs.led_off
    };
    let value = match output.range {
        Range::Digital => String::new(),
        Range::Analog { .. } => format!(" {}", level.0),
    };
    Line::from(vec![
        Span::styled(format!(" {sign} "), ui.theme.led(output.colour, part)),
        Span::raw(format!("{}{value}", output.name)),
    ])
}

fn key_cap(ui: &Ui, button: ButtonId) -> Line<'static> {
    let index = usize::from(button.0);
    let name = ui.timeline.app().interface().buttons.get(index);
    let name = name.copied().unwrap_or("?");
    let down = ui.here.is_closed(button);
    let style = if down {
        ui.theme.selected()
    } else {
        ui.theme.accent()
    };
    let state = if down { "down" } else { "up" };
    Line::from(vec![
        Span::raw(" "),
        Span::styled(format!("[ {name} ]"), style),
        Span::styled(format!(" {} ", key_of(ui, index)), ui.theme.key()),
        Span::styled(state, ui.theme.quiet()),
    ])
}

/// The key that presses a button where the board has the focus.
pub(super) fn key_of(ui: &Ui, index: usize) -> String {
    match ui.letters.get(index).copied().flatten() {
        Some(letter) if ui.pane == Pane::Board => letter.to_string(),
        _ if index < 9 => (index + 1).to_string(),
        _ => String::new(),
    }
}

fn led_width(ui: &Ui) -> u16 {
    let outputs = ui.timeline.app().interface().outputs.iter();
    cell_width(outputs.map(|output| {
        let value = match output.range {
            Range::Digital => 0,
            Range::Analog { max } => max.to_string().len() + 1,
        };
        3 + output.name.len() + value
    }))
}

fn button_width(ui: &Ui) -> u16 {
    let buttons = ui.timeline.app().interface().buttons.iter();
    cell_width(buttons.map(|name| name.len() + 12))
}

fn cell_width(contents: impl Iterator<Item = usize>) -> u16 {
    let widest = contents.max().unwrap_or(0);
    u16::try_from(widest).unwrap_or(u16::MAX).saturating_add(1)
}

/// Cells of one width, as many in a row as fit.
struct Grid {
    width: u16,
    columns: u16,
    count: u16,
}

impl Grid {
    fn new(space: u16, width: u16, count: usize) -> Self {
        Self {
            width,
            columns: (space / width.max(1)).max(1),
            count: u16::try_from(count).unwrap_or(u16::MAX),
        }
    }

    fn rows(&self) -> u16 {
        self.count.div_ceil(self.columns)
    }

    /// The cells that fit into an area.
    fn cells(&self, area: Rect) -> impl Iterator<Item = Rect> {
        let (width, columns) = (self.width, self.columns);
        (0..self.count)
            .map(move |index| Rect {
                x: area
                    .x
                    .saturating_add((index % columns).saturating_mul(width)),
                y: area.y.saturating_add(index / columns),
                width,
                height: 1,
            })
            .map(move |cell| cell.intersection(area))
            .take_while(|cell| cell.area() > 0)
    }
}
