//! `sim shot`: a picture of the terminal simulator.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use lockstep_core::time::Ticks;

use super::loaded;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::input;
use lockstep_engine::registry::Registry;
use lockstep_terminal::picture::{self, Keys, Look, Picture, Size, Zoom};

#[derive(Debug, Args)]
pub(super) struct Shot {
    /// A scenario (.scn), a recording (.rec) or a waveform (.vcd); without one, an app from
    /// its start, and --keys.
    #[arg(required_unless_present = "keys")]
    file: Option<PathBuf>,

    /// When in the run, such as 1.5s; the end unless told, or where an expectation fails.
    #[arg(long, value_name = "TIME", value_parser = loaded::time)]
    at: Option<Ticks>,

    /// Keys to press before, as the help of the simulator names them, and times to pass:
    /// such as a,400ms,B,1s,v.
    #[arg(long, conflicts_with = "at")]
    keys: Option<Keys>,

    #[command(flatten)]
    screen: Screen,

    /// The form of the picture; svg where --out ends so, else text.
    #[arg(long)]
    format: Option<PictureFormat>,

    /// Write the picture to this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `shot` and `cast` ask of the screen.
#[derive(Debug, Args)]
pub(super) struct Screen {
    /// Columns and rows, from 40x12 to 300x100.
    #[arg(long, value_name = "WxH", default_value = "100x30")]
    size: Size,

    /// The pane that has the focus.
    #[arg(long, default_value = "board")]
    pane: Pane,

    /// The time of a column of the waves: `fit` for the whole run, ticks, or such as 50ms.
    #[arg(long, value_name = "TICKS", value_parser = zoom)]
    zoom: Option<Zoom>,

    /// Draw with ASCII signs only.
    #[arg(long)]
    ascii: bool,

    /// The app, where the file does not say.
    #[arg(long)]
    pub(super) app: Option<String>,
}

impl Screen {
    pub(super) fn look(&self) -> Look {
        Look {
            size: self.size,
            pane: self.pane.into(),
            zoom: self.zoom,
            colour: loaded::colour(),
            unicode: !self.ascii,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PictureFormat {
    /// A drawing that browsers show.
    Svg,
    /// The letters alone.
    Text,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pane {
    Board,
    Waves,
    Events,
    State,
}

impl From<Pane> for picture::Pane {
    fn from(pane: Pane) -> Self {
        match pane {
            Pane::Board => Self::Board,
            Pane::Waves => Self::Waves,
            Pane::Events => Self::Events,
            Pane::State => Self::State,
        }
    }
}

impl Shot {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let read = self.file.as_deref();
        let written = self.out.as_deref();
        if let Some(path) = output::taken_twice(read.into_iter(), written.into_iter()) {
            return output::refuse_path(path, report);
        }
        let picture = match self.picture(registry, report) {
            Ok(picture) => picture,
            Err(exit) => return exit,
        };
        let bytes = match self.format() {
            PictureFormat::Svg => picture.svg(),
            PictureFormat::Text => picture.text(),
        };
        match output::write(self.out.as_deref(), bytes.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }

    fn picture(&self, registry: &Registry, report: &Report) -> Result<Picture, Exit> {
        let app = self.screen.app.as_deref();
        let look = self.screen.look();
        let read = match &self.file {
            Some(file) => Some(loaded::read(file, app, registry, report)?),
            None => None,
        };
        let picture = match (&read, &self.keys) {
            (Some((name, loaded)), None) => picture::shot(registry, name, loaded, &look, self.at),
            (Some((name, loaded)), Some(keys)) => {
                picture::shot_after(registry, Ok((name, loaded)), &look, keys)
            }
            (None, keys) => {
                let app = loaded::app(app, registry, report)?;
                let keys = keys.clone().unwrap_or_default();
                picture::shot_after(registry, Err(app), &look, &keys)
            }
        };
        picture.map_err(|error| loaded::refuse(&error, report))
    }

    fn format(&self) -> PictureFormat {
        let is_svg = |out: &Path| input::has_extension(out, "svg");
        match self.format {
            Some(format) => format,
            None if self.out.as_deref().is_some_and(is_svg) => PictureFormat::Svg,
            None => PictureFormat::Text,
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
        Err(_) => loaded::time(text)
            .map(|ticks| Zoom::Column(ticks.0))
            .map_err(|_| "expected `fit`, a number of ticks or a time such as 50ms".to_owned()),
    }
}
