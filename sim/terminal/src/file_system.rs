//! The files that the simulator can reach.

use std::fmt;
use std::io;
use std::path::Path;

use lockstep_console::file;
use lockstep_engine::files::{self, NamedFiles};
use lockstep_engine::load::waveform_options::{WaveformOptionsError, complete};
use lockstep_engine::registry::Registry;
use lockstep_engine::waveform::WaveformOptions;
use lockstep_rules::files::{LoadedRules, RulesError, beside};

/// The files that the simulator can reach: those of the machine, none, or those of a test.
pub(super) trait FileSystem {
    /// Whether something exists there.
    fn exists(&self, path: &Path) -> bool;
    /// The whole file, if it has at most `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;
    /// What is said about a waveform, then what stands beside it and in the project file; where
    /// there is neither, what is said.
    fn waveform_options(
        &self,
        waveform: &Path,
        said: WaveformOptions,
    ) -> Result<WaveformOptions, WaveformOptionsError> {
        let _ = waveform;
        Ok(said)
    }
    /// The rules for an app that stand beside a file.
    fn rules_beside(
        &self,
        file: &Path,
        app: &str,
        registry: &Registry,
    ) -> Result<Vec<LoadedRules>, RulesError> {
        let _ = (file, app, registry);
        Ok(Vec::new())
    }
    /// Writes the whole file, or leaves it as it was.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
}

/// The files beside one that is opened.
pub(super) struct FilesBeside<'a> {
    pub(super) path: &'a Path,
    pub(super) files: &'a dyn FileSystem,
}

impl fmt::Debug for FilesBeside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FilesBeside").field(&self.path).finish()
    }
}

impl NamedFiles for FilesBeside<'_> {
    fn read(&self, name: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        self.files.read(&folder.join(name), limit)
    }
}

/// The files of this machine.
pub(super) struct LocalFiles;

impl FileSystem for LocalFiles {
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        files::read(path, limit)
    }

    fn waveform_options(
        &self,
        waveform: &Path,
        said: WaveformOptions,
    ) -> Result<WaveformOptions, WaveformOptionsError> {
        complete(said, waveform)
    }

    fn rules_beside(
        &self,
        file: &Path,
        app: &str,
        registry: &Registry,
    ) -> Result<Vec<LoadedRules>, RulesError> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let mut rules = beside(&file, app, registry)?;
        // On a screen there is little room for what is the same of all names.
        if let Ok(here) = std::env::current_dir() {
            for rules in &mut rules {
                if let Ok(short) = Path::new(&rules.source.name).strip_prefix(&here) {
                    rules.source.name = short.display().to_string();
                }
            }
        }
        Ok(rules)
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        file::write(path, bytes)
    }
}

/// No files: nothing can be read, and what is written is discarded.
pub(super) struct NoFiles;

impl FileSystem for NoFiles {
    fn exists(&self, _: &Path) -> bool {
        false
    }

    fn read(&self, _: &Path, _: usize) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn write(&mut self, _: &Path, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}
