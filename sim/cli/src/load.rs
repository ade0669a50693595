//! Loads what `open`, `shot` and `cast` play.

use std::path::Path;
use std::time::Duration;

use super::waveform_args::WaveformArgs;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::app_failure::Ending;
use lockstep_engine::files::{FilesIn, NamedFiles};
use lockstep_engine::load::{InputFormat, LoadOptions, LoadedScript};
use lockstep_engine::play::PlayError;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::duration::parse_duration;
use lockstep_engine::source::Source;
use lockstep_engine::timeline::TimelineError;
use lockstep_terminal::ColorDepth;
use lockstep_terminal::screenshot::ScreenshotError;

/// Loads a file, with its name. Errors and notes are printed.
pub(super) fn read(
    path: &Path,
    app: Option<&str>,
    waveform: &WaveformArgs,
    registry: &Registry,
    report: &Report,
) -> Result<(String, LoadedScript), Exit> {
    let source = Source::read(path, InputFormat::MAX_BYTES).map_err(|error| report.error(error))?;
    let form = InputFormat::of(path, &source.bytes);
    if let Some(Err(unknown)) = app.map(|app| registry.find(app)) {
        return Err(report.error(unknown));
    }
    let refused = |rendered: String| {
        report.print(&rendered);
        Exit::BadInput
    };
    let waveform = waveform.options(form, path, report).map_err(refused)?;
    let beside = source.path().map(FilesIn::folder_of);
    let options = LoadOptions {
        app,
        waveform: Some(&waveform),
        files: beside.as_ref().map(|files| files as &dyn NamedFiles),
    };
    let loaded = form
        .load_with(registry, &source.bytes, &options)
        .map_err(|error| refused(report.unloadable(&source, &error)))?;
    for note in &loaded.notes {
        report.print(&format!("note: {note}"));
    }
    Ok((source.name, loaded))
}

/// The app of this name, or the first one. An unknown name is printed as an error.
pub(super) fn app<'a>(
    name: Option<&str>,
    registry: &'a Registry,
    report: &Report,
) -> Result<&'a AppEntry, Exit> {
    let found = match (name, registry.apps().first()) {
        (None, Some(first)) => Ok(first),
        (name, _) => registry.find(name.unwrap_or_default()),
    };
    found.map_err(|error| report.error(error))
}

/// Prints why there is no screenshot.
pub(super) fn report_error(error: &ScreenshotError, report: &Report) -> Exit {
    report.error(error);
    match error {
        ScreenshotError::Timeline(TimelineError::Play(error)) => exit_of(error),
        _ => Exit::BadInput,
    }
}

/// The exit code of a run that was not played to its end.
pub(super) fn exit_of(error: &PlayError) -> Exit {
    match error {
        PlayError::Ended {
            ending: Ending::NeverReturned { .. },
            ..
        } => Exit::TimedOut,
        PlayError::Process { .. } => Exit::Infrastructure,
        _ if error.failed_at().is_some() => Exit::Failed,
        _ => Exit::BadInput,
    }
}

/// Parses a duration as in scenarios, or zero.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    if matches!(text, "0" | "0s" | "0ms" | "0 s" | "0 ms") {
        return Ok(Duration::ZERO);
    }
    parse_duration(text)
        .map_err(|diagnostic| format!("{}; {}", diagnostic.message, diagnostic.expected))
}

/// The colors of a screenshot. It is not made for this terminal, so that only
/// `--color never` turns them off.
pub(super) fn colors() -> ColorDepth {
    if anstream::ColorChoice::global() == anstream::ColorChoice::Never {
        ColorDepth::Monochrome
    } else {
        ColorDepth::TrueColor
    }
}
