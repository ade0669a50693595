//! The baseline of a board: the sizes of its images when they were last accepted, in a committed
//! file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ImageSize;
use crate::board::Board;

/// The file name, in the folder of a board.
pub const BASELINE: &str = "size.toml";

const HEAD: &str = "# What the release images take. Written by `hil size --bless`.\n\n";

/// The images of a board, by name.
pub type Baseline = BTreeMap<String, BaselineEntry>;

/// The accepted size of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of RAM.
    pub ram: u64,
    /// Bytes by symbol.
    pub symbols: BTreeMap<String, u64>,
}

impl From<&ImageSize> for BaselineEntry {
    fn from(image: &ImageSize) -> Self {
        Self {
            flash: image.usage.flash,
            ram: image.usage.ram,
            symbols: image.symbols.clone(),
        }
    }
}

/// A baseline cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It is not a baseline.
    #[error("`{}` is not a valid baseline", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was expected, with line and column.
        source: Box<toml::de::Error>,
    },
}

/// The path of the baseline of a board.
#[must_use]
pub fn path(board: &Board) -> PathBuf {
    board.folder.join(BASELINE)
}

/// The baseline of a board, empty where there is none yet.
///
/// # Errors
///
/// That it cannot be read, or what is wrong in it.
pub fn read(board: &Board) -> Result<Baseline, BaselineError> {
    let path = path(board);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Baseline::new()),
        Err(source) => return Err(BaselineError::Io { path, source }),
    };
    toml::from_str(&text).map_err(|error| BaselineError::Format {
        path,
        source: Box::new(error),
    })
}

/// The text of a baseline with these images.
///
/// # Errors
///
/// Those of the serialiser, which has none for these types.
pub fn render(images: &[ImageSize]) -> Result<String, toml::ser::Error> {
    let entries = images
        .iter()
        .map(|image| (image.name.as_str(), BaselineEntry::from(image)));
    let entries: BTreeMap<_, _> = entries.collect();
    Ok(HEAD.to_owned() + &toml::to_string(&entries)?)
}

/// A symbol that takes more memory than in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolGrowth {
    /// Its readable name.
    pub name: String,
    /// Its size in the baseline, 0 if it is new.
    pub before: u64,
    /// Its size now.
    pub now: u64,
}

impl SymbolGrowth {
    /// By how many bytes it grew.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.now - self.before
    }
}

/// The symbols that grew since the baseline, the most first.
#[must_use]
pub fn growths(baseline: &BaselineEntry, image: &ImageSize) -> Vec<SymbolGrowth> {
    let mut growths: Vec<_> = image
        .symbols
        .iter()
        .map(|(name, now)| SymbolGrowth {
            name: name.clone(),
            before: baseline.symbols.get(name).copied().unwrap_or(0),
            now: *now,
        })
        .filter(|growth| growth.now > growth.before)
        .collect();
    growths.sort_by_key(|growth| std::cmp::Reverse(growth.bytes()));
    growths
}
