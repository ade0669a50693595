//! What a user says about a waveform.

use std::path::Path;

use clap::Args;

use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::load::waveform_options::{WaveformOptionsError, complete};
use lockstep_engine::load::{InputFormat, LoadError, LoadOptions};
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::shell::quoted;
use lockstep_engine::source::Source;
use lockstep_engine::waveform::{
    Mapping, TimeWindow, WaveTime, WaveformCapture, WaveformFormat, WaveformOptions,
};

/// What the options are for.
pub(super) const FOR_WAVEFORMS: &str =
    "`--map`, `--scope`, `--from`, `--to` and `--shift` are for waveforms";

/// [`read_waveform`](lockstep_engine::load::read_waveform) or
/// [`read_capture`](lockstep_engine::load::read_capture).
pub(super) type WaveformReader = for<'a> fn(
    &'a Registry,
    &[u8],
    WaveformFormat,
    &LoadOptions<'_>,
) -> Result<(&'a AppEntry, WaveformCapture), LoadError>;

/// A waveform that a command was given.
pub(super) struct WaveformInput<'a> {
    pub(super) path: &'a Path,
    pub(super) source: &'a Source,
    pub(super) format: WaveformFormat,
    /// The app, for files that do not name one.
    pub(super) app: Option<&'a str>,
}

/// The options of commands that read waveforms.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Waveforms")]
pub(super) struct WaveformArgs {
    /// The signal of an input or output, such as A=tb.dut.D0, or B=!D[3] if it is 0 when it is
    /// active; can be given several times.
    #[arg(long, value_name = "NAME=SIGNAL", value_parser = Mapping::parse)]
    map: Vec<Mapping>,

    /// Look for signals in this scope alone, such as tb.dut.
    #[arg(long)]
    scope: Option<String>,

    /// Start at this time of the waveform, such as 1.5ms.
    #[arg(long, value_name = "TIME", value_parser = WaveTime::parse)]
    from: Option<WaveTime>,

    /// End at this time of the waveform.
    #[arg(long, value_name = "TIME", value_parser = WaveTime::parse)]
    to: Option<WaveTime>,

    /// Let this time pass before the waveform starts.
    #[arg(long, value_name = "TIME", value_parser = WaveTime::parse)]
    shift: Option<WaveTime>,
}

impl WaveformArgs {
    /// What is said about a waveform: here, in the file beside it, and in the project file, in
    /// that order. Errors are rendered.
    pub(super) fn options(
        &self,
        format: InputFormat,
        path: &Path,
        report: &Report,
    ) -> Result<WaveformOptions, String> {
        if !matches!(format, InputFormat::Waveform(_)) {
            return if self.is_empty() {
                Ok(WaveformOptions::default())
            } else {
                let message = format!("`{}` is not a waveform", path.display());
                Err(report.plain(&message, Some(FOR_WAVEFORMS)))
            };
        }
        let said = WaveformOptions {
            map: self.map.clone(),
            scope: self.scope.clone(),
            window: TimeWindow {
                from: self.from,
                to: self.to,
                shift: self.shift.unwrap_or_default(),
            },
        };
        complete(said, path).map_err(|error| match error {
            WaveformOptionsError::Malformed {
                text, diagnostics, ..
            } => report.diagnostics(&text, &diagnostics),
            error => report.caused(&error),
        })
    }

    /// Reads a waveform, and prints what should be known about it, or why it cannot be read.
    pub(super) fn read<'a>(
        &self,
        registry: &'a Registry,
        input: &WaveformInput<'_>,
        read: WaveformReader,
        report: &Report,
    ) -> Result<(&'a AppEntry, WaveformCapture), Exit> {
        let refused = |rendered: String| {
            report.print(&rendered);
            Exit::BadInput
        };
        let waveform = self
            .options(InputFormat::Waveform(input.format), input.path, report)
            .map_err(refused)?;
        let options = LoadOptions {
            app: input.app,
            waveform: Some(&waveform),
            ..LoadOptions::default()
        };
        let found = read(registry, &input.source.bytes, input.format, &options)
            .map_err(|error| refused(report.unloadable(input.source, &error)))?;
        for note in found.1.notes() {
            report.print(&format!("note: {note}"));
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
            && self.scope.is_none()
            && self.from.is_none()
            && self.to.is_none()
            && self.shift.is_none()
    }

    /// The options as they would be typed in a shell.
    pub(super) fn written(&self) -> String {
        let maps = self.map.iter().map(|mapping| {
            let mark = if mapping.is_active_low { "!" } else { "" };
            ("map", format!("{}={mark}{}", mapping.port, mapping.signal))
        });
        let scope = self.scope.iter().map(|scope| ("scope", scope.clone()));
        let time = |name, time: Option<WaveTime>| Some((name, time?.to_string().replace(' ', "")));
        let from = time("from", self.from);
        let to = time("to", self.to);
        let shift = time("shift", self.shift);
        let words = maps.chain(scope).chain(from).chain(to).chain(shift);
        words
            .map(|(option, value)| format!(" --{option} {}", quoted(&value)))
            .collect()
    }
}
