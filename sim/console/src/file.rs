//! Files are written whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::Builder;

/// Held while a file is half there, beside the one that it will replace.
static WRITING: Mutex<()> = Mutex::new(());

/// Comes back when no file is half there, and lets none be begun: for a process that is
/// about to end.
pub fn stop_writing() {
    if let Ok(guard) = WRITING.lock() {
        mem::forget(guard);
    }
}

/// Whether something is there that is no plain file: a device, a pipe.
pub fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// Writes beside the file and renames, so that the file is never half there. A device or
/// a pipe cannot be renamed over and is written as it is.
///
/// # Errors
///
/// Those of the file system; the file is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, &mut |to| to.write_all(bytes))
}

/// As [`write()`], of what `contents` writes.
///
/// # Errors
///
/// Those of the file system, and of `contents`; the file is then as it was.
pub fn write_with(
    path: &Path,
    contents: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if is_special(path) {
        let file = OpenOptions::new().write(true).open(path)?;
        let mut file = BufWriter::new(file);
        return match contents(&mut file).and_then(|()| file.flush()) {
            // Whoever closed the other end has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        };
    }
    let _writing = WRITING.lock();
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
    let mut buffer = BufWriter::new(file.as_file_mut());
    contents(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    file.persist(&target)?;
    Ok(())
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
