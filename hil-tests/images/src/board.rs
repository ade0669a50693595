//! Boards: every folder with a `board.toml` describes one.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lockstep_pins::UnfinishedBoard;
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// The file that makes a folder a board.
pub const BOARD_FILE: &str = "board.toml";

/// The length of a second-stage bootloader (RP2040 Datasheet, section 2.8.1.3.1).
pub const BOOT2_BYTES: u32 = 256;

/// An image definition is within so many bytes from the start of flash (RP2350 Datasheet, section 5.9.5).
pub const IMAGE_DEFINITION_WITHIN: usize = 4096;

/// The targets of Cortex-M chips.
pub const TARGETS: [&str; 7] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.base-none-eabi",
    "thumbv8m.main-none-eabi",
    "thumbv8m.main-none-eabihf",
];

/// A board: what its `board.toml` says, and where that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The name of the board, of its folder and of its package.
    pub name: String,
    /// The chip, as probe-rs names it.
    pub chip: String,
    /// The register that identifies the chip, where it has one.
    pub chip_id: Option<ChipId>,
    /// The machine that emulates the board, as emulators name it, if there is one.
    pub machine: Option<String>,
    /// The target triple of the images.
    pub target: String,
    /// The flash of the chip.
    pub flash: Region,
    /// The RAM of the chip.
    pub ram: Region,
    /// Whether the chip's ROM starts a second-stage bootloader of [`BOOT2_BYTES`] at the start of flash,
    /// as the RP2040 does. The vector table comes after it.
    pub boot2: bool,
    /// Whether the chip's ROM looks for an image definition in the first [`IMAGE_DEFINITION_WITHIN`] bytes of
    /// flash, as the RP2350 does.
    pub image_definition: bool,
    /// The most that a release image may take.
    pub budget: Budget,
    /// How many ticks what an image does may be away from the host's golden: above 0 for firmware that
    /// keeps its own time.
    pub tolerance: u32,
    /// The folder of the board.
    pub folder: PathBuf,
}

/// The register that identifies a chip, and its value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipId {
    /// The name of the register.
    pub register: String,
    /// Its address.
    pub address: u32,
    /// Its value on this chip.
    pub value: u32,
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The first address.
    pub origin: u32,
    /// Its length.
    pub bytes: u32,
}

impl Region {
    /// The first address after it.
    #[must_use]
    pub fn end(self) -> u64 {
        u64::from(self.origin) + u64::from(self.bytes)
    }

    /// Whether the whole range is in it.
    #[must_use]
    pub fn contains(self, range: &Range<u64>) -> bool {
        range.start >= u64::from(self.origin) && range.end <= self.end()
    }
}

/// The most that an image may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Bytes of flash.
    pub flash: u32,
    /// Bytes of RAM, the stack not included.
    pub ram: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFile {
    name: String,
    chip: String,
    #[serde(default)]
    chip_id: Option<ChipId>,
    /// The former name of `chip_id`.
    #[serde(default, rename = "chip_says", deserialize_with = "refuse_chip_says")]
    _chip_says: (),
    #[serde(default)]
    machine: Option<String>,
    target: String,
    #[serde(default)]
    boot2: bool,
    #[serde(default)]
    image_definition: bool,
    memory: Memory,
    budget: Budget,
    #[serde(default)]
    tolerance: u32,
}

fn refuse_chip_says<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(de::Error::custom(
        "the key `chip_says` is now called `chip_id`: rename it",
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    flash: Region,
    ram: Region,
}

/// A board cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BoardError {
    /// A folder or a file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A board has blanks.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedBoard),
    /// A board file is wrong.
    #[error("`{}` is not a valid board file", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected, with line and column.
        source: Box<toml::de::Error>,
    },
    /// The target of a board is no Cortex-M.
    #[error("`{}` names the target `{target}`: expected one of {}", .path.display(), TARGETS.join(", "))]
    Target {
        /// The file.
        path: PathBuf,
        /// The target in it.
        target: String,
    },
    /// A board is not named like its folder.
    #[error("`{}` names its board `{name}`: expected the name of its folder", .path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The name in it.
        name: String,
    },
    /// Two boards have one name.
    #[error("two boards are named `{name}`: `{}` and `{}`", .first.display(), .second.display())]
    Duplicate {
        /// The name.
        name: String,
        /// The folder of the first.
        first: PathBuf,
        /// The folder of the second.
        second: PathBuf,
    },
    /// There is no board.
    #[error("no `*/{BOARD_FILE}` in {}", listed(.0))]
    NoBoards(Vec<PathBuf>),
    /// There is no board of this name.
    #[error("there is no board `{name}`: expected one of {}", .boards.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those there are.
        boards: Vec<String>,
    },
}

