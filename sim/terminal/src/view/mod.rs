//! Draws the screen from the state of the UI.

mod board;
mod events;
mod footer;
mod map;
mod overlay;
mod packets;
mod state;
mod text;
mod title;
mod waves;

use lockstep_core::event::{ButtonId, NumberId};
use lockstep_core::time::{RunTicks, TickPeriod};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::symbols::border::{self, PLAIN, THICK};
use ratatui::widgets::{Block, Borders, Paragraph, Wrap};

use super::controls::Control;
use super::key_bindings::Pane;
use super::ui_state::{BoardViewport, UiState};
pub(super) use map::map_scroll;
pub(super) use overlay::last_help_scroll;
use text::shorten;

/// The smallest screen that the simulator can be used on.
const SMALLEST: (u16, u16) = (40, 12);

/// From this width on, panes are side by side.
const WIDE: u16 = 76;

/// Below this height, panes have a line above them instead of a border around them.
const TALL: u16 = 20;

/// The area of a pane, and the sides on which it has a border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PaneSlot {
    area: Rect,
    sides: Borders,
}

impl PaneSlot {
    fn inner(self) -> Rect {
        Block::new().borders(self.sides).inner(self.area)
    }
}

/// Where everything is on a screen of a given size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScreenLayout {
    title: Rect,
    board: PaneSlot,
    state: Option<PaneSlot>,
    waves: Option<PaneSlot>,
    events: Option<PaneSlot>,
    status: Rect,
    footer: Rect,
}

impl ScreenLayout {
    /// `None` where the screen is too small.
    pub(super) fn of(ui: &UiState, area: Rect) -> Option<Self> {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return None;
        }
        let [title, body, status, footer] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let sides = if area.height < TALL {
            Borders::TOP
        } else {
            Borders::ALL
        };
        let bare = Self {
            title,
            board: PaneSlot { area: body, sides },
            state: None,
            waves: None,
            events: None,
            status,
            footer,
        };
        Some(if area.width < WIDE {
            bare.narrow(ui)
        } else {
            bare.wide(ui)
        })
    }

    /// Two columns: the board and the waves on the left, the state and the events on the
    /// right.
    fn wide(self, ui: &UiState) -> Self {
        let PaneSlot { area: body, sides } = self.board;
        let right = (body.width / 3).clamp(28, 60);
        let [left, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(right)]).areas(body);
        let left = PaneSlot { area: left, sides };
        let right = PaneSlot {
            area: right,
            sides: sides | Borders::LEFT,
        };
        let [board, waves] = left.split(board::height(ui, left).min(body.height / 2));
        let [state, events] = right.split(body.height * 2 / 5);
        Self {
            board,
            state: Some(state),
            waves: Some(waves),
            events: Some(events),
            ..self
        }
    }

    /// The board, and below it the pane that has the focus.
    fn narrow(self, ui: &UiState) -> Self {
        let body = self.board;
        // The board may take most of the screen while it has the focus.
        let most = if ui.pane == Pane::Board {
            body.area.height - 3
        } else {
            body.area.height / 2
        };
        let [board, below] = body.split(board::height(ui, body).min(most));
        let shown = |pane: Pane| (ui.pane == pane).then_some(below);
        Self {
            board,
            state: shown(Pane::State),
            waves: shown(Pane::Waves).or(shown(Pane::Board)),
            events: shown(Pane::Events),
            ..self
        }
    }

    /// The columns that waves are drawn in.
    pub(super) fn wave_columns(&self, ui: &UiState) -> Option<u16> {
        self.waves.map(|slot| waves::columns(ui, slot.inner()))
    }

    /// The last scroll position of the state.
    pub(super) fn last_state_scroll(&self, ui: &UiState) -> Option<usize> {
        self.state.map(|slot| state::last_scroll(ui, slot.inner()))
    }

    /// The tick of the wave column at a position.
    pub(super) fn tick_at(&self, ui: &UiState, position: Position) -> Option<RunTicks> {
        let area = self.waves?.inner();
        area.contains(position)
            .then(|| waves::tick_at(ui, area, position))?
    }

    /// The signal at a position, by its index.
    pub(super) fn signal_at(&self, ui: &UiState, position: Position) -> Option<usize> {
        let area = self.waves?.inner();
        area.contains(position)
            .then(|| waves::signal_at(ui, area, position))?
    }

    /// The button at a position.
    pub(super) fn button_at(&self, ui: &UiState, position: Position) -> Option<ButtonId> {
        board::button_at(ui, self.board.inner(), position)
    }

    /// The control at a position of the board, other than a button.
    pub(super) fn control_at(&self, ui: &UiState, position: Position) -> Option<Control> {
        board::control_at(ui, self.board.inner(), position)
    }

    /// The number input whose bar is at a position.
    pub(super) fn slider_at(&self, ui: &UiState, position: Position) -> Option<NumberId> {
        board::slider_at(ui, self.board.inner(), position)
    }

    /// The number that the bar of a number input has at a position, or at its nearest end.
    pub(super) fn number_at(&self, ui: &UiState, id: NumberId, at: Position) -> Option<i32> {
        board::number_at(ui, id, self.board.inner(), at)
    }

    /// The part of the board that is visible, limited to what there is.
    pub(super) fn fit_board(&self, ui: &UiState) -> BoardViewport {
        board::fitted(ui, self.board.inner())
    }

    /// The pane at a position.
    pub(super) fn pane_at(&self, position: Position) -> Option<Pane> {
        [
            (Pane::Board, Some(self.board)),
            (Pane::State, self.state),
            (Pane::Waves, self.waves),
            (Pane::Events, self.events),
        ]
        .into_iter()
        .find(|(_, slot)| slot.is_some_and(|slot| slot.area.contains(position)))
        .map(|(pane, _)| pane)
    }
}

