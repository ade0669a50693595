//! Screenshots and casts of the simulator, made without a terminal.
//!
//! Both are drawn from the same state and by the same code as the screen.

mod ansi;
mod cast;
mod cell_paint;
mod glyph_shapes;
mod key_script;
mod schedule;
mod svg;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lockstep_core::time::{Length, RunTicks};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use thiserror::Error;

pub use super::key_bindings::Pane;
pub use cast::{CastOptions, cast};
pub use key_script::{KeyScript, KeyScriptError};
pub use schedule::{LONGEST, MAX_FPS};

use super::appearance::{Appearance, Background};
use super::key_bindings::UiCommand;
use super::theme::Theme;
use super::ui_state::UiState;
use super::view;
use lockstep_engine::load::LoadedScript;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::duration::ticks_of;
use lockstep_engine::script::Script;
use lockstep_engine::timeline::TimelineError;

/// The columns and rows of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenSize {
    /// The number of columns.
    columns: u16,
    /// The number of rows.
    rows: u16,
}

impl ScreenSize {
    /// The smallest screenshot, which is the smallest screen.
    pub const MIN: Self = Self::of(40, 12);
    /// The largest screenshot.
    pub const MAX: Self = Self::of(300, 100);

    const fn of(columns: u16, rows: u16) -> Self {
        Self { columns, rows }
    }

    fn area(self) -> Rect {
        Rect::new(0, 0, self.columns, self.rows)
    }
}

impl fmt::Display for ScreenSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.columns, self.rows)
    }
}

/// A text is not the size of a screenshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "expected a size from {} to {}, such as 100x30",
    ScreenSize::MIN,
    ScreenSize::MAX
)]
#[non_exhaustive]
pub struct ScreenSizeError;

impl FromStr for ScreenSize {
    type Err = ScreenSizeError;

    /// Parses `100x30`.
    fn from_str(text: &str) -> Result<Self, ScreenSizeError> {
        let (columns, rows) = text.split_once('x').ok_or(ScreenSizeError)?;
        let number = |text: &str| text.parse().map_err(|_| ScreenSizeError);
        let size = Self::of(number(columns)?, number(rows)?);
        let fits = (Self::MIN.columns..=Self::MAX.columns).contains(&size.columns)
            && (Self::MIN.rows..=Self::MAX.rows).contains(&size.rows);
        if fits { Ok(size) } else { Err(ScreenSizeError) }
    }
}

/// The time in a column of the waves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// So that the whole run fits.
    Fit,
    /// This many ticks.
    Column(u64),
    /// This long.
    Time(Duration),
}

/// How a screen is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenOptions {
    /// The size.
    pub size: ScreenSize,
    /// The pane that has the focus.
    pub pane: Pane,
    /// The zoom of the waves, if not the default one.
    pub zoom: Option<Zoom>,
    /// The colors and glyphs.
    pub appearance: Appearance,
}

/// A screenshot cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScreenshotError {
    /// The app cannot be played.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The time is after the end of the run.
    #[error("the run ends at {end}, before {at}")]
    AfterEnd {
        /// The time that was asked for.
        at: Length,
        /// The last tick there is.
        end: Length,
    },
    /// The cast would be too long.
    #[error(
        "this cast would be longer than {} min, the most that is allowed; raise the speed",
        LONGEST.as_secs() / 60
    )]
    TooLong,
    /// The cast would have too many screens of this size.
    #[error(
        "the screens of this cast have more than {} cells together: choose a smaller size, \
         fewer frames a second or a higher speed",
        cast::MAX_CELLS
    )]
    TooLarge,
    /// The simulator does not have this speed.
    #[error("there is no speed {asked}x; expected {known}")]
    NoSuchSpeed {
        /// The speed that was asked for.
        asked: f64,
        /// The speeds there are.
        known: String,
    },
}

/// A screen, drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screenshot {
    screen: Buffer,
    title: String,
    background: Background,
}

/// Longer than the afterglow of an LED.
const DARK_AGAIN: Duration = Duration::from_secs(1);

