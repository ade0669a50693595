//! Reads files, never without a limit, and finds those below a folder.

use std::fmt;
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

/// Reads the files that another one names.
pub trait NamedFiles: fmt::Debug {
    /// The whole file of this name, if it has at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Those of the file system, and one that names the limit.
    fn read(&self, name: &Path, limit: usize) -> io::Result<Vec<u8>>;
}

/// The files in a folder and below it, by names that are relative to it.
#[derive(Clone, Copy, Debug)]
pub struct FilesIn<'a>(pub &'a Path);

impl<'a> FilesIn<'a> {
    /// The files in the folder of this one, and below it.
    #[must_use]
    pub fn folder_of(file: &'a Path) -> Self {
        Self(file.parent().unwrap_or(Path::new("")))
    }
}

impl NamedFiles for FilesIn<'_> {
    fn read(&self, name: &Path, limit: usize) -> io::Result<Vec<u8>> {
        read(&self.0.join(name), limit)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A new folder of this test process.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("lockstep-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_is_read_up_to_the_limit_and_not_beyond() {
        let folder = folder("limit");
        let path = folder.join("file");
        fs::write(&path, [7; 10]).unwrap();
        assert_eq!(read(&path, 10).unwrap(), [7; 10]);
        let error = read(&path, 9).unwrap_err().to_string();
        assert!(error.contains("more than 9 bytes"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn files_are_found_below_a_folder_in_any_case_and_sorted() {
        let folder = folder("below");
        fs::create_dir_all(folder.join("inner.scn")).unwrap();
        for name in ["b.scn", "a.SCN", "inner.scn/c.scn", "other.snap", "scn"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let found = below(&folder, "scn").unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(&folder).unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["a.SCN", "b.scn", "inner.scn/c.scn"]);
        fs::remove_dir_all(&folder).unwrap();
        assert!(below(&folder, "scn").is_err());
    }
}
