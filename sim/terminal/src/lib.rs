//! The simulator in the terminal: a view on a timeline.
//!
//! - `ui_state` is the state of the UI, `dispatch` and what it calls change it, and `view`
//!   draws it. None of them uses a terminal or a clock.
//! - `terminal` runs them on the real terminal, [`screenshot`] without one.
//! - [`ProcessHooks`] has what is process-wide, and is installed by the program.

mod appearance;
mod background;
#[doc(hidden)]
pub mod bench_support;
mod branches;
mod console;
mod controls;
mod dispatch;
mod file_system;
mod glyph_set;
mod held_buttons;
mod input;
mod key_bindings;
mod late_reply;
mod measurement;
mod menus;
mod navigation;
mod open;
mod overlay;
mod palette;
mod playback_speed;
mod process_hooks;
mod prompt;
mod questions;
mod rgb;
mod rule_watch;
mod save;
pub mod screenshot;
mod signal_history;
mod signal_list;
mod signal_memory;
mod state_rows;
mod terminal;
mod terminal_modes;
#[cfg(test)]
mod tests;
mod theme;
mod time_parser;
mod ui_state;
mod view;
mod zoom;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use appearance::{Appearance, Background, ColorDepth};
use lockstep_console::commands::Commands;
use lockstep_engine::load::LoadOptions;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use lockstep_engine::timeline::TimelineError;
use lockstep_engine::waveform::WaveformOptions;
pub use process_hooks::ProcessHooks;
use theme::Theme;
use ui_state::UiState;

/// What the simulator opens with.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The app to play.
    pub app: &'a AppEntry,
    /// A file to open instead.
    pub file: Option<&'a Path>,
    /// Rules that runs are held to, beside those that stand beside an opened file.
    pub rules: &'a [PathBuf],
    /// The same apps in this process, which questions to them are answered with: copies can be had of
    /// them.
    pub in_process: &'a Registry,
    /// The name of the app to play a file with that does not name one.
    pub requested_app: Option<&'a str>,
    /// What the file means, if it is a waveform.
    pub waveform: &'a WaveformOptions,
    /// The colors and glyphs.
    pub appearance: Appearance,
    /// How people call the programs that messages name.
    pub commands: &'a Commands,
}

/// Why the simulator returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// It was quit, or its terminal was closed.
    Quit,
    /// The process was asked to end by a signal.
    Interrupted,
}

/// The simulator cannot be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TerminalError {
    /// Standard input or output is not a terminal.
    #[error("the simulator needs a terminal as standard input and output")]
    NoTerminal,
    /// Reading from the terminal or writing to it failed.
    #[error("cannot use the terminal")]
    Io(#[from] io::Error),
    /// The app cannot be played.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
}

/// Shows the simulator until it is quit.
///
/// The terminal is given back whatever ends the simulator: quitting, an error, and, by
/// means of the hooks, a signal or a panic.
///
/// # Errors
///
/// A [`TerminalError`].
pub fn run(
    registry: &Registry,
    options: &Options<'_>,
    hooks: &ProcessHooks,
) -> Result<ExitReason, TerminalError> {
    if !terminal::is_available() {
        return Err(TerminalError::NoTerminal);
    }
    let theme = Theme::new(options.appearance);
    let mut ui = UiState::new(registry.clone(), options.app, &Script::default(), theme)?;
    ui.commands.clone_from(options.commands);
    ui.in_process = options.in_process.clone();
    match options.file {
        Some(file) => {
            let load = LoadOptions {
                app: options.requested_app,
                waveform: Some(options.waveform),
                ..LoadOptions::default()
            };
            terminal::open(&mut ui, file, &load);
        }
        None => ui.playing = true,
    }
    for path in options.rules {
        terminal::open(&mut ui, path, &LoadOptions::default());
    }
    Ok(terminal::run(&mut ui, hooks)?)
}