fn listed(folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| format!("`{}`", folder.display()))
        .collect();
    match folders.is_empty() {
        true => "any folder: none was given".to_owned(),
        false => folders.join(" or "),
    }
}

impl Board {
    /// Reads the board in this folder.
    ///
    /// # Errors
    ///
    /// That its file cannot be read, what is wrong in it, or which blanks the board has.
    pub fn read(folder: &Path) -> Result<Self, BoardError> {
        let path = folder.join(BOARD_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(BoardError::Io { path, source }),
        };
        if let Some(unfinished) = UnfinishedBoard::find(folder) {
            return Err(unfinished.into());
        }
        let file: BoardFile = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => {
                let source = Box::new(error);
                return Err(BoardError::Format { path, source });
            }
        };
        if folder.file_name() != Some(file.name.as_ref()) {
            let name = file.name;
            return Err(BoardError::Name { path, name });
        }
        if !TARGETS.contains(&file.target.as_str()) {
            let target = file.target;
            return Err(BoardError::Target { path, target });
        }
        Ok(Self {
            name: file.name,
            chip: file.chip,
            chip_id: file.chip_id,
            machine: file.machine,
            target: file.target,
            flash: file.memory.flash,
            ram: file.memory.ram,
            boot2: file.boot2,
            image_definition: file.image_definition,
            budget: file.budget,
            tolerance: file.tolerance,
            folder: folder.to_owned(),
        })
    }

    /// Where the vector table is.
    #[must_use]
    pub fn vector_table(&self) -> u32 {
        match self.boot2 {
            true => self.flash.origin.saturating_add(BOOT2_BYTES),
            false => self.flash.origin,
        }
    }

    /// The folder that holds the board's own, where cargo is run.
    #[must_use]
    pub fn workspace(&self) -> &Path {
        match self.folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

/// All boards in these folders, folder by folder and by name.
///
/// # Errors
///
/// Those of [`Board::read`], that two have one name, and that there is none.
pub fn boards(folders: &[PathBuf]) -> Result<Vec<Board>, BoardError> {
    let set = read_all(folders)?;
    match set.unfinished.into_iter().next() {
        Some(unfinished) => Err(unfinished.into()),
        None => Ok(set.boards),
    }
}

/// The boards of some folders, and those that nothing can be done with yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BoardSet {
    /// Those that are finished, at least one.
    pub boards: Vec<Board>,
    /// Those that have blanks.
    pub unfinished: Vec<UnfinishedBoard>,
}

/// All boards that are finished, and those that are not.
///
/// # Errors
///
/// Those of [`boards`], but [`BoardError::Unfinished`] only if no board is finished.
pub fn finished_boards(folders: &[PathBuf]) -> Result<BoardSet, BoardError> {
    let set = read_all(folders)?;
    match set.unfinished.first() {
        Some(unfinished) if set.boards.is_empty() => Err(unfinished.clone().into()),
        _ => Ok(set),
    }
}

