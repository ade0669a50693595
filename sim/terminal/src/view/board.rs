//! The board pane: LEDs, buttons to press, and the other controls.

mod console;
mod matrix;
mod slider;

use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::output::Range;
use lockstep_engine::scenario::quantity::Quantity;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::shorten;
use super::{PaneSlot, draw_frame};
use crate::console::last_lines;
use crate::controls::Control;
use crate::key_bindings::Pane;
use crate::ui_state::{BoardViewport, UiState};
pub(super) use slider::number_at;

/// The columns around a button's name: `[ A ] a down` and a blank on both sides.
const CAP: usize = 12;

/// The most lines of a serial line that are shown.
const MOST_LINES: usize = 10;

/// Something on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BoardItem {
    /// An LED, by the index of its output.
    Led(usize),
    /// A button, by its index among those that can be pressed.
    Button(usize),
    Control(Control),
    /// A line of a matrix's picture, by its index.
    MatrixLine(usize, usize),
    /// A line of a serial line's console, counted from the first one that is shown.
    ConsoleLine(SerialId, usize),
}

/// The rows that the board needs in an area of this width, with its border.
pub(super) fn height(ui: &UiState, slot: PaneSlot) -> u16 {
    let inner = slot.inner();
    let frame = slot.area.height - inner.height;
    let lines = (usize::from(slot.area.height) / 5).clamp(2, MOST_LINES);
    BoardLayout::new(ui, inner.width, lines)
        .rows
        .saturating_add(frame)
}

pub(super) fn draw(ui: &UiState, slot: PaneSlot, frame: &mut Frame<'_>) {
    let inner = slot.inner();
    let board = BoardLayout::fitting(ui, inner);
    let title = match usize::from(board.rows.saturating_sub(inner.height)) {
        0 => Pane::Board.title().to_owned(),
        _ => format!(
            "{}, rows {}-{} of {}",
            Pane::Board.title(),
            ui.board.first + 1,
            ui.board.first + usize::from(inner.height),
            board.rows
        ),
    };
    draw_frame(ui, Pane::Board, &title, slot, frame);
    let lines = (0..).map(SerialId).zip(ui.descriptor().serial_lines());
    let consoles: Vec<_> = lines
        .map(|(id, _)| last_lines(ui, id, board.lines))
        .collect();
    let matrices = 0..ui.descriptor().matrices().len();
    let entries = ui.trace().entries();
    let pictures: Vec<_> = matrices
        .map(|index| ui.signals.picture(index, ui.cursor, entries))
        .collect();
    for (item, cell) in board.visible(ui, inner) {
        let line = match item {
            BoardItem::Led(index) => led(ui, index, cell.width),
            BoardItem::Button(index) => key_cap(ui, index, cell.width),
            BoardItem::MatrixLine(index, line) => {
                let picture = pictures.get(index).and_then(Option::as_ref);
                picture.map_or(Line::default(), |it| matrix::line(ui, it, line, cell.width))
            }
            BoardItem::Control(Control::Number(id)) => slider::row(ui, id, cell.width),
            BoardItem::Control(Control::Encoder(id)) => encoder(ui, id, cell.width),
            BoardItem::Control(Control::Serial(id)) => console::heading(ui, id, cell.width),
            BoardItem::ConsoleLine(id, index) => {
                let lines = consoles.get(usize::from(id.0));
                let line = lines.and_then(|lines| lines.get(index));
                line.map_or(Line::default(), |line| console::row(ui, line, cell.width))
            }
        };
        frame.render_widget(line, cell);
    }
}

/// Where the buttons are drawn.
pub(super) fn button_at(ui: &UiState, inner: Rect, position: Position) -> Option<ButtonId> {
    match item_at(ui, inner, position)?.0 {
        BoardItem::Button(index) => ui.buttons.get(index).copied(),
        _ => None,
    }
}

/// The control at a position; the console of a serial line belongs to it.
pub(super) fn control_at(ui: &UiState, inner: Rect, position: Position) -> Option<Control> {
    match item_at(ui, inner, position)?.0 {
        BoardItem::Control(control) => Some(control),
        BoardItem::ConsoleLine(id, _) => Some(Control::Serial(id)),
        BoardItem::Led(_) | BoardItem::Button(_) | BoardItem::MatrixLine(..) => None,
    }
}

