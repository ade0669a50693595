//! `sim oneline`: a scenario or a waveform in the one-line form.

use std::path::PathBuf;

use clap::Args;

use super::captured_scenario;
use super::waveform_args::{WaveformArgs, WaveformInput};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::{MAX_BYTES, Scenario, compact, grammar};
use lockstep_engine::source::Source;
use lockstep_engine::waveform::WaveformFormat;
use lockstep_engine::waveform::import::DEFAULT_TOLERANCE;

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
        let line = match InputFormat::of(&self.file, &source.bytes) {
            InputFormat::Waveform(format) => self.import(format, &source, registry, report),
            _ => self
                .parse(&source, registry, report)
                .map(|scenario| compact::write(&scenario)),
        };
        let line = match line {
            Ok(line) => line + "\n",
            Err(exit) => return exit,
        };
        match output::write(None, line.as_bytes()) {
            Ok(()) => Exit::Held,
            Err(error) => report.error(error),
        }
    }

    /// The line of a capture.
    fn import(
        &self,
        format: WaveformFormat,
        source: &Source,
        registry: &Registry,
        report: &Report,
    ) -> Result<String, Exit> {
        let input = WaveformInput {
            path: &self.file,
            source,
            format,
            app: self.app.as_deref(),
        };
        let scenario =
            captured_scenario::read(&self.waveform, registry, &input, DEFAULT_TOLERANCE, report)?;
        let line = compact::write(&scenario);
        captured_scenario::check_length(&source.name, &line, report)?;
        Ok(line)
    }
}

impl OnelineArgs {
    fn parse(
        &self,
        source: &Source,
        registry: &Registry,
        report: &Report,
    ) -> Result<Scenario, Exit> {
        let asked = self.app.as_deref();
        let tick_of = |named: Option<&str>| registry.tick_of(named.or(asked));
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
            .and_then(|text| grammar::parse_for(text, &tick_of))
            .map_err(|diagnostics| {
                report.print(&report.diagnostics(source, &diagnostics));
                Exit::BadInput
            })
    }
}
