//! Casts: a run playing in the simulator, as asciicast.

use std::time::Duration;

use lockstep_core::time::{RunTicks, TickPeriod};
use ratatui::buffer::Buffer;
use serde::Serialize;

use super::cell_paint::TerminalColors;
use super::schedule::{CastContent, CastTiming, frames};
use super::{ScreenOptions, ScreenshotError, ansi, draw_screen, file_name, opened, zoom};
use crate::appearance::Background;
use crate::playback_speed::{PlaybackSpeed, per_second};
use crate::ui_state::UiState;
use lockstep_engine::load::LoadedScript;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::{Action, SwitchState};
use lockstep_engine::trace::{EntryKind, Trace};

/// How a run is played in a cast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CastOptions {
    /// How the screen looks.
    pub screen: ScreenOptions,
    /// The speed as a multiple of real time; one of those that the simulator has.
    pub speed: f64,
    /// Frames a second, at least 1 and at most [`MAX_FPS`](super::MAX_FPS).
    pub fps: u32,
    /// The longest time without an event; longer ones are shortened.
    pub idle: Duration,
}

/// The first line of a cast. It has no date, so that a cast is the same whenever it is made.
#[derive(Serialize)]
struct CastHeader<'a> {
    version: u8,
    width: u16,
    height: u16,
    title: &'a str,
    env: CastEnv,
    /// Only for light casts: players are dark by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<CastTheme>,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct CastEnv {
    term: &'static str,
}

/// The default colors that a player draws with.
#[derive(Serialize)]
struct CastTheme {
    fg: String,
    bg: String,
    palette: String,
}

impl CastTheme {
    fn of(background: Background) -> Option<Self> {
        if background == Background::Dark {
            return None;
        }
        let colors = TerminalColors::of(background);
        Some(Self {
            fg: colors.ink.to_string(),
            bg: colors.paper.to_string(),
            palette: colors.named.map(|named| named.to_string()).join(":"),
        })
    }
}

/// The run as asciicast v2, from its start to its end, with the last screen held for a
/// moment.
///
/// # Errors
///
/// A [`ScreenshotError`].
pub fn cast(
    registry: &Registry,
    name: &str,
    loaded: &LoadedScript,
    options: &CastOptions,
) -> Result<String, ScreenshotError> {
    let (screens, size) = (screens(registry, loaded, options)?, options.screen.size);
    let title = format!(
        "{}: {} in the terminal simulator",
        loaded.app.descriptor().name(),
        file_name(name)
    );
    let mut out = json(&CastHeader {
        version: 2,
        width: size.columns,
        height: size.rows,
        title: &title,
        env: CastEnv {
            term: "xterm-256color",
        },
        theme: CastTheme::of(options.screen.appearance.background),
    });
    out.push('\n');
    let mut shown = Buffer::empty(size.area());
    let mut prefix = ansi::BEGIN;
    for (at, screen) in screens {
        let changes = ansi::changes(&shown, &screen);
        if changes.is_empty() && prefix.is_empty() {
            continue;
        }
        let data = json(&format!("{prefix}{changes}"));
        out.push_str(&format!(
            "[{}.{:06}, \"o\", {data}]\n",
            at.as_secs(),
            at.subsec_micros()
        ));
        prefix = "";
        shown = screen;
    }
    Ok(out)
}

/// The screens of a cast, each with its time.
pub(super) fn screens(
    registry: &Registry,
    loaded: &LoadedScript,
    options: &CastOptions,
) -> Result<Vec<(Duration, Buffer)>, ScreenshotError> {
    let screen = &options.screen;
    let mut ui = opened(registry, loaded, screen)?;
    ui.speed = playback_speed(options.speed, ui.tick_period())?;
    let fps = options.fps.clamp(1, super::MAX_FPS);
    let a_second = per_second(ui.tick_period());
    let flow = CastTiming {
        per_second: options.speed * a_second,
        fps,
        idle: ticks(options.idle.as_secs_f64() * options.speed * a_second),
    };
    let run = CastContent {
        events: entries(ui.trace()),
        presses: presses(ui.trace()),
        end: ui.end(),
    };
    let frames = frames(&run, flow)?;
    let last = frames.len().saturating_sub(1);
    let cells = usize::from(screen.size.columns) * usize::from(screen.size.rows);
    if frames.len().saturating_mul(cells) > MAX_CELLS {
        return Err(ScreenshotError::TooLarge);
    }

    ui.fit(screen.size.area());
    zoom(&mut ui, screen.zoom);
    let lasts = Duration::from_secs(1) / fps;
    let mut screens = Vec::new();
    for (index, tick) in (0_u32..).zip(&frames) {
        if index > 0 {
            advance(&mut ui, *tick, lasts);
        }
        ui.playing = usize::try_from(index) != Ok(last);
        let at = Duration::from_micros(u64::from(index) * 1_000_000 / u64::from(fps));
        screens.push((at, draw_screen(&mut ui, screen.size)));
    }
    // The afterglow is over, and the last screen is held for a moment.
    ui.advance_clock(HOLD);
    let ends = Duration::from_micros(
        u64::from(u32::try_from(last).unwrap_or(u32::MAX)) * 1_000_000 / u64::from(fps),
    );
    screens.push((ends + HOLD, draw_screen(&mut ui, screen.size)));
    Ok(screens)
}

/// The most cells of all screens together: they are in memory at the same time.
pub(super) const MAX_CELLS: usize = 10_000_000;

/// How long the last screen is held.
const HOLD: Duration = Duration::from_millis(500);

/// Advances real time, and plays to a tick.
fn advance(ui: &mut UiState, tick: RunTicks, lasts: Duration) {
    let before = ui.cursor;
    // Paused, because the schedule decides which tick comes next.
    ui.playing = false;
    ui.advance_clock(lasts);
    ui.playing = true;
    ui.play_to(tick);
    // The achieved speed is the one that is set, on every machine.
    ui.record_play_time(tick.saturating_sub(before), lasts, lasts);
}

/// The playback speed of the UI that is this multiple of real time.
fn playback_speed(multiple: f64, tick: TickPeriod) -> Result<PlaybackSpeed, ScreenshotError> {
    PlaybackSpeed::of_multiple(multiple, tick).ok_or_else(|| {
        let known = PlaybackSpeed::MULTIPLES.map(|known| known.to_string());
        ScreenshotError::NoSuchSpeed {
            asked: multiple,
            known: known.join(", "),
        }
    })
}

fn entries(trace: &Trace) -> Vec<RunTicks> {
    trace.entries().iter().map(|entry| entry.tick).collect()
}

/// When each button goes down, and comes up again.
fn presses(trace: &Trace) -> Vec<(RunTicks, RunTicks)> {
    let mut down = Vec::new();
    let mut presses = Vec::new();
    for entry in trace.entries() {
        match entry.what {
            EntryKind::Input(Action::Button(button, SwitchState::Closed)) => {
                down.push((button, entry.tick));
            }
            EntryKind::Input(Action::Button(button, SwitchState::Open)) => {
                if let Some(index) = down.iter().position(|(held, _)| *held == button) {
                    presses.push((down.swap_remove(index).1, entry.tick));
                }
            }
            _ => {}
        }
    }
    presses.sort_unstable();
    presses
}

fn ticks(length: f64) -> RunTicks {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never below 0, and saturates above the longest run"
    )]
    RunTicks(length as u64)
}

fn json(value: &impl Serialize) -> String {
    // Strings and numbers can always be serialized.
    serde_json::to_string(value).unwrap_or_default()
}
