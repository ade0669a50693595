//! Boards that are not finished: places where somebody still has to put a value.

use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What stands in the place of a value that nobody has given yet.
pub const BLANK: &str = "FILL_IN";

/// The files of a board that may have blanks, and the folder of its sources.
const FILES: [&str; 3] = ["board.toml", "memory.x", "pins.toml"];
const SOURCES: &str = "src";

/// A line of a board with a [`BLANK`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blank {
    /// The file, from the folder of the board.
    pub file: PathBuf,
    /// The number of the line, from 1.
    pub line: usize,
    /// The line, which says what belongs there.
    pub text: String,
}

/// A board with blanks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct UnfinishedBoard {
    folder: PathBuf,
    blanks: Vec<Blank>,
}

impl UnfinishedBoard {
    /// The blanks of the board in this folder, if there are any. What cannot be read has none: whoever
    /// needs it says so.
    ///
    /// ```
    /// use lockstep_pins::UnfinishedBoard;
    ///
    /// let folder = std::env::temp_dir().join(format!("mycard-{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// std::fs::write(folder.join("pins.toml"), "ports = FILL_IN # how many pins each port has\n")?;
    /// let board = UnfinishedBoard::find(&folder).expect("a blank");
    /// assert_eq!(board.blanks()[0].line, 1);
    /// std::fs::write(folder.join("pins.toml"), "ports = [16]\n")?;
    /// assert_eq!(UnfinishedBoard::find(&folder), None);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn find(folder: &Path) -> Option<Self> {
        let mut files: Vec<_> = FILES.iter().map(PathBuf::from).collect();
        // Without sources there are none with blanks.
        let _ = sources(folder, Path::new(SOURCES), &mut files);
        let blanks: Vec<_> = files
            .iter()
            .filter_map(|file| Some((file, fs::read_to_string(folder.join(file)).ok()?)))
            .flat_map(|(file, text)| blanks(file, &text))
            .collect();
        let folder = folder.to_owned();
        (!blanks.is_empty()).then_some(Self { folder, blanks })
    }

    /// The name of the board: that of its folder.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        let name = self.folder.file_name();
        name.unwrap_or_default().to_string_lossy()
    }

    /// The folder of the board.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its blanks, file by file; at least one.
    #[must_use]
    pub fn blanks(&self) -> &[Blank] {
        &self.blanks
    }
}

impl fmt::Display for UnfinishedBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.display();
        let places: Vec<_> = self
            .blanks
            .iter()
            .map(|blank| format!("{}:{}", blank.file.display(), blank.line))
            .collect();
        let width = places.iter().map(String::len).max().unwrap_or_default();
        match self.blanks.len() {
            1 => write!(f, "one line of the board in `{folder}` is not filled in:")?,
            count => write!(
                f,
                "{count} lines of the board in `{folder}` are not filled in:"
            )?,
        }
        for (place, blank) in places.iter().zip(&self.blanks) {
            write!(f, "\n  {place:<width$}  {}", blank.text)?;
        }
        write!(f, "\nput a value in the place of each `{BLANK}`")
    }
}

/// The files below a folder of the board, in the order of their names.
fn sources(board: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut names = fs::read_dir(board.join(folder))?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    for name in names {
        let path = folder.join(name);
        match board.join(&path).is_dir() {
            true => sources(board, &path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

fn blanks(file: &Path, text: &str) -> Vec<Blank> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| has_blank(line));
    lines
        .map(|(index, line)| Blank {
            file: file.to_owned(),
            line: index + 1,
            text: line.trim().to_owned(),
        })
        .collect()
}

/// Whether the mark is in the line, as a word.
fn has_blank(line: &str) -> bool {
    line.split(|it: char| !it.is_alphanumeric() && it != '_')
        .any(|word| word == BLANK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_is_a_word_and_is_shown_with_its_line() {
        let text = "a = 1\n  b = \"FILL_IN\" # 2. The chip\nc = FILL_INS\nd = FILL_IN - 256\n";
        let board = UnfinishedBoard {
            folder: "boards/mycard".into(),
            blanks: blanks(Path::new("board.toml"), text),
        };
        assert_eq!(
            board.to_string(),
            "2 lines of the board in `boards/mycard` are not filled in:\n  \
             board.toml:2  b = \"FILL_IN\" # 2. The chip\n  \
             board.toml:4  d = FILL_IN - 256\n\
             put a value in the place of each `FILL_IN`"
        );
    }

    #[test]
    fn a_folder_without_a_board_has_no_blanks() {
        assert_eq!(UnfinishedBoard::find(Path::new("/nowhere")), None);
    }
}
