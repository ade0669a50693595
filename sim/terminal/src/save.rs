//! Keeping a run in a file, and opening one.

use std::path::Path;

use super::file_system::FileSystem;
use super::overlay::SaveFormat;
use super::ui_state::{FailedExpectation, UiState};
use super::view::clock;
use lockstep_engine::checker::check_trace;
use lockstep_engine::load::{InputFormat, LoadError, LoadedScript};
use lockstep_engine::recording::Recording;
use lockstep_engine::scenario::export::export;
use lockstep_engine::script::Script;
use lockstep_engine::timeline::TimelineError;
use lockstep_engine::trace::vcd;

impl UiState {
    /// Keeps the present branch, up to its end.
    pub(super) fn save(&mut self, kind: SaveFormat, path: &str, files: &mut dyn FileSystem) {
        let saved = self.rendered(kind).and_then(|bytes| {
            files
                .write(Path::new(path), &bytes)
                .map_err(|e| e.to_string())
        });
        match saved {
            Ok(()) => {
                self.mark_saved();
                let how = match kind {
                    SaveFormat::Scenario => format!("`sim run {path}` plays it"),
                    SaveFormat::Recording => format!("`sim replay {path}` plays it"),
                    SaveFormat::Waveform => "any waveform viewer opens it".to_owned(),
                };
                self.show_message(format!("saved in {path}: {how}"));
            }
            Err(error) => self.show_error(format!("not saved in {path}: {error}")),
        }
    }

    fn rendered(&self, kind: SaveFormat) -> Result<Vec<u8>, String> {
        let branch = self.timeline.branch();
        let descriptor = self.timeline.app().descriptor();
        let script = || -> Result<Script, String> { branch.script().map_err(|e| e.to_string()) };
        match kind {
            SaveFormat::Scenario => {
                if let Some(error) = branch.broken() {
                    return Err(format!("no scenario can hold a run that failed: {error}"));
                }
                let script = script()?;
                let text = export(descriptor, &script, branch.trace()).to_string();
                self.check_saved(&text, &script)?;
                Ok(text.into_bytes())
            }
            SaveFormat::Recording => Recording::of(descriptor, &script()?)
                .map(|recording| recording.encode())
                .map_err(|error| error.to_string()),
            SaveFormat::Waveform => {
                let mut bytes = Vec::new();
                vcd::write(branch.trace(), &mut bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
        }
    }

    /// Whether the text plays what was done, and holds what happened: a long run can be more
    /// than a scenario can say.
    fn check_saved(&self, text: &str, script: &Script) -> Result<(), String> {
        let loaded = InputFormat::Scenario
            .load(&self.registry, text.as_bytes(), None)
            .map_err(|error| format!("as a scenario{}", first_diagnostic(&error)))?;
        let holds = check_trace(&loaded.checks, self.trace()).is_empty();
        if loaded.script == *script && holds {
            return Ok(());
        }
        Err("it cannot be told as a scenario: save a recording".to_owned())
    }

    /// Opens a run, of `app` where it does not say; a scenario that fails is entered where its first expectation fails.
    pub(super) fn open(&mut self, path: &str, app: Option<&str>, files: &dyn FileSystem) {
        if let Err(error) = self.try_open(path, app, files) {
            self.show_error(error);
        }
    }

    fn try_open(
        &mut self,
        path: &str,
        app: Option<&str>,
        files: &dyn FileSystem,
    ) -> Result<(), String> {
        let bytes = files
            .read(Path::new(path), InputFormat::MAX_BYTES)
            .map_err(|error| format!("cannot read {path}: {error}"))?;
        let loaded = InputFormat::of(Path::new(path), &bytes)
            .load(&self.registry, &bytes, app)
            .map_err(|error| format!("{path}{}", first_diagnostic(&error)))?;
        self.show(path, &loaded).map_err(|error| error.to_string())
    }

    /// Shows a run that was read.
    pub(super) fn show(&mut self, path: &str, loaded: &LoadedScript) -> Result<(), TimelineError> {
        self.replace(&loaded.app, &loaded.script)?;
        self.failures = check_trace(&loaded.checks, self.trace())
            .into_iter()
            .map(|failure| FailedExpectation {
                tick: failure.tick,
                text: format!("{path}:{}: {}", failure.span, failure.message),
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
                self.show_message(format!(
                    "{path} is open: {} of it{notes}",
                    clock(self.end())
                ));
            }
        }
        Ok(())
    }
}

fn first_diagnostic(error: &LoadError) -> String {
    match error {
        LoadError::Diagnostics(diagnostics) => match diagnostics.first() {
            Some(diagnostic) => format!(
                ":{}: {}; {}",
                diagnostic.span, diagnostic.message, diagnostic.expected
            ),
            None => String::new(),
        },
        other => format!(": {other}"),
    }
}
