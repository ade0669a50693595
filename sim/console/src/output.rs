//! What is written: results, to standard output or whole files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::exit::Exit;
use crate::file;
use crate::report::Report;

/// A result cannot be written.
#[derive(Debug, Error)]
#[error("cannot write `{}`", .path.display())]
pub struct OutputError {
    path: PathBuf,
    #[source]
    error: io::Error,
}

/// The name that stands for standard output.
const STDOUT: &str = "-";

/// Writes to the file, or to standard output where none is named.
///
/// # Errors
///
/// Those of the file system. Whoever closed standard output has seen enough: that is none.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), OutputError> {
    match path.filter(|path| path.as_os_str() != STDOUT) {
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
    let message = format!("`{}` would be written over", path.display());
    let help = "it is read, or written twice: name another file";
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