/// The number input whose bar is at a position.
pub(super) fn slider_at(ui: &UiState, inner: Rect, position: Position) -> Option<NumberId> {
    let (item, cell) = item_at(ui, inner, position)?;
    match item {
        BoardItem::Control(Control::Number(id)) => {
            let bar = slider::bar(ui, cell.width)?;
            let from = cell.x + bar.start;
            (from..cell.x + bar.end).contains(&position.x).then_some(id)
        }
        _ => None,
    }
}

fn item_at(ui: &UiState, inner: Rect, position: Position) -> Option<(BoardItem, Rect)> {
    let board = BoardLayout::fitting(ui, inner);
    let mut visible = board.visible(ui, inner);
    visible.find(|(_, cell)| cell.contains(position))
}

/// The scroll position, limited to the last one, and moved to the selected control where that is
/// wanted.
pub(super) fn fitted(ui: &UiState, inner: Rect) -> BoardViewport {
    let board = BoardLayout::fitting(ui, inner);
    let height = usize::from(inner.height);
    let last_first = usize::from(board.rows).saturating_sub(height);
    let mut first = ui.board.first;
    if ui.board.reveals_selected
        && let Some((top, bottom)) = ui.selected_control().and_then(|it| board.span(it))
    {
        let lowest = bottom.saturating_sub(height);
        first = first.max(lowest).min(top);
    }
    BoardViewport {
        first: first.min(last_first),
        last_first,
        reveals_selected: false,
        ..ui.board
    }
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

fn key_cap(ui: &UiState, index: usize, width: u16) -> Line<'static> {
    let Some(button) = ui.buttons.get(index).copied() else {
        return Line::default();
    };
    let room = usize::from(width).saturating_sub(CAP);
    let name = shorten(ui.button_name(button), room, ui.theme.glyphs().gap);
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

/// An encoder: how far it was turned, and its contacts.
fn encoder(ui: &UiState, id: u8, width: u16) -> Line<'static> {
    let Some(encoder) = ui.descriptor().encoders().get(usize::from(id)) else {
        return Line::default();
    };
    let glyphs = ui.theme.glyphs();
    let contact = |button| match ui.snapshot.is_closed(button) {
        true => glyphs.led_on,
        false => glyphs.led_off,
    };
    let (a, b) = (contact(encoder.a()), contact(encoder.b()));
    let clicks = ui.signals.clicks(usize::from(id), ui.cursor);
    let noun = if clicks.abs() == 1 { "click" } else { "clicks" };
    let state = format!("{clicks:+} {noun}  {a} {b}");
    let control = Control::Encoder(id);
    let name = control_name(ui, control, encoder.name(), width);
    Line::from(vec![
        Span::styled(name, control_style(ui, control)),
        Span::raw(state),
    ])
}

/// The marker and the name of a control, padded to those of the others.
fn control_name(ui: &UiState, control: Control, name: &str, width: u16) -> String {
    let glyphs = ui.theme.glyphs();
    let sign = match ui.selected_control() == Some(control) {
        true => glyphs.selected,
        false => ' ',
    };
    let columns = name_columns(ui, width);
    let name = shorten(name, columns, glyphs.gap);
    format!("{sign}{name:<columns$} ")
}

fn control_style(ui: &UiState, control: Control) -> Style {
    match ui.selected_control() == Some(control) {
        true => ui.theme.accent(),
        false => Style::new(),
    }
}

/// The columns of the names of controls: as many as the longest has, up to a third of the width.
fn name_columns(ui: &UiState, width: u16) -> usize {
    let descriptor = ui.descriptor();
    let numbers = descriptor.numbers().iter().map(|it| it.name());
    let encoders = descriptor.encoders().iter().map(|it| it.name());
    let lines = descriptor.serial_lines().iter().map(|it| it.name());
    let names = numbers.chain(encoders).chain(lines);
    let longest = names.map(str::len).max().unwrap_or(0);
    longest.min(usize::from(width) / 3)
}

/// The key that presses a button in the pane that has the focus, if it has one; the button by its
/// index among those that can be pressed.
pub(super) fn key_of(ui: &UiState, index: usize) -> Option<char> {
    let letter = ui.letters.get(index).copied().flatten();
    let digit = || {
        let number = u32::try_from(index).ok()? + 1;
        char::from_digit(number, 10)
    };
    letter.filter(|_| ui.pane == Pane::Board).or_else(digit)
}

