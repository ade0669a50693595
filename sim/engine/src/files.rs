//! Reads files, never without a limit, and finds those below a folder.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The files below a folder with this extension, in upper or lower case, sorted by name.
/// Links are followed.
///
/// # Errors
///
/// The first entry that cannot be read; nothing is skipped.
pub fn below(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let has_extension = entry
            .path()
            .extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(extension));
        if entry.file_type().is_file() && has_extension {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// The whole file, if it has at most `limit` bytes.
///
/// # Errors
///
/// Those of the file system, and one that names the limit.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        let problem = format!("it has more than {limit} bytes, the most that are read");
        return Err(io::Error::other(problem));
    }
    Ok(bytes)
}
