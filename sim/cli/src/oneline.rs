//! `sim oneline`: a scenario or a waveform in the one-line form.

use std::path::PathBuf;

use clap::Args;

use super::waveform_args::{WaveformArgs, WaveformInput};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::input::Source;
use lockstep_engine::load::{InputFormat, read_waveform};
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::{MAX_BYTES, Scenario, compact, grammar};
use lockstep_engine::stimulus::import::{DEFAULT_TOLERANCE, import};

#[derive(Debug, Args)]
pub(super) struct OnelineArgs {
    /// A scenario (.scn), a waveform (.vcd, .fst, .csv), or `-` for standard input.
    file: PathBuf,

    /// The app of a waveform that does not name one.
    #[arg(long)]
    app: Option<String>,

    #[command(flatten)]
    waveform: WaveformArgs,
}

impl OnelineArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let source = match Source::read(&self.file, InputFormat::MAX_BYTES) {
            Ok(source) => source,
            Err(error) => return report.error(error),
        };
        let scenario = match InputFormat::of(&self.file, &source.bytes) {
            format @ InputFormat::Waveform(_) => self.import(format, &source, registry, report),
            _ => parse(&source, report),
        };
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(exit) => return exit,
        };
        let line = compact::write(&scenario) + "\n";
        match output::write(None, line.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }

    fn import(
        &self,
        format: InputFormat,
        source: &Source,
        registry: &Registry,
        report: &Report,
    ) -> Result<Scenario, Exit> {
        let InputFormat::Waveform(kind) = format else {
            return parse(source, report);
        };
        let input = WaveformInput {
            path: &self.file,
            source,
            format: kind,
            app: self.app.as_deref(),
        };
        let (app, stimulus) = self
            .waveform
            .read(registry, &input, read_waveform, report)?;
        Ok(import(app.descriptor(), &stimulus, DEFAULT_TOLERANCE).scenario)
    }
}

fn parse(source: &Source, report: &Report) -> Result<Scenario, Exit> {
    if source.bytes.len() > MAX_BYTES {
        let message = format!(
            "`{}` has more than {MAX_BYTES} bytes, the most that are read",
            source.name
        );
        report.print(&report.plain(&message, None));
        return Err(Exit::BadInput);
    }
    source
        .text()
        .map_err(|diagnostic| vec![diagnostic])
        .and_then(grammar::parse)
        .map_err(|diagnostics| {
            report.print(&report.diagnostics(source, &diagnostics));
            Exit::BadInput
        })
}
