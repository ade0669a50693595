//! The board pane: LEDs, and buttons to press.

use lockstep_core::event::ButtonId;
use lockstep_core::output::Range;
use lockstep_engine::scenario::quantity::Quantity;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::shorten;
use super::{PaneSlot, draw_frame};
use crate::key_bindings::Pane;
use crate::ui_state::UiState;

/// The columns around a button's name: `[ A ] a down` and a blank on both sides.
const CAP: usize = 12;

/// The rows that the board needs in an area of this width, with its border.
pub(super) fn height(ui: &UiState, slot: PaneSlot) -> u16 {
    let inner = slot.inner();
    let frame = slot.area.height - inner.height;
    let flows = BoardLayout::new(ui, inner);
    flows.leds.rows() + flows.buttons.rows() + frame
}

pub(super) fn draw(ui: &UiState, slot: PaneSlot, frame: &mut Frame<'_>) {
    let inner = slot.inner();
    let flows = BoardLayout::new(ui, inner);
    let leds: Vec<_> = (0..).zip(flows.leds.fitting(flows.upper(inner))).collect();
    let buttons = buttons(ui, inner);
    let all = flows.leds.cells.len() + flows.buttons.cells.len();
    let hidden = all - leds.len() - buttons.len();
    let title = match hidden {
        0 => Pane::Board.title().to_owned(),
        hidden => format!("{}, {hidden} more do not fit", Pane::Board.title()),
    };
    draw_frame(ui, Pane::Board, &title, slot, frame);
    for (index, cell) in leds {
        frame.render_widget(led(ui, index, cell.width), cell);
    }
    for (button, cell) in buttons {
        frame.render_widget(key_cap(ui, button, cell.width), cell);
    }
}

/// Where the buttons are drawn.
pub(super) fn buttons(ui: &UiState, inner: Rect) -> Vec<(ButtonId, Rect)> {
    let flows = BoardLayout::new(ui, inner);
    let ids = (0..).map(ButtonId);
    ids.zip(flows.buttons.fitting(flows.lower(inner))).collect()
}

fn led(ui: &UiState, index: usize, width: u16) -> Line<'static> {
    let app = ui.timeline.app();
    let Some(output) = app.descriptor().outputs().get(index) else {
        return Line::default();
    };
    let color = app.output_color(output.name());
    let level = ui.displayed_level(index);
    let part = f64::from(level.0.max(0)) / f64::from(output.range().max().0.max(1));
    let glyphs = ui.theme.glyphs();
    let sign = if level.0 > 0 {
        glyphs.led_on
    } else {
        glyphs.led_off
    };
    let value = match output.range() {
        Range::Digital => String::new(),
        Range::Analog { .. } | Range::Number(_) => {
            format!(" {}", Quantity::of(&output.range().scale(), level.0))
        }
    };
    let name = shorten(
        output.name(),
        usize::from(width).saturating_sub(3 + value.len()),
        glyphs.gap,
    );
    Line::from(vec![
        Span::styled(format!(" {sign} "), ui.theme.led(color, part)),
        Span::raw(format!("{name}{value}")),
    ])
}

fn key_cap(ui: &UiState, button: ButtonId, width: u16) -> Line<'static> {
    let index = usize::from(button.0);
    let name = ui.timeline.app().descriptor().buttons().get(index);
    let room = usize::from(width).saturating_sub(CAP);
    let name = shorten(name.copied().unwrap_or("?"), room, ui.theme.glyphs().gap);
    let down = ui.snapshot.is_closed(button);
    let style = if down {
        ui.theme.selected()
    } else {
        ui.theme.accent()
    };
    let state = if down { "down" } else { "up" };
    let key = key_of(ui, index).map_or(String::new(), |key| format!(" {key}"));
    Line::from(vec![
        Span::raw(" "),
        Span::styled(format!("[ {name} ]"), style),
        Span::styled(key, ui.theme.key()),
        Span::styled(format!(" {state}"), ui.theme.quiet()),
    ])
}

/// The key that presses a button in the pane that has the focus, if it has one.
pub(super) fn key_of(ui: &UiState, index: usize) -> Option<char> {
    let letter = ui.letters.get(index).copied().flatten();
    let digit = || {
        let number = u32::try_from(index).ok()? + 1;
        char::from_digit(number, 10)
    };
    letter.filter(|_| ui.pane == Pane::Board).or_else(digit)
}

/// The LEDs, and the buttons below them.
struct BoardLayout {
    leds: FlowLayout,
    buttons: FlowLayout,
}

impl BoardLayout {
    fn new(ui: &UiState, inner: Rect) -> Self {
        let descriptor = ui.timeline.app().descriptor();
        let leds = descriptor.outputs().iter().map(|output| {
            let value = match output.range() {
                Range::Digital => 0,
                Range::Analog { max } => max.to_string().len() + 1,
                Range::Number(scale) => {
                    let bounds = [scale.min(), scale.max()].map(|it| Quantity::of(&scale, it));
                    let longest = bounds.into_iter().map(|it| it.to_string().len()).max();
                    longest.unwrap_or(0) + 1
                }
            };
            3 + output.name().len() + value
        });
        let buttons = descriptor.buttons().iter().map(|name| name.len() + CAP);
        Self {
            leds: FlowLayout::new(inner.width, leds),
            buttons: FlowLayout::new(inner.width, buttons),
        }
    }

    fn upper(&self, inner: Rect) -> Rect {
        let rows = self.led_rows(inner);
        Rect {
            height: rows,
            ..inner
        }
    }

    fn lower(&self, inner: Rect) -> Rect {
        let rows = self.led_rows(inner);
        Rect {
            y: inner.y + rows,
            height: inner.height - rows,
            ..inner
        }
    }

    /// If not all rows fit, buttons get up to half of them: a button that is not shown cannot
    /// be pressed.
    fn led_rows(&self, inner: Rect) -> u16 {
        let buttons = self.buttons.rows().min(inner.height.div_ceil(2));
        self.leds.rows().min(inner.height - buttons)
    }
}

/// Cells in a row, wrapped to as many rows as they need.
struct FlowLayout {
    /// The cells, relative to the area.
    cells: Vec<Rect>,
}

impl FlowLayout {
    /// Each cell is one column wider than its content, and no wider than the area.
    fn new(space: u16, contents: impl Iterator<Item = usize>) -> Self {
        let space = space.max(1);
        let (mut x, mut y) = (0_u16, 0_u16);
        let mut cells = Vec::new();
        for content in contents {
            let width = u16::try_from(content + 1).unwrap_or(u16::MAX).min(space);
            if x + width > space {
                x = 0;
                y = y.saturating_add(1);
            }
            cells.push(Rect::new(x, y, width, 1));
            x += width;
        }
        Self { cells }
    }

    fn rows(&self) -> u16 {
        self.cells.last().map_or(0, |cell| cell.bottom())
    }

    /// The cells that fit into an area.
    fn fitting(&self, area: Rect) -> impl Iterator<Item = Rect> {
        let fits = move |cell: &&Rect| cell.bottom() <= area.height;
        self.cells.iter().take_while(fits).map(move |cell| Rect {
            x: area.x + cell.x,
            y: area.y + cell.y,
            ..*cell
        })
    }
}
