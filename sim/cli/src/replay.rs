//! `sim replay`: plays a recording or a waveform.

use std::path::PathBuf;

use clap::Args;

use super::input_player::InputPlayer;
use super::progress::ProgressReporter;
use super::rule_args::RuleArgs;
use super::wake_arg::WakeArg;
use super::waveform_args::WaveformArgs;
use crate::time_limit::TimeLimit;
use crate::trace_format::TraceFormat;
use lockstep_console::exit::{Deadline, Exit};
use lockstep_console::output::{self, refuse_path};
use lockstep_console::report::Report;
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;
use lockstep_engine::source::Source;

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A recording (.rec), a waveform (.vcd, .fst, .csv), or `-` for standard input.
    file: PathBuf,

    /// Print the trace in this format.
    #[arg(long, default_value = "text")]
    format: TraceFormat,

    /// Write the trace to this file, or to standard output for `-`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The app to play a waveform with that does not name one.
    #[arg(long)]
    app: Option<String>,

    /// Also play every tick, and hold what the app says of its idle time against that.
    #[arg(long)]
    check_wakeups: bool,

    /// Play each input again with changed task wake-ups, and fail at the first difference.
    #[arg(long, value_name = "HOW")]
    wake: Option<WakeArg>,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    limit: TimeLimit,

    #[command(flatten)]
    waveform: WaveformArgs,
}

impl ReplayArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let _deadline = Deadline::after(self.limit.timeout);
        if let Some(path) = output::taken_twice(
            self.rules
                .files()
                .iter()
                .chain([&self.file])
                .map(PathBuf::as_path),
            self.out.as_deref().into_iter(),
        ) {
            return refuse_path(path, report);
        }
        let rules = match self.rules.finder(registry, report) {
            Ok(rules) => rules,
            Err(rendered) => {
                report.print(&rendered);
                return Exit::BadInput;
            }
        };
        if let Some(Err(unknown)) = self.app.as_deref().map(|app| registry.find(app)) {
            return report.error(unknown);
        }
        let source = match Source::read(&self.file, InputFormat::MAX_BYTES) {
            Ok(source) => source,
            Err(error) => return report.error(error),
        };
        let progress = ProgressReporter::new();
        let player = InputPlayer {
            registry,
            report,
            app: self.app.as_deref(),
            progress: &progress,
            waveform: &self.waveform,
            check_wakeups: self.check_wakeups,
            notes_departures: true,
            rules: &rules,
            wake: self.wake.map(WakeArg::fault),
        };
        // Whatever is no waveform is told what is wrong with it as a recording.
        let format = match InputFormat::of(&self.file, &source.bytes) {
            waveform @ InputFormat::Waveform(_) => waveform,
            _ => InputFormat::Recording,
        };
        let played = player.play(format, &source);
        progress.finish();
        let played = match played {
            Ok(played) => played,
            Err(failure) => {
                report.print(&failure.details);
                return failure.exit;
            }
        };
        if let Some(notes) = player.describe(&source, &played) {
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
