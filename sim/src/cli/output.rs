//! What is written: results, to standard output or whole files.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use tempfile::Builder;
use thiserror::Error;

use crate::trace::{Trace, jsonl, text, vcd};

/// The forms a trace is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One line each, in columns: the form of the goldens.
    Text,
    /// One JSON object a line.
    Jsonl,
    /// A value change dump (IEEE 1364), for waveform viewers.
    Vcd,
}

impl Format {
    /// The trace in this form.
    pub(super) fn render(self, trace: &Trace) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Text => text::write(trace, &mut bytes),
            Self::Jsonl => jsonl::write(trace, &mut bytes),
            Self::Vcd => vcd::write(trace, &mut bytes),
        }?;
        Ok(bytes)
    }
}

/// A result cannot be written.
#[derive(Debug, Error)]
#[error("cannot write `{}`: {error}", .path.display())]
pub(super) struct OutputError {
    path: PathBuf,
    error: io::Error,
}

/// The name that stands for standard output.
const STDOUT: &str = "-";

/// Writes to the file, or to standard output where none is named.
pub(super) fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), OutputError> {
    match path.filter(|path| path.as_os_str() != STDOUT) {
        Some(path) => write_file(path, bytes).map_err(|error| OutputError {
            path: path.to_owned(),
            error,
        }),
        None => write_stdout(bytes).map_err(|error| OutputError {
            path: "standard output".into(),
            error,
        }),
    }
}

/// Whoever closed standard output has seen enough: that is no error.
fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A link is followed: it is the file behind it that is replaced, or comes to be.
fn behind_links(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    // The system itself follows no more than this.
    for _ in 0..40 {
        let Ok(next) = fs::read_link(&target) else {
            break;
        };
        target = match target.parent() {
            Some(folder) => folder.join(next),
            None => next,
        };
    }
    target
}

/// Writes beside the file and renames, so that the file is never half there. A device or
/// a pipe cannot be renamed over and is written as it is.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    if is_special {
        let mut file = OpenOptions::new().write(true).open(path)?;
        return file.write_all(bytes);
    }
    let target = behind_links(path);
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(".sim-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&target).map_or(0o666, |found| found.permissions().mode());
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    if !folder.is_dir() {
        let problem = format!("there is no folder `{}`", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, problem));
    }
    // The error would name the file that was to be renamed, and a new one every time.
    let mut file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.persist(&target)?;
    Ok(())
}
