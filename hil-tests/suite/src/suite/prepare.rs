//! What has to be there before anything is played: what the host makes of each scenario, its
//! golden, and the images.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::{Diagnostic, error_chain};
use lockstep_engine::diff::divergence;
use lockstep_engine::golden::{self, GOLDEN_EXTENSION};
use lockstep_engine::load::InputFormat;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::trace::document::Document;
use thiserror::Error;

use super::firmware::{Firmware, FirmwareError};
use super::run::PreparedScenario;
use crate::bench::plan::Scenario;
use lockstep_images::board::Board;
use lockstep_images::build::{self, BuildError, Profile};
use lockstep_images::toolchain::Environment;

/// A scenario cannot be played on a board.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is no scenario any more.
    #[error("`{}` is no scenario", .0.display())]
    Scenario(PathBuf),
    /// Its golden is no trace.
    #[error("`{}`:{}: {}", .path.display(), .problem.span, .problem.message)]
    Golden {
        /// The golden.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<Diagnostic>,
    },
}

impl PrepareError {
    /// What can be done about it.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Golden { .. } => {
                "`INSTA_UPDATE=always cargo test -p sim --test scenarios` writes goldens"
            }
            Self::Scenario(_) => "it was one a moment ago: run it again",
        }
    }
}

/// Plays the scenario on the host, and reads its golden.
///
/// # Errors
///
/// That it has no golden, or is no scenario.
pub fn prepare(scenario: &Scenario, registry: &Registry) -> Result<PreparedScenario, PrepareError> {
    let host = golden::play_file(registry, &scenario.path).map_err(|error| error_chain(&error));
    let read = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok((text, path)),
        Err(error) => Err(PrepareError::Io { path, error }),
    };
    let (text, path) = read(scenario.path.clone())?;
    let loaded = InputFormat::Scenario.load(registry, text.as_bytes(), None);
    let loaded = loaded.map_err(|_| PrepareError::Scenario(path))?;
    let (golden, path) = read(scenario.path.with_extension(GOLDEN_EXTENSION))?;
    let golden = Document::parse(&golden).map_err(|problem| PrepareError::Golden {
        path,
        problem: Box::new(problem),
    })?;
    let on_the_host = host.as_ref().ok().map(Document::from);
    let stale = on_the_host.and_then(|host| divergence(&golden, &host));
    Ok(PreparedScenario {
        scenario: scenario.clone(),
        script: loaded.script,
        host,
        golden,
        stale: stale.map(|found| found.tick),
    })
}

/// There are no images to play on a board.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImagesError {
    /// They cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The board makes no image of an app.
    #[error("`{board}` builds no image `{name}`: an entry file in its `src/bin` makes one")]
    None {
        /// The board.
        board: String,
        /// The image.
        name: String,
    },
    /// One of them cannot be used.
    #[error(transparent)]
    Firmware(#[from] FirmwareError),
}

/// Builds the release images of these apps for a board of the project at `root`.
///
/// # Errors
///
/// That they cannot be built or used.
pub fn images(
    environment: &Environment,
    root: &Path,
    board: &Board,
    apps: &BTreeSet<&'static str>,
    registry: &Registry,
) -> Result<Vec<Firmware>, ImagesError> {
    let built = build::build(environment, root, board, Profile::Release)?;
    let wanted = |entry: &&AppEntry| apps.contains(entry.descriptor().name());
    registry
        .apps()
        .iter()
        .filter(wanted)
        .map(|app| {
            let name = format!("{}-{}", board.name, app.descriptor().name());
            match built.iter().find(|image| image.name == name) {
                Some(image) => Ok(Firmware::read(app, image, board)?),
                None => Err(ImagesError::None {
                    board: board.name.clone(),
                    name,
                }),
            }
        })
        .collect()
}
