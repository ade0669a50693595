//! Opening a file in the simulator.

use std::path::Path;

use super::file_system::{FileSystem, FilesBeside};
use super::overlay::PromptKind;
use super::rule_watch::is_rules;
use super::ui_state::{FailedExpectation, UiState};
use lockstep_engine::checker::mismatches;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::load::{InputFormat, LoadError, LoadOptions, LoadedScript};
use lockstep_engine::timeline::TimelineError;
use lockstep_engine::waveform::{
    Candidates, Mapping, Waveform, WaveformErrorKind, WaveformFormat, WaveformOptions,
};

/// The most signals that the prompt for a map names.
const CANDIDATES: usize = 4;

impl UiState {
    /// Opens the run in a file, with what was said about it; of a waveform, also with what stands
    /// beside it and in the project file. Where an expectation of a scenario fails, the cursor
    /// goes there.
    pub(super) fn open(&mut self, path: &Path, options: &LoadOptions<'_>, files: &dyn FileSystem) {
        if let Err(error) = self.try_open(path, options, files) {
            self.show_error(error);
        }
    }

    /// Opens a waveform whose signals were asked for: `A=D0 B=!D1`.
    pub(super) fn open_mapped(&mut self, path: &str, maps: &str, files: &dyn FileSystem) {
        let map: Result<Vec<_>, _> = maps.split_whitespace().map(Mapping::parse).collect();
        match map {
            Ok(map) => {
                let waveform = WaveformOptions {
                    map,
                    ..WaveformOptions::default()
                };
                let options = LoadOptions {
                    waveform: Some(&waveform),
                    ..LoadOptions::default()
                };
                self.open(Path::new(path), &options, files);
            }
            Err(problem) => self.show_error(problem),
        }
    }

    /// Asks which signals of a waveform are the buttons, with a proposal to edit.
    fn ask_for_signals(&mut self, path: &Path, candidates: &Candidates) {
        let shown = candidates.signals.iter().take(CANDIDATES);
        let shown: Vec<_> = shown
            .map(|signal| format!("{} {} edges", signal.path, signal.edges))
            .collect();
        let kind = PromptKind::Map {
            path: path.display().to_string(),
            signals: format!("{} ({})", path.display(), shown.join(", ")),
        };
        self.open_prompt(kind, candidates.mappings.join(" "));
    }

    fn try_open(
        &mut self,
        path: &Path,
        options: &LoadOptions<'_>,
        files: &dyn FileSystem,
    ) -> Result<(), String> {
        let name = path.display();
        let bytes = files
            .read(path, InputFormat::MAX_BYTES)
            .map_err(|error| format!("cannot read {name}: {error}"))?;
        if is_rules(&name.to_string()) {
            return self.open_rules(name.to_string(), bytes);
        }
        let format = InputFormat::of(path, &bytes);
        let loaded = match format {
            InputFormat::Waveform(kind) => {
                let said = options.waveform.cloned().unwrap_or_default();
                let waveform = files
                    .waveform_options(path, said)
                    .map_err(|error| error_chain(&error))?;
                let options = LoadOptions {
                    app: options.app.or_else(|| self.app_of_capture(&bytes, kind)),
                    waveform: Some(&waveform),
                    ..LoadOptions::default()
                };
                format.load_with(&self.registry, &bytes, &options)
            }
            _ => {
                let beside = FilesBeside { path, files };
                let options = LoadOptions {
                    files: Some(&beside),
                    ..*options
                };
                format.load_with(&self.registry, &bytes, &options)
            }
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                if let Some(candidates) = candidates(&error) {
                    self.ask_for_signals(path, candidates);
                    return Ok(());
                }
                return Err(format!("{name}{}", first_problem(&error)));
            }
        };
        let app = loaded.app.descriptor().name();
        let rules = files.rules_beside(path, app, &self.registry);
        self.show(&name.to_string(), &loaded)
            .map_err(|error| error_chain(&error))?;
        self.hold_to(rules.map_err(|error| error_chain(&error))?);
        Ok(())
    }

    /// The app that is shown, for a capture that names none.
    fn app_of_capture(&self, bytes: &[u8], format: WaveformFormat) -> Option<&'static str> {
        let waveform = Waveform::parse(bytes, format, self.registry.panic_guard()).ok()?;
        let names_none = waveform.app().is_none();
        names_none.then(|| self.trace().descriptor().name())
    }

    /// Shows a run that was loaded from a file of this name.
    pub(super) fn show(&mut self, name: &str, loaded: &LoadedScript) -> Result<(), TimelineError> {
        self.replace(&loaded.app, &loaded.script)?;
        self.failures = mismatches(&loaded.checks, self.trace())
            .map(|(span, mismatch)| FailedExpectation {
                tick: mismatch.tick,
                text: format!("{name}:{span}: {}", mismatch.message),
            })
            .collect();
        match self.failures.first().cloned() {
            Some(failed) => {
                self.move_to(failed.tick);
                self.show_error(failed.text);
            }
            None => {
                let notes = loaded.notes.iter().map(|note| format!(" ({note})"));
                let notes: String = notes.collect();
                let length = self.clock(self.end());
                self.show_message(format!("opened {name}, {length} long{notes}"));
            }
        }
        Ok(())
    }
}

/// The signals that could be the buttons, where a waveform does not say which are.
fn candidates(error: &LoadError) -> Option<&Candidates> {
    let LoadError::Waveform(refused) = error else {
        return None;
    };
    match &*refused.error.kind {
        WaveformErrorKind::NoInputs(candidates) if !candidates.mappings.is_empty() => {
            Some(candidates)
        }
        _ => None,
    }
}

/// The first problem of a file, with its place if it has one, to follow the file's name.
fn first_problem(error: &LoadError) -> String {
    match error {
        LoadError::Diagnostics(diagnostics) => match diagnostics.first() {
            Some(diagnostic) => format!(
                ":{}: {}; {}",
                diagnostic.span, diagnostic.message, diagnostic.expected
            ),
            None => String::new(),
        },
        other => format!(": {}", error_chain(other)),
    }
}
