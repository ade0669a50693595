//! A run playing in the terminal UI, as asciicast: what a terminal was told, and when.

use std::time::Duration;

use lockstep_core::time::Ticks;
use ratatui::buffer::Buffer;
use serde::Serialize;

use super::cell_paint::TerminalColors;
use super::schedule::{CastContent, CastTiming, frames};
use super::{ScreenOptions, ScreenshotError, ansi, draw_screen, file_name, opened, zoom};
use crate::appearance::Background;
use crate::playback_speed::PlaybackSpeed;
use crate::ui_state::UiState;
use lockstep_engine::dyn_runner::Observation;
use lockstep_engine::load::LoadedScript;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::{Action, SwitchState};
use lockstep_engine::trace::Trace;

/// How a run is played in a cast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CastOptions {
    /// How the screen looks.
    pub screen: ScreenOptions,
    /// As a multiple of real time; one of those the UI has.
    pub speed: f64,
    /// Frames a second, at least 1 and at most [`MAX_FPS`](super::MAX_FPS).
    pub fps: u32,
    /// The longest that the cast shows nothing happening.
    pub idle: Duration,
}

/// The first line of a cast. Without a time of day, it is the same whenever it is made.
#[derive(Serialize)]
struct CastHeader<'a> {
    version: u8,
    width: u16,
    height: u16,
    title: &'a str,
    env: CastEnv,
    /// Players are dark by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<CastTheme>,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct CastEnv {
    term: &'static str,
}

/// The colors that a player draws with where the cast names none.
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

/// The run as asciicast v2, from its start to its end, with the last screen standing
/// still.
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

/// What is seen, and when.
pub(super) fn screens(
    registry: &Registry,
    loaded: &LoadedScript,
    options: &CastOptions,
) -> Result<Vec<(Duration, Buffer)>, ScreenshotError> {
    let screen = &options.screen;
    let mut ui = opened(registry, loaded, screen)?;
    ui.speed = playback_speed(options.speed)?;
    let fps = options.fps.clamp(1, super::MAX_FPS);
    let flow = CastTiming {
        per_second: options.speed * 1_000.0,
        fps,
        idle: ticks(options.idle.as_secs_f64() * options.speed * 1_000.0),
    };
    let run = CastContent {
        events: entries(ui.trace()),
        presses: presses(ui.trace()),
        end: ui.end(),
    };
    let frames = frames(&run, flow)?;
    let last = frames.len().saturating_sub(1);
    let letters = usize::from(screen.size.columns) * usize::from(screen.size.rows);
    if frames.len().saturating_mul(letters) > MAX_LETTERS {
        return Err(ScreenshotError::TooLarge);
    }

    ui.fit(screen.size.area());
    zoom(&mut ui, screen.zoom);
    let lasts = Duration::from_secs(1) / fps;
    let mut screens = Vec::new();
    for (index, tick) in (0_u32..).zip(&frames) {
        if index > 0 {
            go_on(&mut ui, *tick, lasts);
        }
        ui.playing = usize::try_from(index) != Ok(last);
        let at = Duration::from_micros(u64::from(index) * 1_000_000 / u64::from(fps));
        screens.push((at, draw_screen(&mut ui, screen.size)));
    }
    // What has glowed after is dark again, and the last screen stays for a moment.
    ui.advance_clock(STANDS);
    let ends = Duration::from_micros(
        u64::from(u32::try_from(last).unwrap_or(u32::MAX)) * 1_000_000 / u64::from(fps),
    );
    screens.push((ends + STANDS, draw_screen(&mut ui, screen.size)));
    Ok(screens)
}

/// The most letters of all screens together, which stand in memory at once.
pub(super) const MAX_LETTERS: usize = 10_000_000;

/// How long after the end of the run the screen is looked at once more.
const STANDS: Duration = Duration::from_millis(500);

/// Real time goes by, and the run goes on to a tick.
fn go_on(ui: &mut UiState, tick: Ticks, lasts: Duration) {
    let before = ui.cursor;
    // Standing still, so that it is the schedule that says which tick comes.
    ui.playing = false;
    ui.advance_clock(lasts);
    ui.playing = true;
    ui.play_to(tick);
    // Played as fast as was asked for, on every machine.
    ui.record_play_time(tick.saturating_sub(before), lasts, lasts);
}

/// The playback speed of the UI that is this multiple of real time.
fn playback_speed(multiple: f64) -> Result<PlaybackSpeed, ScreenshotError> {
    PlaybackSpeed::of_multiple(multiple).ok_or_else(|| {
        let known = PlaybackSpeed::MULTIPLES.map(|known| known.to_string());
        ScreenshotError::NoSuchSpeed {
            asked: multiple,
            known: known.join(", "),
        }
    })
}

fn entries(trace: &Trace) -> Vec<Ticks> {
    trace.entries().iter().map(|entry| entry.tick).collect()
}

/// From when to when each button is down.
fn presses(trace: &Trace) -> Vec<(Ticks, Ticks)> {
    let mut down = Vec::new();
    let mut presses = Vec::new();
    for entry in trace.entries() {
        match entry.what {
            Observation::Input(Action::Button(button, SwitchState::Closed)) => {
                down.push((button, entry.tick));
            }
            Observation::Input(Action::Button(button, SwitchState::Open)) => {
                if let Some(place) = down.iter().position(|(held, _)| *held == button) {
                    presses.push((down.swap_remove(place).1, entry.tick));
                }
            }
            _ => {}
        }
    }
    presses.sort_unstable();
    presses
}

fn ticks(length: f64) -> Ticks {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never below 0, and what is too large is longer than any run"
    )]
    Ticks(length as u32)
}

fn json(value: &impl Serialize) -> String {
    // Strings and numbers can always be written.
    serde_json::to_string(value).unwrap_or_default()
}
