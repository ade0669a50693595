//! Reads files and standard input, never without a limit.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnostic::{BYTE_ORDER_MARK, Diagnostic, utf8};
use crate::files;

/// The name that stands for standard input.
const STDIN: &str = "-";

/// How messages name standard input.
const STDIN_NAME: &str = "<stdin>";

/// A text or a stream of bytes, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in messages: a path, mostly.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// An input cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The file system refuses.
    #[error("cannot read `{name}`")]
    Io {
        /// The input.
        name: String,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// It is longer than the limit.
    #[error("`{name}` has more than {limit} bytes, the most that are read")]
    TooLarge {
        /// The input.
        name: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A folder has no such file.
    #[error("found no `.{extension}` file in `{}`", .folder.display())]
    EmptyFolder {
        /// The folder.
        folder: PathBuf,
        /// The extension.
        extension: &'static str,
    },
}

impl Source {
    /// A text given on the command line.
    pub fn inline(text: &str) -> Self {
        Self {
            name: "--inline".to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// Reads a file, or standard input for `-`, of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Those of the file system, and one that names the limit.
    pub fn read(path: &Path, limit: usize) -> Result<Self, SourceError> {
        let (name, reader): (_, Box<dyn Read>) = if is_stdin(path) {
            (STDIN_NAME.to_owned(), Box::new(io::stdin().lock()))
        } else {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|error| SourceError::Io {
                name: name.clone(),
                error,
            })?;
            (name, Box::new(file))
        };
        let mut bytes = Vec::new();
        let read = reader
            .take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1))
            .read_to_end(&mut bytes);
        match read {
            Err(error) => Err(SourceError::Io { name, error }),
            Ok(count) if count > limit => Err(SourceError::TooLarge { name, limit }),
            Ok(_) => Ok(Self { name, bytes }),
        }
    }

    /// The path of the file that it was read from, beside which other files are; a text of the
    /// command line is in the current folder, and standard input is nowhere.
    pub fn path(&self) -> Option<&Path> {
        (self.name != STDIN_NAME).then(|| Path::new(&self.name))
    }

    /// The content as text.
    ///
    /// # Errors
    ///
    /// A [`Diagnostic`] at the first byte that is not UTF-8.
    pub fn text(&self) -> Result<&str, Diagnostic> {
        utf8(&self.bytes)
    }

    /// A line, counted from 1; bytes that are not UTF-8 are replaced.
    pub fn line(&self, number: usize) -> Cow<'_, str> {
        let mut lines = self.bytes.split(|byte| *byte == b'\n');
        let line = lines.nth(number.saturating_sub(1)).unwrap_or_default();
        let mark = if number == 1 { BYTE_ORDER_MARK } else { b"" };
        let line = line.strip_prefix(mark).unwrap_or(line);
        String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Whether the path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Whether the path ends in this extension.
pub fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// The paths, with each folder replaced by the files below it that have this extension.
pub fn expand(paths: &[PathBuf], extension: &'static str) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = Vec::new();
    for path in paths {
        if is_stdin(path) || !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let found = files::below(path, extension).map_err(|error| SourceError::Io {
            name: path.display().to_string(),
            error,
        })?;
        if found.is_empty() {
            return Err(SourceError::EmptyFolder {
                folder: path.clone(),
                extension,
            });
        }
        files.extend(found);
    }
    Ok(files)
}