impl PaneSlot {
    /// Splits the area into an upper one with this many rows, and a lower one.
    fn split(self, rows: u16) -> [Self; 2] {
        let rows = [Constraint::Length(rows), Constraint::Fill(1)];
        Layout::vertical(rows)
            .areas(self.area)
            .map(|area| Self { area, ..self })
    }
}

/// Draws the whole screen.
pub(super) fn draw(ui: &UiState, frame: &mut Frame<'_>) {
    let area = frame.area();
    let Some(screen) = ScreenLayout::of(ui, area) else {
        let text = format!(
            "This terminal is {}x{}; the simulator needs {}x{}. Ctrl-c quits.",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    };
    frame.render_widget(title::line(ui, screen.title.width), screen.title);
    board::draw(ui, screen.board, frame);
    if let Some(slot) = screen.state {
        state::draw(ui, slot, frame);
    }
    if let Some(slot) = screen.waves {
        waves::draw(ui, slot, frame);
    }
    if let Some(slot) = screen.events {
        events::draw(ui, slot, frame);
    }
    overlay::draw(ui, area, frame);
    footer::draw_status(ui, screen.status, frame);
    footer::draw_keys(ui, screen.footer, frame);
}

/// Draws the border of a pane, marked if the pane has the focus, and returns the area inside
/// it.
fn draw_frame(
    ui: &UiState,
    pane: Pane,
    title: &str,
    slot: PaneSlot,
    frame: &mut Frame<'_>,
) -> Rect {
    let focused = ui.pane == pane;
    let border = match (ui.theme.is_unicode(), focused) {
        (true, true) => THICK,
        (true, false) => PLAIN,
        (false, true) => ASCII_FOCUS,
        (false, false) => ASCII_BORDER,
    };
    let style = if focused {
        ui.theme.accent()
    } else {
        ui.theme.quiet()
    };
    let mark = if focused { "*" } else { " " };
    let title = shorten(
        title,
        usize::from(slot.area.width.saturating_sub(4)),
        ui.theme.glyphs().gap,
    );
    let block = Block::new()
        .borders(slot.sides)
        .border_set(border)
        .border_style(style)
        .title(format!("{mark}{title} "));
    frame.render_widget(block, slot.area);
    slot.inner()
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The border of the pane that has the focus, in ASCII.
const ASCII_FOCUS: border::Set<'static> = border::Set {
    horizontal_top: "=",
    horizontal_bottom: "=",
    ..ASCII_BORDER
};

/// A tick as a time: `1:02:03.456`, `0:03.456`.
pub(super) fn clock(tick: RunTicks, period: TickPeriod) -> String {
    let us = u128::from(tick.0) * u128::from(period.as_us());
    let (hours, minutes) = (us / 3_600_000_000, us / 60_000_000 % 60);
    let (seconds, rest) = (us / 1_000_000 % 60, us % 1_000_000);
    let hours = match hours {
        0 => String::new(),
        hours => format!("{hours}:"),
    };
    let minutes = match hours.is_empty() {
        true => minutes.to_string(),
        false => format!("{minutes:02}"),
    };
    // As many places as the ticks need.
    let rest = match period.as_us().is_multiple_of(1_000) {
        true => format!("{:03}", rest / 1_000),
        false => format!("{rest:06}"),
    };
    format!("{hours}{minutes}:{seconds:02}.{rest}")
}
