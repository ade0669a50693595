//! The terminal UI: a view on a timeline.
//!
//! `ui` is everything the screen knows, `update` and what it calls is what keys do to it,
//! `view` draws it; none of them knows a terminal or a clock. `terminal` has both.

#[doc(hidden)]
pub mod bench_support;
mod branches;
mod dispatch;
mod held_buttons;
mod input;
mod key_bindings;
mod measurement;
mod menus;
mod navigation;
mod overlay;
mod playback_speed;
mod prompt;
mod save;
pub mod screenshot;
mod signal_history;
mod state_rows;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod time_parser;
mod ui_state;
mod view;
mod zoom;

use std::io;
use std::path::Path;

use thiserror::Error;

use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use lockstep_engine::timeline::TimelineError;
use theme::Theme;
use ui_state::UiState;

/// What the terminal UI opens with.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The app to play.
    pub app: &'a AppEntry,
    /// A file to open instead.
    pub file: Option<&'a Path>,
    /// The app that was asked for, where the file does not say its own.
    pub asked: Option<&'a str>,
    /// Whether to use color.
    pub color: bool,
    /// Whether to use glyphs beyond ASCII.
    pub unicode: bool,
}

/// Why the terminal UI came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// People quit it, or closed the terminal.
    Quit,
    /// The process was asked to end.
    Interrupted,
}

/// The terminal UI cannot be shown.
#[derive(Debug, Error)]
pub enum TerminalError {
    /// There is no terminal.
    #[error("this needs a terminal, and standard input or output is none")]
    NoTerminal,
    /// The terminal does not do what it should.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// The app cannot be played.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
}

/// Opens the terminal UI, and comes back when people quit it.
///
/// # Errors
///
/// A [`TerminalError`].
pub fn run(registry: &Registry, options: &Options<'_>) -> Result<ExitReason, TerminalError> {
    if !terminal::is_there() {
        return Err(TerminalError::NoTerminal);
    }
    let theme = Theme::new(options.color, options.unicode);
    let mut ui = UiState::new(registry.clone(), options.app, &Script::default(), theme)?;
    match options.file {
        Some(file) => terminal::open(&mut ui, file, options.asked),
        None => ui.playing = true,
    }
    Ok(terminal::run(&mut ui)?)
}
