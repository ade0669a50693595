//! The boards of a workspace: every folder with a `board.toml`.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// Where the boards stand, from the root of the repository.
pub const BOARDS: &str = "firmware-core/boards";

/// The file that makes a folder a board.
pub const BOARD_FILE: &str = "board.toml";

/// The targets of Cortex-M chips.
const TARGETS: [&str; 7] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.base-none-eabi",
    "thumbv8m.main-none-eabi",
    "thumbv8m.main-none-eabihf",
];

/// What `board.toml` says about a board, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The name, which is also that of the folder and of the package.
    pub name: String,
    /// The chip, as probe-rs names it.
    pub chip: String,
    /// The register that identifies the chip, where it has one.
    pub chip_id: Option<ChipId>,
    /// The target triple of the images.
    pub target: String,
    /// The flash the chip has.
    pub flash: Region,
    /// The RAM the chip has.
    pub ram: Region,
    /// The most that a release image may take.
    pub budget: Budget,
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

/// A piece of the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// The first address.
    pub origin: u32,
    /// How long it is.
    pub bytes: u32,
}

impl Region {
    /// The first address behind it.
    #[must_use]
    pub fn end(self) -> u64 {
        u64::from(self.origin) + u64::from(self.bytes)
    }

    /// Whether all of the range is in it.
    #[must_use]
    pub fn holds(self, range: &Range<u64>) -> bool {
        range.start >= u64::from(self.origin) && range.end <= self.end()
    }
}

/// The most that an image may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Bytes of flash.
    pub flash: u32,
    /// Bytes of RAM that are taken before the stack.
    pub ram: u32,
}

#[derive(Deserialize)]
struct BoardFile {
    name: String,
    chip: String,
    #[serde(default)]
    chip_id: Option<ChipId>,
    /// The former name of `chip_id`.
    #[serde(default, rename = "chip_says", deserialize_with = "refuse_chip_says")]
    _chip_says: (),
    target: String,
    memory: Memory,
    budget: Budget,
}

fn refuse_chip_says<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(de::Error::custom(
        "the key `chip_says` is now called `chip_id`: rename it",
    ))
}

#[derive(Deserialize)]
struct Memory {
    flash: Region,
    ram: Region,
}

/// No board can be had.
#[derive(Debug, Error)]
pub enum BoardError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read `{}`: {error}", .path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A board file is not one.
    #[error("`{}` describes no board: {error}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where in it, and what was expected.
        error: Box<toml::de::Error>,
    },
    /// The images would be for no chip that is known here.
    #[error("`{}` names the target `{target}`: expected one of {}", .path.display(), TARGETS.join(", "))]
    Target {
        /// The file.
        path: PathBuf,
        /// The target in it.
        target: String,
    },
    /// A board is not named like its folder.
    #[error("`{}` names its board `{name}`, and stands in a folder of another name: give both one name", .path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The name in it.
        name: String,
    },
    /// There is no board at all.
    #[error("there is no `*/{BOARD_FILE}` in `{}`", .0.display())]
    None(PathBuf),
    /// There is no board of this name.
    #[error("there is no board `{name}`: there are {}", .boards.join(", "))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those there are.
        boards: Vec<String>,
    },
}

impl Board {
    /// Reads the board in this folder.
    ///
    /// # Errors
    ///
    /// Those of the file system, and what is wrong with the file, with its place.
    pub fn read(folder: &Path) -> Result<Self, BoardError> {
        let path = folder.join(BOARD_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return Err(BoardError::Io { path, error }),
        };
        let file: BoardFile = match toml::from_str(&text) {
            Ok(file) => file,
            Err(error) => {
                let error = Box::new(error);
                return Err(BoardError::Format { path, error });
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
            target: file.target,
            flash: file.memory.flash,
            ram: file.memory.ram,
            budget: file.budget,
            folder: folder.to_owned(),
        })
    }
}

/// All boards of a workspace of boards, by name.
///
/// # Errors
///
/// Those of [`Board::read`], and that there is none.
pub fn boards(workspace: &Path) -> Result<Vec<Board>, BoardError> {
    let folders = folders(workspace)?;
    folders.iter().map(|folder| Board::read(folder)).collect()
}

/// The folders of all boards, by name.
fn folders(workspace: &Path) -> Result<Vec<PathBuf>, BoardError> {
    let unreadable = |error| BoardError::Io {
        path: workspace.to_owned(),
        error,
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(workspace).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        if folder.join(BOARD_FILE).is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(BoardError::None(workspace.to_owned()));
    }
    Ok(folders)
}

/// The board of this name, or all where none is named. One that is broken is no hindrance where
/// another is named.
///
/// # Errors
///
/// Those of [`boards`], and that there is none of this name.
pub fn select(workspace: &Path, name: Option<&str>) -> Result<Vec<Board>, BoardError> {
    let Some(name) = name else {
        return boards(workspace);
    };
    let folders = folders(workspace)?;
    let named = |folder: &&PathBuf| folder.file_name() == Some(name.as_ref());
    match folders.iter().find(named) {
        Some(folder) => Ok(vec![Board::read(folder)?]),
        None => Err(BoardError::Unknown {
            name: name.to_owned(),
            boards: folders
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

    #[test]
    fn the_former_name_of_a_key_is_refused_with_the_new_one() {
        let text = "[chip_says]\nregister = \"PART\"\naddress = 0\nvalue = 1\n";
        let error = toml::from_str::<BoardFile>(text).err().unwrap().to_string();
        assert!(error.contains("line 1"), "{error}");
        assert!(
            error.contains("`chip_says` is now called `chip_id`"),
            "{error}"
        );
    }
}
