//! The bench files below folders.

use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::Diagnostic;
use lockstep_engine::files;
use lockstep_engine::source::{Source, SourceError};
use thiserror::Error;

use super::board_pins::BoardPins;
use super::{BENCH, Bench, read};

/// The most bench files that are read.
pub const MAX_BENCHES: usize = 256;

/// The folders of benches cannot be searched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FindError {
    /// A folder cannot be read.
    #[error("cannot read `{}`", .folder.display())]
    #[non_exhaustive]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error of the file system.
        source: io::Error,
    },
    /// There are too many files.
    #[error("there are {0} bench files: expected at most {MAX_BENCHES}")]
    TooMany(usize),
}

/// A bench file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// It cannot be read.
    #[error(transparent)]
    Input(#[from] SourceError),
    /// It does not describe a bench.
    #[error("`{}` is not a valid bench file: {} problems", .text.name, .problems.len())]
    #[non_exhaustive]
    Problems {
        /// The file.
        text: Source,
        /// What is wrong in it, in the order of the text.
        problems: Vec<Diagnostic>,
    },
    /// Two files have the name, so that it means neither of them.
    #[error(
        "two benches are named `{name}`: `{}` and `{}`; rename one of the files",
        .first.display(), .second.display()
    )]
    #[non_exhaustive]
    DuplicateName {
        /// The name.
        name: String,
        /// The file that was found first.
        first: PathBuf,
        /// The other file.
        second: PathBuf,
    },
}

/// A bench file that cannot be used, and why.
#[derive(Debug)]
pub struct UnusableBench {
    /// The name of the bench: that of its file, without the extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: BenchError,
}

/// The benches of some folders.
#[derive(Debug, Default)]
pub struct BenchSet {
    /// Those that can be used, in the order of the folders and by name in each.
    pub benches: Vec<Bench>,
    /// Those that cannot: a broken file does not keep the other benches from being used.
    pub unusable: Vec<UnusableBench>,
}

/// Reads the benches below these folders. A folder that does not exist has none.
///
/// # Errors
///
/// That a folder cannot be read, or has too many files. A file that is wrong is no error: it is
/// among those that are unusable.
pub fn find(folders: &[PathBuf], boards: &[BoardPins]) -> Result<BenchSet, FindError> {
    let mut paths = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        let files = files::below(folder, BENCH).map_err(|source| FindError::Folder {
            folder: folder.clone(),
            source,
        });
        paths.extend(files?);
    }
    if paths.len() > MAX_BENCHES {
        return Err(FindError::TooMany(paths.len()));
    }
    let mut found = BenchSet::default();
    for path in paths {
        match open(&path, boards) {
            Ok(bench) => found.add(bench),
            Err(error) => found.unusable.push(UnusableBench {
                name: path.file_stem().unwrap_or_default().display().to_string(),
                path,
                error,
            }),
        }
    }
    Ok(found)
}

impl BenchSet {
    /// Adds a bench. Where there is one of its name already, neither can be used.
    fn add(&mut self, bench: Bench) {
        let same_name = |other: &Bench| other.name == bench.name;
        let known = match self.benches.iter().position(same_name) {
            Some(index) => Some(self.benches.remove(index).path),
            None => self.first_of_duplicates(&bench.name),
        };
        match known {
            None => self.benches.push(bench),
            Some(first) => self.unusable.push(UnusableBench {
                name: bench.name.clone(),
                path: bench.path.clone(),
                error: BenchError::DuplicateName {
                    name: bench.name,
                    first,
                    second: bench.path,
                },
            }),
        }
    }

    /// The file that had this name first, if the name is known to mean several.
    fn first_of_duplicates(&self, name: &str) -> Option<PathBuf> {
        self.unusable
            .iter()
            .find_map(|unusable| match &unusable.error {
                BenchError::DuplicateName { first, .. } if unusable.name == name => {
                    Some(first.clone())
                }
                _ => None,
            })
    }
}

fn open(path: &Path, boards: &[BoardPins]) -> Result<Bench, BenchError> {
    parse(path, Source::read(path, read::MAX_BYTES)?, boards)
}

/// The bench of a file with this content.
pub(super) fn parse(
    path: &Path,
    source: Source,
    boards: &[BoardPins],
) -> Result<Bench, BenchError> {
    let bench = match source.text() {
        Ok(text) => read::read(path, text, boards),
        Err(problem) => Err(vec![problem]),
    };
    bench.map_err(|problems| BenchError::Problems {
        text: source,
        problems,
    })
}
