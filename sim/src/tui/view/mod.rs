//! Draws the screen from what the UI knows.

mod board;
mod events;
mod footer;
mod overlay;
mod state;
mod waves;

use firmware_core::event::ButtonId;
use firmware_core::time::Ticks;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::keys::Pane;
use super::ui::Ui;
use super::update::branch_name;

/// The smallest screen that everything needed fits on.
const SMALLEST: (u16, u16) = (40, 12);

/// From this width on, panes stand beside each other.
const WIDE: u16 = 76;

/// Where everything is on a screen of some size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    title: Rect,
    board: Rect,
    state: Option<Rect>,
    waves: Option<Rect>,
    events: Option<Rect>,
    status: Rect,
    footer: Rect,
}

impl Screen {
    /// `None` where the screen is too small.
    pub(super) fn of(ui: &Ui, area: Rect) -> Option<Self> {
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
        if area.width < WIDE {
            return Some(Self::narrow(ui, title, body, status, footer));
        }
        let right = (body.width / 3).clamp(28, 60);
        let top_height = board::height(ui, body.width - right).clamp(5, body.height / 2);
        let [top, bottom] =
            Layout::vertical([Constraint::Length(top_height), Constraint::Fill(1)]).areas(body);
        let columns = [Constraint::Fill(1), Constraint::Length(right)];
        let [board, state] = Layout::horizontal(columns).areas(top);
        let [waves, events] = Layout::horizontal(columns).areas(bottom);
        Some(Self {
            title,
            board,
            state: Some(state),
            waves: Some(waves),
            events: Some(events),
            status,
            footer,
        })
    }

    /// The board, and below it the pane that has the focus.
    fn narrow(ui: &Ui, title: Rect, body: Rect, status: Rect, footer: Rect) -> Self {
        let height = board::height(ui, body.width).clamp(4, (body.height / 2).max(4));
        let [board, below] =
            Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(body);
        let shown = |pane: Pane| (ui.pane == pane).then_some(below);
        Self {
            title,
            board,
            state: shown(Pane::State),
            waves: shown(Pane::Waves).or(shown(Pane::Board)),
            events: shown(Pane::Events),
            status,
            footer,
        }
    }

    /// The columns that waves are drawn in.
    pub(super) fn wave_columns(&self, ui: &Ui) -> Option<u16> {
        self.waves.map(|area| waves::columns(ui, area))
    }

    /// The tick of the column at a place of the screen.
    pub(super) fn tick_at(&self, ui: &Ui, position: Position) -> Option<Ticks> {
        let area = self.waves.filter(|area| area.contains(position))?;
        waves::tick_at(ui, area, position)
    }

    /// The button drawn at a place of the screen.
    pub(super) fn button_at(&self, ui: &Ui, position: Position) -> Option<ButtonId> {
        let buttons = board::buttons(ui, self.board);
        let found = buttons.iter().find(|(_, area)| area.contains(position));
        found.map(|(button, _)| *button)
    }

    /// The pane at a place of the screen.
    pub(super) fn pane_at(&self, position: Position) -> Option<Pane> {
        [
            (Pane::Board, Some(self.board)),
            (Pane::State, self.state),
            (Pane::Waves, self.waves),
            (Pane::Events, self.events),
        ]
        .into_iter()
        .find(|(_, area)| area.is_some_and(|area| area.contains(position)))
        .map(|(pane, _)| pane)
    }
}

/// Draws the whole screen.
pub(super) fn draw(ui: &Ui, frame: &mut Frame<'_>) {
    let area = frame.area();
    let Some(screen) = Screen::of(ui, area) else {
        let text = format!(
            "This terminal is {}x{}; the simulator needs {}x{}.",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        frame.render_widget(Paragraph::new(text).wrap(Default::default()), area);
        return;
    };
    frame.render_widget(title(ui), screen.title);
    board::draw(ui, screen.board, frame);
    if let Some(area) = screen.state {
        state::draw(ui, area, frame);
    }
    if let Some(area) = screen.waves {
        waves::draw(ui, area, frame);
    }
    if let Some(area) = screen.events {
        events::draw(ui, area, frame);
    }
    footer::draw_status(ui, screen.status, frame);
    footer::draw_keys(ui, screen.footer, frame);
    overlay::draw(ui, area, frame);
}

fn title(ui: &Ui) -> Line<'_> {
    let signs = ui.theme.signs();
    let state = if ui.playing { signs.play } else { signs.pause };
    let achieved = match ui.pace.achieved().filter(|_| ui.playing) {
        Some(achieved) => format!(" (real {})", times(achieved)),
        None => String::new(),
    };
    let edge = if ui.at_end() {
        String::new()
    } else {
        format!(" of {}", clock(ui.end()))
    };
    let branch = match ui.timeline.branches().len() {
        1 => String::new(),
        count => format!("  {} of {count}", branch_name(ui.timeline.current())),
    };
    Line::from(vec![
        Span::styled(
            format!(" {} ", ui.timeline.app().interface().name),
            ui.theme.selected(),
        ),
        Span::raw(format!(
            " {}{edge}  {state} {}{achieved}",
            clock(ui.cursor),
            ui.pace
        )),
        Span::styled(branch, ui.theme.accent()),
    ])
}

/// A pane's frame, marked where it has the focus.
fn frame_of(ui: &Ui, pane: Pane, title: &str) -> Block<'static> {
    let focused = ui.pane == pane;
    let border = match (ui.theme.is_unicode(), focused) {
        (true, true) => BorderType::Thick,
        (true, false) => BorderType::Plain,
        (false, _) => BorderType::Plain,
    };
    let block = Block::bordered().border_type(border);
    let block = if ui.theme.is_unicode() {
        block
    } else {
        block.border_set(ASCII_BORDER)
    };
    let mark = if focused { "*" } else { " " };
    let block = block.title(format!("{mark}{title} "));
    if focused {
        block.border_style(ui.theme.accent())
    } else {
        block.border_style(ui.theme.quiet())
    }
}

const ASCII_BORDER: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// A tick as people read time: `1:02:03.456`, `0:03.456`.
fn clock(tick: Ticks) -> String {
    let ms = tick.0;
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    let (seconds, rest) = (ms / 1_000 % 60, ms % 1_000);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}.{rest:03}")
    } else {
        format!("{minutes}:{seconds:02}.{rest:03}")
    }
}

/// A speed as people read it: `0.02x`, `1.0x`, `113000x`.
fn times(speed: f64) -> String {
    if speed < 0.1 {
        format!("{speed:.3}x")
    } else if speed < 100.0 {
        format!("{speed:.2}x")
    } else {
        format!("{speed:.0}x")
    }
}
