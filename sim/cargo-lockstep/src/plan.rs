//! What is to be written into a project: planned as a whole, shown, then written as a whole.
//!
//! Nothing is written over. Every file is first written whole under another name in its folder;
//! only when all are there are they renamed. So an error leaves the project as it was, and a process
//! that is killed leaves whole files only, from which another run goes on.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use similar::TextDiff;
use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

/// How the names of files begin that are written and not yet renamed.
const UNFINISHED: &str = ".lockstep-unfinished-";

/// Held while files are renamed.
static APPLYING: Mutex<()> = Mutex::new(());

/// Comes back when no plan is half applied: for a process that is about to end.
pub(crate) fn finish_applying() {
    drop(APPLYING.lock().unwrap_or_else(PoisonError::into_inner));
}

/// One file that comes to be, or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The file, from the root.
    pub(crate) path: PathBuf,
    /// What is in it now, if it is there.
    pub(crate) before: Option<String>,
    /// What will be in it.
    pub(crate) after: String,
}

impl Change {
    /// How many lines are added and removed.
    pub(crate) fn lines(&self) -> (usize, usize) {
        let before = self.before.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(before, &self.after);
        let count = |tag| diff.iter_all_changes().filter(|it| it.tag() == tag).count();
        (
            count(similar::ChangeTag::Insert),
            count(similar::ChangeTag::Delete),
        )
    }

    fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let path = self.path.display();
        let old = match self.before {
            Some(_) => format!("a/{path}"),
            None => "/dev/null".to_owned(),
        };
        TextDiff::from_lines(before, &self.after)
            .unified_diff()
            .header(&old, &format!("b/{path}"))
            .to_string()
    }
}

/// Something that the user has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ByHand {
    /// What was not done, and why.
    pub(crate) reason: String,
    /// What to do: lines and where they belong.
    pub(crate) lines: String,
}

/// A plan cannot be carried out. The project is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum PlanError {
    /// A file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A file or a folder cannot be written.
    #[error("cannot write `{}`: nothing was changed", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A file has changed since it was read.
    #[error("`{}` changed meanwhile: nothing was changed", .0.display())]
    Changed(PathBuf),
}

/// What is to be done to a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    root: PathBuf,
    changes: Vec<Change>,
    by_hand: Vec<ByHand>,
}

impl Plan {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            changes: Vec::new(),
            by_hand: Vec::new(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn changes(&self) -> &[Change] {
        &self.changes
    }

    pub(crate) fn by_hand(&self) -> &[ByHand] {
        &self.by_hand
    }

    /// What the user has to do.
    pub(crate) fn leave(&mut self, reason: impl Into<String>, lines: impl Into<String>) {
        self.by_hand.push(ByHand {
            reason: reason.into(),
            lines: lines.into(),
        });
    }

    /// The text of a file as it will be: as planned so far, or as it is.
    pub(crate) fn text(&self, path: &Path) -> Result<Option<String>, PlanError> {
        match self.changes.iter().find(|change| change.path == path) {
            Some(change) => Ok(Some(change.after.clone())),
            None => read(&self.root, path),
        }
    }

    /// A file that is not there yet; one that is there stays as it is. Gives what is there.
    pub(crate) fn create(
        &mut self,
        path: impl Into<PathBuf>,
        text: impl Into<String>,
    ) -> Result<Option<String>, PlanError> {
        let path = path.into();
        let existing = self.text(&path)?;
        if existing.is_none() {
            self.changes.push(Change {
                path,
                before: None,
                after: text.into(),
            });
        }
        Ok(existing)
    }

    /// A file whose text becomes another, or comes to be.
    pub(crate) fn set(
        &mut self,
        path: impl Into<PathBuf>,
        text: impl Into<String>,
    ) -> Result<(), PlanError> {
        let (path, text) = (path.into(), text.into());
        if let Some(planned) = self.changes.iter_mut().find(|change| change.path == path) {
            planned.after = text;
            return Ok(());
        }
        let before = read(&self.root, &path)?;
        if before.as_ref() != Some(&text) {
            self.changes.push(Change {
                path,
                before,
                after: text,
            });
        }
        Ok(())
    }

    /// The differences, as a patch.
    pub(crate) fn diff(&self) -> String {
        self.changes.iter().map(Change::diff).collect()
    }

    /// Writes everything, or nothing.
    pub(crate) fn apply(&self) -> Result<(), PlanError> {
        self.apply_with(&mut |_| Ok(()))
    }

    /// The same; `before_rename` is asked before each file is renamed, by its path.
    fn apply_with(
        &self,
        before_rename: &mut dyn FnMut(&Path) -> io::Result<()>,
    ) -> Result<(), PlanError> {
        let _applying = APPLYING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut undo = Undo::default();
        let written = self.write_all(before_rename, &mut undo);
        if written.is_err() {
            undo.act();
        }
        written
    }

    fn write_all(
        &self,
        before_rename: &mut dyn FnMut(&Path) -> io::Result<()>,
        undo: &mut Undo,
    ) -> Result<(), PlanError> {
        let refused = |change: &Change, error| PlanError::Write {
            path: change.path.clone(),
            error,
        };
        for change in &self.changes {
            if read(&self.root, &change.path)? != change.before {
                return Err(PlanError::Changed(change.path.clone()));
            }
            let folder = self.folder(change);
            undo.create_folders(&folder)
                .map_err(|error| refused(change, error))?;
            remove_unfinished(&folder);
        }
        let mut ready = Vec::new();
        for change in &self.changes {
            let path = self.root.join(&change.path);
            let file = unfinished(&path, &self.folder(change), change)
                .map_err(|error| refused(change, error))?;
            ready.push((change, file));
        }
        for (change, file) in ready {
            let path = self.root.join(&change.path);
            let renamed = before_rename(&change.path).and_then(|()| match change.before {
                Some(_) => file.persist(&path).map_err(|error| error.error),
                None => file.persist_noclobber(&path).map_err(|error| error.error),
            });
            renamed.map_err(|error| refused(change, error))?;
            undo.written.push((path, change.before.clone()));
        }
        Ok(())
    }

    fn folder(&self, change: &Change) -> PathBuf {
        let mut path = self.root.join(&change.path);
        path.pop();
        path
    }
}

/// How a file is missing.
const ABSENT: [io::ErrorKind; 2] = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];

fn read(root: &Path, path: &Path) -> Result<Option<String>, PlanError> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        // Where a file stands in place of its folder, it is not there either.
        Err(error) if ABSENT.contains(&error.kind()) => Ok(None),
        Err(error) => Err(PlanError::Read {
            path: path.to_owned(),
            error,
        }),
    }
}

/// The new text of a file, beside it.
fn unfinished(path: &Path, folder: &Path, change: &Change) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_or(0o666, |found| found.permissions().mode());
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(change.after.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Removes what a process left that was killed. Nothing else has such names.
fn remove_unfinished(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What is to be undone if something fails later.
#[derive(Default)]
struct Undo {
    folders: Vec<PathBuf>,
    written: Vec<(PathBuf, Option<String>)>,
}

impl Undo {
    fn create_folders(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<_> = folder.ancestors().take_while(|it| !it.exists()).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    /// As far as the system lets it: what failed first is what is reported.
    fn act(self) {
        for (path, before) in self.written.into_iter().rev() {
            let _ = match before {
                Some(text) => lockstep_console::file::write(&path, text.as_bytes()),
                None => fs::remove_file(path),
            };
        }
        for folder in self.folders.into_iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests;
