//! `sim import`: a captured run as a scenario.

use std::path::PathBuf;

use clap::Args;
use lockstep_core::time::RunTicks;

use super::load;
use super::waveform_args::{WaveformArgs, WaveformInput};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::input::Source;
use lockstep_engine::load::{InputFormat, read_waveform};
use lockstep_engine::registry::Registry;
use lockstep_engine::sanitize::scrub_line;
use lockstep_engine::shell::quoted_path;
use lockstep_engine::stimulus::import::{DEFAULT_TOLERANCE, ImportedScenario, import};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A waveform (.vcd, .fst) or a table of samples (.csv).
    file: PathBuf,

    /// The app it is a capture of.
    #[arg(long)]
    app: Option<String>,

    /// How far a captured output may be off, by default 2ms.
    #[arg(long, value_name = "TIME", value_parser = load::time)]
    tolerance: Option<RunTicks>,

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
        let imported = match self.import(registry, report) {
            Ok(imported) => imported,
            Err(exit) => return exit,
        };
        let text = format!("{}{}", self.heading(), imported.scenario);
        match output::write(self.out.as_deref(), text.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }

    fn import(&self, registry: &Registry, report: &Report) -> Result<ImportedScenario, Exit> {
        let source = Source::read(&self.file, InputFormat::MAX_BYTES)
            .map_err(|error| report.error(error))?;
        let refuse = |rendered: String| {
            report.print(&rendered);
            Exit::BadInput
        };
        let InputFormat::Waveform(format) = InputFormat::of(&self.file, &source.bytes) else {
            let message = format!("`{}` is no waveform", source.name);
            let help = "`sim import` reads `.vcd`, `.fst` and `.csv`";
            return Err(refuse(report.plain(&message, Some(help))));
        };
        let input = WaveformInput {
            path: &self.file,
            source: &source,
            format,
            app: self.app.as_deref(),
        };
        let (app, stimulus) = self
            .waveform
            .read(registry, &input, read_waveform, report)?;
        let tolerance = self.tolerance.unwrap_or(DEFAULT_TOLERANCE);
        let imported = import(app.descriptor(), &stimulus, tolerance);
        if imported.inputs == 0 && imported.expectations == 0 {
            let message = format!("`{}` has nothing to import", source.name);
            let help = "expected moves of buttons or levels of outputs: is `--from`, `--to` or \
                        `--tolerance` too large, or the file cut off?";
            return Err(refuse(report.plain(&message, Some(help))));
        }
        report.print(&summary(&imported));
        Ok(imported)
    }

    /// Where the scenario comes from, as a comment.
    fn heading(&self) -> String {
        let file = self.file.display().to_string();
        let file = scrub_line(&quoted_path(&file));
        let app = self.app.iter().map(|app| format!(" --app {app}"));
        let tolerance = self
            .tolerance
            .map(|tolerance| format!(" --tolerance {}ms", tolerance.0));
        let words: String = app
            .chain([scrub_line(&self.waveform.written())])
            .chain(tolerance)
            .collect();
        format!("# sim import {file}{words}\n")
    }
}

fn summary(imported: &ImportedScenario) -> String {
    let mut text = format!(
        "{} inputs, {} expectations",
        imported.inputs, imported.expectations
    );
    if imported.expectations == 0 && imported.too_short == 0 && imported.left_out == 0 {
        text += ": no output was captured; say which signal is one with `--map OUTPUT=SIGNAL`";
    }
    if imported.too_short > 0 {
        text += &format!(
            "\nnote: {} levels last no longer than twice the tolerance, and are not expected",
            imported.too_short
        );
    }
    if imported.left_out > 0 {
        text += &format!(
            "\nnote: {} more expectations were left out",
            imported.left_out
        );
    }
    text
}
