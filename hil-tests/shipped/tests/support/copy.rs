//! A copy of what images are built from, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use walkdir::WalkDir;

use super::support;

/// A repository with nothing in it but the firmware, built nowhere else.
pub(crate) struct Copy {
    pub(crate) root: PathBuf,
    _folder: TempDir,
}

impl Copy {
    /// Copies to a folder of this name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(name);
        let original = support::root();
        fs::create_dir_all(&root).unwrap();
        fs::copy(original.join("Cargo.toml"), root.join("Cargo.toml")).unwrap();
        let built = |path: &Path| path.is_dir() && path.ends_with("target");
        let files = WalkDir::new(original.join("firmware-core"))
            .into_iter()
            .filter_entry(|entry| !built(entry.path()));
        for entry in files {
            let entry = entry.unwrap();
            let to = root.join(entry.path().strip_prefix(&original).unwrap());
            if entry.file_type().is_dir() {
                fs::create_dir_all(to).unwrap();
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
        Self {
            root,
            _folder: folder,
        }
    }

    /// The folder of a board.
    pub(crate) fn board(&self, name: &str) -> PathBuf {
        self.root.join("firmware-core/boards").join(name)
    }
}
