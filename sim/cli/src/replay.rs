//! `sim replay`: plays a recording again.

use std::path::PathBuf;

use clap::Args;

use super::progress::Progress;
use super::session::Session;
use crate::format::Format;
use crate::time_limit::TimeLimit;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output::{self, refuse_path};
use lockstep_console::report::Report;
use lockstep_engine::input::Source;
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;

#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A recording (.rec), or `-` for standard input.
    file: PathBuf,

    /// Print the trace in this form.
    #[arg(long, default_value = "text")]
    format: Format,

    /// Write the trace to this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    limit: TimeLimit,
}

impl Replay {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        if let Some(path) = output::taken_twice(
            [self.file.as_path()].into_iter(),
            self.out.as_deref().into_iter(),
        ) {
            return refuse_path(path, report);
        }
        let source = match Source::read(&self.file, InputFormat::MAX_BYTES) {
            Ok(source) => source,
            Err(error) => return report.error(error),
        };
        let progress = Progress::new();
        let session = Session {
            registry,
            report,
            app: None,
            progress: &progress,
        };
        let played = session.play(InputFormat::Recording, &source);
        progress.finish();
        let played = match played {
            Ok(played) => played,
            Err(refusal) => {
                report.print(&refusal.details);
                return refusal.exit;
            }
        };
        if let Some(notes) = session.describe(&source, &played) {
            report.print(&notes);
        }
        let written = self
            .format
            .render(&played.trace)
            .map_err(|error| report.error(error))
            .and_then(|trace| {
                output::write(self.out.as_deref(), &trace).map_err(|error| report.error(error))
            });
        match written {
            Ok(()) => played.exit(),
            Err(exit) => exit,
        }
    }
}
