//! Opening a file in the simulator.

use std::path::Path;

use super::file_system::FileSystem;
use super::ui_state::{FailedExpectation, UiState};
use super::view::clock;
use lockstep_engine::checker::check_trace;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::load::{InputFormat, LoadError, LoadOptions, LoadedScript};
use lockstep_engine::stimulus::WaveformErrorKind;
use lockstep_engine::timeline::TimelineError;

impl UiState {
    /// Opens the run in a file, with what was said about it. Where an expectation
    /// of a scenario fails, the cursor goes there.
    pub(super) fn open(&mut self, path: &Path, options: &LoadOptions<'_>, files: &dyn FileSystem) {
        if let Err(error) = self.try_open(path, options, files) {
            self.show_error(error);
        }
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
        let loaded = InputFormat::of(path, &bytes)
            .load_with(&self.registry, &bytes, options)
            .map_err(|error| format!("{name}{}", first_problem(&error)))?;
        self.show(&name.to_string(), &loaded)
            .map_err(|error| error_chain(&error))
    }

    /// Shows a run that was loaded from a file of this name.
    pub(super) fn show(&mut self, name: &str, loaded: &LoadedScript) -> Result<(), TimelineError> {
        self.replace(&loaded.app, &loaded.script)?;
        self.failures = check_trace(&loaded.checks, self.trace())
            .into_iter()
            .map(|failure| FailedExpectation {
                tick: failure.tick,
                text: format!("{name}:{}: {}", failure.span, failure.message),
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
                let length = clock(self.end());
                self.show_message(format!("opened {name}, {length} long{notes}"));
            }
        }
        Ok(())
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
        LoadError::Waveform(refused) => {
            let hint = match &*refused.error.kind {
                WaveformErrorKind::NoInputs(candidates) if !candidates.mappings.is_empty() => {
                    let maps = candidates.mappings.iter();
                    let maps: String = maps.map(|map| format!(" --map {map}")).collect();
                    format!("; open it with `sim FILE{maps}`")
                }
                _ => String::new(),
            };
            format!(": {}{hint}", refused.error)
        }
        other => format!(": {}", error_chain(other)),
    }
}
