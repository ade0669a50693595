//! What images took when somebody last looked: a committed file beside the board.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Measured;
use crate::images::board::Board;

/// The file, in the folder of the board.
pub const BASELINE: &str = "size.toml";

const HEAD: &str = "# What the release images take. Written by `hil size --bless`.\n\n";

/// The images of a board, by name.
pub type Baseline = BTreeMap<String, Kept>;

/// What is kept of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Bytes of flash.
    pub flash: u64,
    /// Bytes of RAM.
    pub ram: u64,
    /// Bytes by symbol.
    pub symbols: BTreeMap<String, u64>,
}

impl From<&Measured> for Kept {
    fn from(measured: &Measured) -> Self {
        Self {
            flash: measured.usage.flash,
            ram: measured.usage.ram,
            symbols: measured.symbols.clone(),
        }
    }
}

/// A baseline cannot be had.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read `{}`: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is no baseline.
    #[error("`{}` is no baseline: {error}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where in it, and what was expected.
        error: Box<toml::de::Error>,
    },
}

/// Where the baseline of a board is.
#[must_use]
pub fn path(board: &Board) -> PathBuf {
    board.folder.join(BASELINE)
}

/// The baseline of a board, empty where there is none yet.
///
/// # Errors
///
/// Those of the file system, and what is wrong with the file, with its place.
pub fn read(board: &Board) -> Result<Baseline, BaselineError> {
    let path = path(board);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Baseline::new()),
        Err(error) => return Err(BaselineError::Io { path, error }),
    };
    toml::from_str(&text).map_err(|error| BaselineError::Format {
        path,
        error: Box::new(error),
    })
}

/// The baseline that these images would be.
///
/// # Errors
///
/// Those of the format, which has none for these types.
pub fn render(images: &[Measured]) -> Result<String, toml::ser::Error> {
    let kept = images
        .iter()
        .map(|image| (image.name.as_str(), Kept::from(image)));
    let kept: BTreeMap<_, _> = kept.collect();
    Ok(HEAD.to_owned() + &toml::to_string(&kept)?)
}

/// A symbol that takes more than it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Its readable name.
    pub name: String,
    /// Bytes it took, 0 if it was not there.
    pub before: u64,
    /// Bytes it takes.
    pub now: u64,
}

impl Growth {
    /// How many bytes more.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.now - self.before
    }
}

/// What grew since the baseline, the most first.
#[must_use]
pub fn growths(kept: &Kept, measured: &Measured) -> Vec<Growth> {
    let mut growths: Vec<_> = measured
        .symbols
        .iter()
        .map(|(name, now)| Growth {
            name: name.clone(),
            before: kept.symbols.get(name).copied().unwrap_or(0),
            now: *now,
        })
        .filter(|growth| growth.now > growth.before)
        .collect();
    growths.sort_by_key(|growth| std::cmp::Reverse(growth.bytes()));
    growths
}
