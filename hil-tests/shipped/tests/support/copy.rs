//! A copy of what images are built from, in a folder of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use walkdir::WalkDir;

use super::support;

/// Where the images are built.
const TARGET: &str = "firmware-core/boards/target";

/// A repository with nothing in it but the firmware, built nowhere else.
pub(crate) struct WorkspaceCopy {
    pub(crate) root: PathBuf,
    _folder: TempDir,
}

impl WorkspaceCopy {
    /// Copies to a folder of this name, with the dependencies for this target that the repository has built
    /// for release.
    pub(crate) fn with_dependencies(name: &str, target: &str) -> Self {
        let copy = Self::with_build_tools(name);
        copy.take_built(&Path::new(target).join("release"));
        copy
    }

    /// Copies to a folder of this name, with what runs on this machine while images are built.
    pub(crate) fn with_build_tools(name: &str) -> Self {
        let copy = Self::new(name);
        copy.take_built(Path::new("release"));
        copy
    }

    /// Takes a folder of what the repository has built.
    fn take_built(&self, folder: &Path) {
        let built = support::root().join(TARGET);
        for entry in WalkDir::new(built.join(folder)).into_iter().flatten() {
            let Ok(place) = entry.path().strip_prefix(&built) else {
                continue;
            };
            let to = self.root.join(TARGET).join(place);
            let copied = if entry.file_type().is_dir() {
                fs::create_dir_all(to)
            } else if place.components().any(|part| part.as_os_str() == "deps") {
                // Nothing that a compiler has written is written again.
                fs::hard_link(entry.path(), &to).or_else(|_| copy_with_time(entry.path(), &to))
            } else {
                copy_with_time(entry.path(), &to)
            };
            // Whoever builds there meanwhile takes files away.
            let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            if !copied.as_ref().is_err_and(is_gone) {
                copied.unwrap();
            }
        }
    }

    /// Copies to a folder of this name.
    fn new(name: &str) -> Self {
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

/// Copies a file with the time of its last change, which cargo goes by.
fn copy_with_time(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let changed = fs::metadata(from)?.modified()?;
    // A file that cannot be written is opened for reading: its owner may set its times all the same.
    fs::File::open(to)?.set_modified(changed)
}