/// What is on the board, row by row: LEDs, buttons, and the other controls.
struct BoardLayout {
    items: Vec<(BoardItem, Rect)>,
    rows: u16,
    /// The lines of each serial line.
    lines: usize,
}

impl BoardLayout {
    /// With as many lines of each serial line as there is room for in this area, at least one.
    fn fitting(ui: &UiState, inner: Rect) -> Self {
        let lines = ui.descriptor().serial_lines().len().max(1);
        let others = usize::from(Self::new(ui, inner.width, 0).rows);
        let room = usize::from(inner.height).saturating_sub(others);
        Self::new(ui, inner.width, (room / lines).clamp(1, MOST_LINES))
    }

    fn new(ui: &UiState, width: u16, lines: usize) -> Self {
        let mut board = Self {
            items: Vec::new(),
            rows: 0,
            lines,
        };
        let outputs = ui.descriptor().outputs().iter();
        let leds = outputs.map(|output| 3 + output.name().len() + value_columns(output.range()));
        board.flow(width, leds, BoardItem::Led);
        for (index, matrix) in ui.descriptor().matrices().iter().enumerate() {
            for line in 0..matrix::lines(ui, matrix) {
                board.row(width, BoardItem::MatrixLine(index, line));
            }
        }
        let names = ui.buttons.iter().map(|button| ui.button_name(*button));
        let caps = names.map(|name| name.len() + CAP);
        board.flow(width, caps, BoardItem::Button);
        for control in &ui.controls {
            board.row(width, BoardItem::Control(*control));
            if let Control::Serial(id) = *control {
                for line in 0..lines {
                    board.row(width, BoardItem::ConsoleLine(id, line));
                }
            }
        }
        board
    }

    /// Cells in a row, wrapped to as many rows as they need. Each is one column wider than its
    /// content, and no wider than the area.
    fn flow(
        &mut self,
        width: u16,
        contents: impl Iterator<Item = usize>,
        item: impl Fn(usize) -> BoardItem,
    ) {
        let space = width.max(1);
        let mut x = 0;
        for (index, content) in contents.enumerate() {
            let width = u16::try_from(content + 1).unwrap_or(u16::MAX).min(space);
            if index == 0 || x + width > space {
                x = 0;
                self.rows = self.rows.saturating_add(1);
            }
            let cell = Rect::new(x, self.rows - 1, width, 1);
            self.items.push((item(index), cell));
            x += width;
        }
    }

    fn row(&mut self, width: u16, item: BoardItem) {
        self.items.push((item, Rect::new(0, self.rows, width, 1)));
        self.rows = self.rows.saturating_add(1);
    }

    /// The items that are visible in an area, and where.
    fn visible(&self, ui: &UiState, inner: Rect) -> impl Iterator<Item = (BoardItem, Rect)> {
        let first = u16::try_from(ui.board.first).unwrap_or(u16::MAX);
        self.items.iter().filter_map(move |(item, cell)| {
            let y = cell.y.checked_sub(first)?;
            let cell = Rect {
                x: inner.x + cell.x,
                y: inner.y.saturating_add(y),
                ..*cell
            };
            (y < inner.height).then_some((*item, cell))
        })
    }

    /// The first row of a control, and the one after its last.
    fn span(&self, control: Control) -> Option<(usize, usize)> {
        let is_of = |item: BoardItem| match (item, control) {
            (BoardItem::ConsoleLine(id, _), Control::Serial(of)) => id == of,
            (item, control) => item == BoardItem::Control(control),
        };
        let mut rows = self.items.iter().filter(|(item, _)| is_of(*item));
        let (_, first) = rows.next()?;
        let last = rows.next_back().map_or(first, |(_, last)| last);
        Some((first.y.into(), last.bottom().into()))
    }
}

/// The columns of an output's value, and of the blank before it.
fn value_columns(range: Range) -> usize {
    match range {
        Range::Digital => 0,
        Range::Analog { max } => max.to_string().len() + 1,
        Range::Number(scale) => quantity_columns(&scale) + 1,
    }
}

/// The columns of the longest number of a scale, with its unit.
fn quantity_columns(scale: &lockstep_core::ports::Scale) -> usize {
    let bounds = [scale.min(), scale.max()].map(|it| Quantity::of(scale, it));
    let longest = bounds.map(|bound| bound.to_string().len());
    longest.into_iter().max().unwrap_or(0)
}