/// The screen at a time of a run, as after a step to it: what changed in that tick is marked.
/// The default time is the first failed expectation, or else the end of the run.
///
/// # Errors
///
/// A [`ScreenshotError`].
pub fn shot(
    registry: &Registry,
    name: &str,
    loaded: &LoadedScript,
    options: &ScreenOptions,
    at: Option<RunTicks>,
) -> Result<Screenshot, ScreenshotError> {
    let mut ui = opened(registry, loaded, options)?;
    ui.show(name, loaded)?;
    let failed = ui.failures.first().map(|failed| failed.tick);
    let told = ui
        .message
        .take()
        .filter(|_| at.is_none() && failed.is_some());
    let end = ui.end();
    let at = at.or(failed).unwrap_or(end);
    if at > end {
        let [at, end] = [at, end].map(|tick| ui.length(tick));
        return Err(ScreenshotError::AfterEnd { at, end });
    }
    ui.move_to(at.saturating_sub(RunTicks(1)));
    ui.advance_clock(DARK_AGAIN);
    ui.message = told;
    ui.fit(options.size.area());
    zoom(&mut ui, options.zoom);
    ui.move_to(at);
    // No afterglow of the tick before.
    ui.advance_clock(DARK_AGAIN);
    Ok(Screenshot {
        title: format!(
            "{} at {}: {} in the terminal simulator",
            loaded.app.descriptor().name(),
            ui.length(at),
            file_name(name)
        ),
        screen: draw_screen(&mut ui, options.size),
        background: options.appearance.background,
    })
}

/// The screen after pressing keys: in a run that was loaded, or in an app from its start.
///
/// # Errors
///
/// A [`ScreenshotError`].
pub fn shot_after(
    registry: &Registry,
    run: Result<(&str, &LoadedScript), &AppEntry>,
    options: &ScreenOptions,
    keys: &KeyScript,
) -> Result<Screenshot, ScreenshotError> {
    let theme = Theme::new(options.appearance);
    let app = run.map_or_else(|app| app, |(_, loaded)| &loaded.app);
    let mut ui = UiState::new(registry.clone(), app, &Script::default(), theme)?;
    match run {
        Ok((name, loaded)) => ui.show(name, loaded)?,
        Err(_) => ui.playing = true,
    }
    ui.pane = options.pane;
    ui.fit(options.size.area());
    zoom(&mut ui, options.zoom);
    keys.play(&mut ui);
    let now = ui.length(ui.cursor);
    Ok(Screenshot {
        title: format!(
            "{} at {now} in the terminal simulator",
            app.descriptor().name(),
        ),
        screen: draw_screen(&mut ui, options.size),
        background: options.appearance.background,
    })
}

impl Screenshot {
    /// The screenshot as SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::svg(&self.screen, &self.title, self.background)
    }

    /// The screenshot as text, without spaces at the ends of lines.
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.screen)
    }
}

/// The state of the UI with this run and these options, at tick 0.
fn opened(
    registry: &Registry,
    loaded: &LoadedScript,
    options: &ScreenOptions,
) -> Result<UiState, ScreenshotError> {
    let theme = Theme::new(options.appearance);
    let mut ui = UiState::new(registry.clone(), &loaded.app, &loaded.script, theme)?;
    ui.pane = options.pane;
    Ok(ui)
}

fn zoom(ui: &mut UiState, zoom: Option<Zoom>) {
    match zoom {
        None => {}
        Some(Zoom::Fit) => ui.command(UiCommand::ZoomFit),
        Some(Zoom::Column(ticks)) => zoom_to(ui, ticks),
        Some(Zoom::Time(time)) => zoom_to(ui, ticks_of(time, ui.tick_period()).0),
    }
}

fn zoom_to(ui: &mut UiState, ticks: u64) {
    ui.waves.per_cell = ticks.max(1);
    ui.command(UiCommand::ZoomCenter);
}

fn draw_screen(ui: &mut UiState, size: ScreenSize) -> Buffer {
    ui.fit(size.area());
    let backend = TestBackend::new(size.columns, size.rows);
    let drawn = Terminal::new(backend).and_then(|mut terminal| {
        terminal.draw(|frame| view::draw(ui, frame))?;
        Ok(terminal.backend().buffer().clone())
    });
    // Drawing to memory cannot fail.
    drawn.unwrap_or_else(|error| match error {})
}

fn text(screen: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..screen.area.height {
        let mut row = String::new();
        let mut x = 0;
        while let Some(cell) = screen.cell((x, y)) {
            row.push_str(cell.symbol());
            x += columns_of(cell.symbol());
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The columns that a glyph takes, at least one.
fn columns_of(symbol: &str) -> u16 {
    let width = unicode_width::UnicodeWidthStr::width(symbol);
    u16::try_from(width).unwrap_or(1).max(1)
}

/// The file name alone: a screenshot does not depend on the folder of its scenario.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
