//! `sim cast`: a run playing in the terminal simulator, as asciicast.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::load;
use super::shot::ScreenArgs;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::registry::Registry;
use lockstep_terminal::screenshot::{self, CastOptions, MAX_FPS};

#[derive(Debug, Args)]
pub(super) struct CastArgs {
    /// A scenario (.scn), a recording (.rec) or a waveform (.vcd, .fst, .csv).
    file: PathBuf,

    #[command(flatten)]
    screen: ScreenArgs,

    /// The speed as a multiple of real time; one of those of the simulator.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,

    /// Frames a second.
    #[arg(long, default_value_t = 20, value_parser = fps())]
    fps: u32,

    /// The longest time without an event; longer ones are shortened.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = load::time)]
    idle_limit: Duration,

    /// Write the cast to this file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn fps() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MAX_FPS))
}

impl CastArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let read = Some(self.file.as_path());
        let written = self.out.as_deref();
        if let Some(path) = output::taken_twice(read.into_iter(), written.into_iter()) {
            return output::refuse_path(path, report);
        }
        let app = self.screen.app.as_deref();
        let (name, loaded) =
            match load::read(&self.file, app, &self.screen.waveform, registry, report) {
                Ok(read) => read,
                Err(exit) => return exit,
            };
        let options = CastOptions {
            screen: self.screen.options(),
            speed: self.speed,
            fps: self.fps,
            // In real time, a tick is a millisecond.
            idle: self.idle_limit,
        };
        let cast = match screenshot::cast(registry, &name, &loaded, &options) {
            Ok(cast) => cast,
            Err(error) => return load::report_error(&error, report),
        };
        match output::write(self.out.as_deref(), cast.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }
}
