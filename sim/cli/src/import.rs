//! `sim import`: a captured run as a scenario.

use std::time::Duration;

use lockstep_core::time::TickPeriod;
use lockstep_engine::scenario::duration::ticks_of;
use std::path::PathBuf;

use clap::Args;

use super::waveform_args::{WaveformArgs, WaveformInput};
use super::{captured_scenario, load};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;
use lockstep_engine::sanitize::scrub_line;
use lockstep_engine::scenario::MAX_LINE;
use lockstep_engine::shell::quoted_path;
use lockstep_engine::source::Source;
use lockstep_engine::waveform::import::DEFAULT_TOLERANCE;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A waveform (.vcd, .fst) or a table of samples (.csv).
    file: PathBuf,

    /// The app it is a capture of.
    #[arg(long)]
    app: Option<String>,

    /// How far a captured output may be off, by default 2ms, at least 1ms.
    #[arg(long, value_name = "TIME", value_parser = tolerance)]
    tolerance: Option<Duration>,

    #[command(flatten)]
    waveform: WaveformArgs,

    /// Write the scenario to this file.
    #[arg(long, value_name = "FILE.scn")]
    out: Option<PathBuf>,
}

impl ImportArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let read = Some(self.file.as_path());
        let written = self.out.as_deref();
        if let Some(path) = output::taken_twice(read.into_iter(), written.into_iter()) {
            return output::refuse_path(path, report);
        }
        let written = self.import(registry, report).and_then(|text| {
            output::write(self.out.as_deref(), text.as_bytes()).map_err(|error| report.error(error))
        });
        match written {
            Ok(()) => Exit::Held,
            Err(exit) => exit,
        }
    }

    /// The text of the scenario.
    fn import(&self, registry: &Registry, report: &Report) -> Result<String, Exit> {
        let source = Source::read(&self.file, InputFormat::MAX_BYTES)
            .map_err(|error| report.error(error))?;
        let InputFormat::Waveform(format) = InputFormat::of(&self.file, &source.bytes) else {
            let message = format!("`{}` is not a waveform", source.name);
            let help = "`sim import` reads `.vcd`, `.fst` and `.csv`";
            report.print(&report.plain(&message, Some(help)));
            return Err(Exit::BadInput);
        };
        let input = WaveformInput {
            path: &self.file,
            source: &source,
            format,
            app: self.app.as_deref(),
        };
        let tolerance = self.tolerance.unwrap_or(DEFAULT_TOLERANCE);
        let scenario =
            captured_scenario::read(&self.waveform, registry, &input, tolerance, report)?;
        let text = format!("{}{scenario}", self.heading());
        captured_scenario::check_length(&source.name, &text, report)?;
        Ok(text)
    }

    /// Where the scenario comes from, as a comment.
    fn heading(&self) -> String {
        let file = self.file.display().to_string();
        let file = scrub_line(&quoted_path(&file));
        let app = self.app.iter().map(|app| format!(" --app {app}"));
        let tolerance = self.tolerance.map(|tolerance| {
            let us = ticks_of(tolerance, TickPeriod::MIN);
            let text = TickPeriod::MIN.length(us).to_string();
            format!(" --tolerance {}", text.replace(' ', ""))
        });
        let words: String = app
            .chain([scrub_line(&self.waveform.written())])
            .chain(tolerance)
            .collect();
        shortened(format!("# sim import {file}{words}")) + "\n"
    }
}

/// The line, cut where it is longer than a scenario may have it.
fn shortened(line: String) -> String {
    match line.char_indices().nth(MAX_LINE) {
        None => line,
        Some(_) => line.chars().take(MAX_LINE - 1).chain(['…']).collect(),
    }
}

/// Parses a tolerance that expectations can have.
fn tolerance(text: &str) -> Result<Duration, String> {
    match load::time(text)? {
        Duration::ZERO => Err(
            "expected more than 0, and at least one tick: what an input causes in its own tick is seen \
             by an expectation from the next tick on; `sim diff --tolerance 0` is exact"
                .to_owned(),
        ),
        tolerance => Ok(tolerance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_only_where_no_scenario_may_have_it() {
        let longest = "é".repeat(MAX_LINE);
        assert_eq!(shortened(longest.clone()), longest);
        let cut = shortened(longest + "e");
        assert_eq!(cut.chars().count(), MAX_LINE);
        assert!(cut.ends_with("é…"));
    }
}
