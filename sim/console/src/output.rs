//! What is written: results, to standard output or whole files.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lockstep_engine::golden::GOLDEN_EXTENSION;
use thiserror::Error;

use crate::exit::Exit;
use crate::file;
use crate::report::Report;

/// A result cannot be written.
#[derive(Debug, Error)]
#[error("cannot write `{}`", .path.display())]
#[non_exhaustive]
pub struct OutputError {
    path: PathBuf,
    #[source]
    error: io::Error,
}

/// How the header of a golden begins.
const HEADER: &[u8; 4] = b"---\n";

/// The name that stands for standard output.
const STDOUT: &str = "-";

/// Writes to the file, or to standard output where none is named.
///
/// # Errors
///
/// Those of the file system. Whoever closed standard output has seen enough: that is none.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), OutputError> {
    match path.filter(|path| path.as_os_str() != STDOUT) {
        Some(path) if is_golden(path) => Err(OutputError {
            path: path.to_owned(),
            error: io::Error::other("it is a golden: only its test writes it"),
        }),
        Some(path) => file::write(path, bytes).map_err(|error| OutputError {
            path: path.to_owned(),
            error,
        }),
        None => write_stdout(bytes).map_err(|error| OutputError {
            path: "standard output".into(),
            error,
        }),
    }
}

/// Writes what `contents` writes to a file, whole or not at all.
///
/// # Errors
///
/// Those of the file system, and of `contents`.
pub fn write_with(
    path: &Path,
    contents: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    file::write_with(path, contents).map_err(|error| OutputError {
        path: path.to_owned(),
        error,
    })
}

/// Whether the file is a golden: a trace below the header of its test runner, which would be lost.
fn is_golden(path: &Path) -> bool {
    let has_extension = path.extension().is_some_and(|it| it == GOLDEN_EXTENSION);
    let mut start = [0; HEADER.len()];
    has_extension
        && fs::File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok_and(|()| start == *HEADER)
}

/// The first path to be written that is also read, or written twice.
pub fn taken_twice<'a>(
    read: impl Iterator<Item = &'a Path>,
    written: impl Iterator<Item = &'a Path>,
) -> Option<&'a Path> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_file = |path: &Path| path.as_os_str() != STDOUT && !file::is_special(path);
    let mut taken: Vec<_> = read.map(real).collect();
    for path in written.filter(|path| is_file(path)) {
        if taken.contains(&real(path)) {
            return Some(path);
        }
        taken.push(real(path));
    }
    None
}

/// Tells that a path is named for two things.
pub fn refuse_path(path: &Path, report: &Report) -> Exit {
    let message = format!("`{}` would be overwritten", path.display());
    let help = "it is an input, or named for two outputs: choose another file";
    report.print(&report.plain(&message, Some(help)));
    Exit::BadInput
}

/// Whoever closed standard output has seen enough: that is no error.
fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
