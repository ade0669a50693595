//! Saving a branch to a file.

use std::path::Path;

use super::file_system::FileSystem;
use super::overlay::SaveFormat;
use super::ui_state::UiState;
use lockstep_engine::checker::mismatches;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::load::InputFormat;
use lockstep_engine::recording::Recording;
use lockstep_engine::scenario::export::export;
use lockstep_engine::script::Script;
use lockstep_engine::trace::vcd;

/// What to do with a run that a scenario cannot express.
const NOT_EXPRESSIBLE: &str = "not expressible as a scenario; save a recording instead";

impl UiState {
    /// Saves the current branch to a file.
    pub(super) fn save(&mut self, format: SaveFormat, path: &str, files: &mut dyn FileSystem) {
        let saved = self.rendered(format).and_then(|bytes| {
            let written = files.write(Path::new(path), &bytes);
            written.map_err(|error| error.to_string())
        });
        match saved {
            Ok(()) => {
                self.mark_saved();
                let how = match format {
                    SaveFormat::Scenario => format!("`sim run {path}` plays it"),
                    SaveFormat::Recording => format!("`sim replay {path}` plays it"),
                    SaveFormat::Waveform => "any waveform viewer opens it".to_owned(),
                };
                let how = self.commands.name_in(&how);
                self.show_message(format!("saved to {path}: {how}"));
            }
            Err(error) => self.show_error(format!("not saved to {path}: {error}")),
        }
    }

    fn rendered(&self, format: SaveFormat) -> Result<Vec<u8>, String> {
        let branch = self.timeline.branch();
        let descriptor = self.timeline.app().descriptor();
        let script = || branch.script().map_err(|error| error_chain(&error));
        match format {
            SaveFormat::Scenario => {
                if let Some(error) = branch.broken() {
                    let error = error_chain(error);
                    return Err(format!("a scenario cannot hold a failed run: {error}"));
                }
                let script = script()?;
                let text = export(descriptor, &script, branch.trace()).to_string();
                self.check_exported(&text, &script)?;
                Ok(text.into_bytes())
            }
            SaveFormat::Recording => Recording::of(descriptor, &script()?)
                .map(|recording| recording.encode())
                .map_err(|error| error_chain(&error)),
            SaveFormat::Waveform => {
                let mut bytes = Vec::new();
                vcd::write(branch.trace(), &mut bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
        }
    }

    /// Checks that a scenario plays the script that it was exported from, and holds. A long
    /// run can need more sentences than a scenario may have.
    fn check_exported(&self, text: &str, script: &Script) -> Result<(), String> {
        let loaded = InputFormat::Scenario.load(&self.registry, text.as_bytes(), None);
        let is_equal = loaded.is_ok_and(|loaded| {
            let mut broken = mismatches(&loaded.checks, self.trace());
            loaded.script == *script && broken.next().is_none()
        });
        if is_equal {
            Ok(())
        } else {
            Err(NOT_EXPRESSIBLE.to_owned())
        }
    }
}
