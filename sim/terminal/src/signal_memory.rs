//! The file in which the [signals](super::signal_list) of an app are remembered.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lockstep_console::file;
use lockstep_engine::files;

use super::signal_list::SignalList;
use super::ui_state::UiState;

/// The most bytes of such a file: more than an app has signals.
const MAX_BYTES: usize = 64 * 1024;

/// Remembers which signals are shown, and in which order, for each app in a file of its own.
pub(super) struct SignalMemory {
    folder: Option<PathBuf>,
    /// The app whose signals are shown, and what its file says.
    remembered: Option<(&'static str, SignalList)>,
}

impl SignalMemory {
    /// In the folder for the state of programs (XDG Base Directory Specification 0.8); nothing is
    /// remembered where there is none.
    pub(super) fn of_user() -> Self {
        let absolute = |name: &str| {
            let path = env::var_os(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let state = absolute("XDG_STATE_HOME");
        let state = state.or_else(|| Some(absolute("HOME")?.join(".local/state")));
        Self::within(state.map(|state| state.join("lockstep/signals")))
    }

    fn within(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            remembered: None,
        }
    }

    /// Recalls the signals of an app that has come, and writes those that have been rearranged.
    /// What cannot be written is said once.
    pub(super) fn follow(&mut self, ui: &mut UiState) {
        let Some(folder) = self.folder.clone() else {
            return;
        };
        let descriptor = ui.descriptor();
        let file = folder.join(descriptor.name());
        match &mut self.remembered {
            Some((app, list)) if *app == descriptor.name() => {
                if *list == ui.signal_list {
                    return;
                }
                list.clone_from(&ui.signal_list);
                if let Err(error) = write(&file, &list.to_text(descriptor)) {
                    self.folder = None;
                    ui.show_error(format!(
                        "the signals are not remembered: `{}`: {error}",
                        file.display()
                    ));
                }
            }
            _ => {
                let text = files::read(&file, MAX_BYTES).ok();
                if let Some(text) = text.and_then(|text| String::from_utf8(text).ok()) {
                    ui.signal_list = SignalList::read(&text, descriptor);
                    ui.waves.selected = 0;
                }
                self.remembered = Some((descriptor.name(), ui.signal_list.clone()));
            }
        }
    }
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    file::write(file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appearance::Appearance;
    use crate::key_bindings::UiCommand;
    use crate::theme::Theme;
    use lockstep_apps::lamp::Lamp;
    use lockstep_engine::registry::{AppEntry, Registry};
    use lockstep_engine::script::Script;

    fn ui() -> UiState {
        let app = AppEntry::of::<Lamp>();
        let registry = Registry::new(vec![app.clone()]).unwrap();
        let theme = Theme::new(Appearance::default());
        UiState::new(registry, &app, &Script::default(), theme).unwrap()
    }

    #[test]
    fn what_is_rearranged_is_there_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let memory = || SignalMemory::within(Some(folder.path().join("signals")));
        let (mut before, mut writer) = (ui(), memory());
        writer.follow(&mut before);
        before.command(UiCommand::FoldSignal);
        before.command(UiCommand::SignalDown);
        writer.follow(&mut before);
        let mut after = ui();
        assert_ne!(after.signal_list, before.signal_list);
        memory().follow(&mut after);
        assert_eq!(after.signal_list, before.signal_list);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut memory = SignalMemory::within(Some(file.path().join("signals")));
        let mut ui = ui();
        memory.follow(&mut ui);
        ui.command(UiCommand::FoldSignal);
        memory.follow(&mut ui);
        let said = ui.message.take().unwrap().text;
        assert!(said.starts_with("the signals are not remembered"), "{said}");
        ui.command(UiCommand::FoldSignal);
        memory.follow(&mut ui);
        assert_eq!(ui.message, None);
    }
}