fn read_all(folders: &[PathBuf]) -> Result<BoardSet, BoardError> {
    let mut boards: Vec<Board> = Vec::new();
    let mut unfinished = Vec::new();
    for folder in board_folders(folders)? {
        let board = match Board::read(&folder) {
            Ok(board) => board,
            Err(BoardError::Unfinished(board)) => {
                unfinished.push(board);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some(other) = boards.iter().find(|other| other.name == board.name) {
            return Err(BoardError::Duplicate {
                name: board.name,
                first: other.folder.clone(),
                second: board.folder,
            });
        }
        boards.push(board);
    }
    Ok(BoardSet { boards, unfinished })
}

/// The folders with a board file.
fn board_folders(folders: &[PathBuf]) -> Result<Vec<PathBuf>, BoardError> {
    let mut found = Vec::new();
    for folder in folders {
        let unreadable = |source| BoardError::Io {
            path: folder.clone(),
            source,
        };
        let mut of_folder = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join(BOARD_FILE).is_file() {
                of_folder.push(path);
            }
        }
        of_folder.sort();
        found.extend(of_folder);
    }
    match found.is_empty() {
        true => Err(BoardError::NoBoards(folders.to_vec())),
        false => Ok(found),
    }
}

/// The board of this name, or all boards where `name` is `None`. Another board that is broken does
/// not matter to the one that is named.
///
/// # Errors
///
/// Those of [`boards`], and that there is none of this name.
pub fn select(folders: &[PathBuf], name: Option<&str>) -> Result<Vec<Board>, BoardError> {
    let Some(name) = name else {
        return boards(folders);
    };
    let found = board_folders(folders)?;
    let is_named = |folder: &&PathBuf| folder.file_name() == Some(name.as_ref());
    match found.iter().find(is_named) {
        Some(folder) => Ok(vec![Board::read(folder)?]),
        None => Err(BoardError::Unknown {
            name: name.to_owned(),
            boards: found
                .iter()
                .filter_map(|folder| folder.file_name())
                .map(|name| name.to_string_lossy().into_owned())
                .collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "name = \"tiny\"\nchip = \"c\"\ntarget = \"thumbv6m-none-eabi\"\n\
                        [memory]\nflash = { origin = 0, bytes = 1 }\nram = { origin = 1, bytes = 1 }\n\
                        [budget]\nflash = 1\nram = 1\n";

    fn board(folder: &Path, text: &str) -> Result<Board, BoardError> {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(BOARD_FILE), text).unwrap();
        Board::read(folder)
    }

    #[test]
    fn a_board_that_can_be_emulated_names_its_machine() {
        let folder = tempfile::tempdir().unwrap();
        let tiny = folder.path().join("tiny");
        assert_eq!(board(&tiny, FILE).unwrap().machine, None);
        let text = format!("machine = \"microbit\"\n{FILE}");
        let machine = board(&tiny, &text).unwrap().machine;
        assert_eq!(machine.as_deref(), Some("microbit"));
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("machin = \"microbit\"\n{FILE}");
        let error = board(&folder.path().join("tiny"), &text).unwrap_err();
        let BoardError::Format { source, .. } = &error else {
            panic!("{error}");
        };
        assert!(source.to_string().contains("line 1, column 1"), "{source}");
        assert!(source.to_string().contains("`machine`"), "{source}");
    }

    #[test]
    fn a_board_with_blanks_is_told_by_them_and_not_by_what_they_break() {
        let folder = tempfile::tempdir().unwrap();
        let tiny = folder.path().join("tiny");
        let error = board(&tiny, &FILE.replace("origin = 0", "origin = FILL_IN")).unwrap_err();
        let BoardError::Unfinished(unfinished) = &error else {
            panic!("{error}");
        };
        assert_eq!(unfinished.blanks()[0].line, 5);
        fs::create_dir(tiny.join("src")).unwrap();
        fs::write(tiny.join("src/lib.rs"), "const HZ: u32 = FILL_IN;").unwrap();
        let error = board(&tiny, FILE).unwrap_err().to_string();
        assert!(
            error.contains("src/lib.rs:1  const HZ: u32 = FILL_IN;"),
            "{error}"
        );
    }

    #[test]
    fn boards_of_several_folders_have_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        board(&one.join("tiny"), FILE).unwrap();
        board(&other.join("small"), &FILE.replace("tiny", "small")).unwrap();
        let folders = [one, other];
        let found = boards(&folders).unwrap();
        let names: Vec<_> = found.iter().map(|board| board.name.as_str()).collect();
        assert_eq!(names, ["tiny", "small"]);
        assert_eq!(found[1].workspace(), folders[1]);
        board(&folders[1].join("tiny"), FILE).unwrap();
        assert!(matches!(
            boards(&folders),
            Err(BoardError::Duplicate { .. })
        ));
    }

    #[test]
    fn a_broken_board_does_not_keep_another_from_being_selected() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_owned()];
        board(&folders[0].join("tiny"), FILE).unwrap();
        assert!(board(&folders[0].join("broken"), "").is_err());
        assert!(boards(&folders).is_err());
        assert_eq!(select(&folders, Some("tiny")).unwrap().len(), 1);
        let error = select(&folders, Some("tidy")).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no board `tidy`: expected one of broken, tiny"
        );
    }

    #[test]
    fn a_board_with_blanks_does_not_keep_those_from_being_used_that_are_finished() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_owned()];
        let blank = FILE.replace("origin = 0", "origin = FILL_IN");
        assert!(board(&folders[0].join("blank"), &blank).is_err());
        let none = finished_boards(&folders);
        assert!(matches!(none, Err(BoardError::Unfinished(_))));
        board(&folders[0].join("tiny"), FILE).unwrap();
        assert!(matches!(boards(&folders), Err(BoardError::Unfinished(_))));
        let set = finished_boards(&folders).unwrap();
        assert_eq!(set.boards[0].name, "tiny");
        assert_eq!(set.unfinished[0].name(), "blank");
        assert!(board(&folders[0].join("broken"), "").is_err());
        assert!(finished_boards(&folders).is_err());
    }

    #[test]
    fn a_folder_without_boards_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = boards(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        let none = boards(&[]).unwrap_err().to_string();
        assert_eq!(none, "no `*/board.toml` in any folder: none was given");
    }

    #[test]
    fn the_former_name_of_a_key_is_refused_with_the_new_one() {
        let text = "[chip_says]\nregister = \"PART\"\naddress = 0\nvalue = 1\n";
        let error = toml::from_str::<BoardFile>(text).err().unwrap().to_string();
        assert!(
            error.contains("`chip_says` is now called `chip_id`"),
            "{error}"
        );
    }
}
