//! The bench files below folders.

use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::Diagnostic;
use lockstep_engine::files;
use lockstep_engine::input::{InputError, Source};
use thiserror::Error;

use super::inputs::Inputs;
use super::{BENCH, Bench, read};

/// The most benches that are looked at.
pub const MAX_BENCHES: usize = 256;

/// A bench cannot be had.
#[derive(Debug, Error)]
pub enum FindError {
    /// A folder cannot be walked.
    #[error("cannot read `{}`: {error}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file is no bench.
    #[error("`{}` describes no bench: it has {} problems", .text.name, .problems.len())]
    Problems {
        /// The file.
        text: Source,
        /// What is wrong in it, by place.
        problems: Vec<Diagnostic>,
    },
    /// Two files make one name.
    #[error(
        "two benches are named `{name}`: `{}` and `{}`; rename one of the files",
        .first.display(), .second.display()
    )]
    Twice {
        /// The name.
        name: String,
        /// The file that was found first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// There are more than anybody has.
    #[error("there are {0} bench files: expected at most {MAX_BENCHES}")]
    TooMany(usize),
}

/// The benches below these folders, in the order of the folders and by name in each. A folder
/// that is not there has none.
///
/// # Errors
///
/// Everything that is wrong with any of them.
pub fn find(folders: &[PathBuf], boards: &[Inputs]) -> Result<Vec<Bench>, Vec<FindError>> {
    let mut errors = Vec::new();
    let mut paths = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        match files::below(folder, BENCH) {
            Ok(files) => paths.extend(files),
            Err(error) => errors.push(FindError::Folder {
                folder: folder.clone(),
                error,
            }),
        }
    }
    if paths.len() > MAX_BENCHES {
        return Err(vec![FindError::TooMany(paths.len())]);
    }
    let mut benches: Vec<Bench> = Vec::new();
    for path in paths {
        match open(&path, boards) {
            Ok(bench) => match benches.iter().find(|other| other.name == bench.name) {
                Some(other) => errors.push(FindError::Twice {
                    name: bench.name,
                    first: other.path.clone(),
                    second: bench.path,
                }),
                None => benches.push(bench),
            },
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(benches),
        false => Err(errors),
    }
}

fn open(path: &Path, boards: &[Inputs]) -> Result<Bench, FindError> {
    let source = Source::read(path, read::MAX_BYTES)?;
    let bench = match source.text() {
        Ok(text) => read::read(path, text, boards),
        Err(problem) => Err(vec![problem]),
    };
    bench.map_err(|problems| FindError::Problems {
        text: source,
        problems,
    })
}
