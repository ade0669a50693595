//! What stands in a folder and below it.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The files below a folder that end in this extension, in whatever case, by name. Links
/// are followed.
///
/// # Errors
///
/// The first thing that cannot be looked at: what is not seen is not passed over.
pub fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let ends_so = entry
            .path()
            .extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(extension));
        if entry.file_type().is_file() && ends_so {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}
