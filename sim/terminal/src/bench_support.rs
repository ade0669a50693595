//! The simulator without a terminal, for benchmarks.

use std::io::{self, Sink, sink};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use lockstep_core::time::RunTicks;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::TerminalError;
use super::appearance::Appearance;
use super::file_system::NoFiles;
use super::theme::Theme;
use super::ui_state::UiState;
use super::view;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;

/// A simulator whose frames become escape sequences that are discarded.
pub struct HeadlessUi {
    ui: UiState,
    terminal: Terminal<CrosstermBackend<Sink>>,
    area: Rect,
}

impl HeadlessUi {
    /// A simulator at the end of a run, playing on from there.
    ///
    /// # Errors
    ///
    /// A [`TerminalError`] when it cannot be played.
    pub fn new(
        registry: Registry,
        app: &AppEntry,
        script: &Script,
        (columns, rows): (u16, u16),
    ) -> Result<Self, TerminalError> {
        let mut ui = UiState::new(registry, app, script, Theme::new(Appearance::default()))?;
        ui.move_to(ui.end());
        ui.playing = true;
        let area = Rect::new(0, 0, columns, rows);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let terminal = Terminal::with_options(CrosstermBackend::new(sink()), options)?;
        Ok(Self { ui, terminal, area })
    }

    /// Presses the key of a character.
    pub fn key(&mut self, typed: char) {
        let event = KeyEvent::new(KeyCode::Char(typed), KeyModifiers::NONE);
        self.ui.key(event, &mut NoFiles);
    }

    /// Moves the cursor to a tick in the past.
    pub fn jump(&mut self, tick: RunTicks) {
        self.ui.move_to(tick);
    }

    /// Plays what is due after this much real time. How long that took is passed to
    /// [`HeadlessUi::record_play_time`].
    pub fn advance_clock(&mut self, elapsed: Duration) -> RunTicks {
        self.ui.advance_clock(elapsed)
    }

    /// Records how long playing took.
    pub fn record_play_time(&mut self, ticks: RunTicks, elapsed: Duration, took: Duration) {
        self.ui.record_play_time(ticks, elapsed, took);
    }

    /// Draws a frame.
    ///
    /// # Errors
    ///
    /// An [`io::Error`], which a sink never returns.
    pub fn draw(&mut self) -> io::Result<()> {
        self.ui.fit(self.area);
        let ui = &self.ui;
        self.terminal.draw(|frame| view::draw(ui, frame)).map(drop)
    }

    /// The last tick that was played.
    #[must_use]
    pub fn end(&self) -> RunTicks {
        self.ui.end()
    }
}
