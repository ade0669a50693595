//! `sim shot`: a screenshot of the terminal simulator.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::load;
use super::waveform_args::WaveformArgs;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::duration::ticks_of;
use lockstep_engine::source;
use lockstep_terminal::screenshot::{self, KeyScript, ScreenOptions, ScreenSize, Screenshot, Zoom};
use lockstep_terminal::{Appearance, Background};

#[derive(Debug, Args)]
pub(super) struct ShotArgs {
    /// A scenario (.scn), a recording (.rec) or a waveform (.vcd, .fst, .csv); without one, --keys are
    /// pressed in an app from its start.
    #[arg(required_unless_present = "keys")]
    file: Option<PathBuf>,

    /// The time in the run, such as 1.5s; by default its end, or where an expectation fails.
    #[arg(long, value_name = "TIME", value_parser = load::time)]
    at: Option<Duration>,

    /// Keys to press, as named in the help of the simulator, and times to wait, such as
    /// a,400ms,B,1s,v.
    #[arg(long, conflicts_with = "at")]
    keys: Option<KeyScript>,

    #[command(flatten)]
    screen: ScreenArgs,

    /// The format of the screenshot; by default svg if --out ends in it, else text.
    #[arg(long)]
    format: Option<ScreenshotFormat>,

    /// Write the screenshot to this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The options of the screen, for `shot` and `cast`.
#[derive(Debug, Args)]
pub(super) struct ScreenArgs {
    /// Columns and rows, from 40x12 to 300x100.
    #[arg(long, value_name = "WxH", default_value = "100x30")]
    size: ScreenSize,

    /// The pane that has the focus.
    #[arg(long, default_value = "board")]
    pane: PaneArg,

    /// The time in a column of the waves: ticks, a time such as 50ms, or `fit`.
    #[arg(long, value_name = "TICKS", value_parser = zoom)]
    zoom: Option<Zoom>,

    /// The background to draw on.
    #[arg(long, default_value = "dark")]
    theme: ScreenshotTheme,

    /// Draw with ASCII characters only.
    #[arg(long)]
    ascii: bool,

    /// The app to play a file with that does not name one.
    #[arg(long)]
    pub(super) app: Option<String>,

    #[command(flatten)]
    pub(super) waveform: WaveformArgs,
}

impl ScreenArgs {
    pub(super) fn options(&self) -> ScreenOptions {
        ScreenOptions {
            size: self.size,
            pane: self.pane.into(),
            zoom: self.zoom,
            appearance: Appearance {
                background: self.theme.into(),
                colors: load::colors(),
                unicode: !self.ascii,
            },
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScreenshotFormat {
    /// A picture for browsers.
    Svg,
    /// Plain text.
    Text,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScreenshotTheme {
    Dark,
    Light,
}

impl From<ScreenshotTheme> for Background {
    fn from(theme: ScreenshotTheme) -> Self {
        match theme {
            ScreenshotTheme::Dark => Self::Dark,
            ScreenshotTheme::Light => Self::Light,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PaneArg {
    Board,
    Waves,
    Events,
    State,
}

impl From<PaneArg> for screenshot::Pane {
    fn from(pane: PaneArg) -> Self {
        match pane {
            PaneArg::Board => Self::Board,
            PaneArg::Waves => Self::Waves,
            PaneArg::Events => Self::Events,
            PaneArg::State => Self::State,
        }
    }
}

impl ShotArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let read = self.file.as_deref();
        let written = self.out.as_deref();
        if let Some(path) = output::taken_twice(read.into_iter(), written.into_iter()) {
            return output::refuse_path(path, report);
        }
        let screenshot = match self.screenshot(registry, report) {
            Ok(screenshot) => screenshot,
            Err(exit) => return exit,
        };
        let bytes = match self.format() {
            ScreenshotFormat::Svg => screenshot.svg(),
            ScreenshotFormat::Text => screenshot.text(),
        };
        match output::write(self.out.as_deref(), bytes.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }

    fn screenshot(&self, registry: &Registry, report: &Report) -> Result<Screenshot, Exit> {
        let app = self.screen.app.as_deref();
        let options = self.screen.options();
        let read = match &self.file {
            Some(file) => Some(load::read(
                file,
                app,
                &self.screen.waveform,
                registry,
                report,
            )?),
            None => None,
        };
        let screenshot = match (&read, &self.keys) {
            (Some((name, loaded)), None) => {
                let tick = loaded.app.descriptor().tick();
                let at = self.at.map(|at| ticks_of(at, tick));
                screenshot::shot(registry, name, loaded, &options, at)
            }
            (Some((name, loaded)), Some(keys)) => {
                screenshot::shot_after(registry, Ok((name, loaded)), &options, keys)
            }
            (None, keys) => {
                let app = load::app(app, registry, report)?;
                let keys = keys.clone().unwrap_or_default();
                screenshot::shot_after(registry, Err(app), &options, &keys)
            }
        };
        screenshot.map_err(|error| load::report_error(&error, report))
    }

    fn format(&self) -> ScreenshotFormat {
        let is_svg = |out: &Path| source::has_extension(out, "svg");
        match self.format {
            Some(format) => format,
            None if self.out.as_deref().is_some_and(is_svg) => ScreenshotFormat::Svg,
            None => ScreenshotFormat::Text,
        }
    }
}

fn zoom(text: &str) -> Result<Zoom, String> {
    if text == "fit" {
        return Ok(Zoom::Fit);
    }
    match text.parse() {
        Ok(0) => Err("a column has at least one tick".to_owned()),
        Ok(ticks) => Ok(Zoom::Column(ticks)),
        Err(_) => load::time(text)
            .map(Zoom::Time)
            .map_err(|_| "expected `fit`, a number of ticks or a time such as 50ms".to_owned()),
    }
}
