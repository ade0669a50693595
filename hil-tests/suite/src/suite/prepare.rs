//! What has to be there before anything is played: what the host makes of each scenario, its
//! golden, and the images.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::{Diagnostic, error_chain};
use lockstep_engine::diff::divergence;
use lockstep_engine::files;
use lockstep_engine::golden::{self, GOLDEN_EXTENSION};
use lockstep_engine::load::InputFormat;
use lockstep_engine::project::ProjectCommands;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::scenario::MAX_BYTES;
use lockstep_engine::trace::document::{self, Document};
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
    #[error("cannot read `{}`", .path.display())]
    #[non_exhaustive]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The scenario has no golden.
    #[error("there is no golden `{}`", .0.display())]
    NoGolden(PathBuf),
    /// It was valid when the scenarios were listed.
    #[error("`{}` is no longer a valid scenario: it changed during the run", .0.display())]
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
    pub fn help(&self, commands: &ProjectCommands) -> Option<String> {
        match self {
            Self::NoGolden(_) | Self::Golden { .. } => Some(format!(
                "`INSTA_UPDATE=always {}` writes goldens",
                commands.goldens
            )),
            _ => None,
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
    let io = |path: &Path, source| PrepareError::Io {
        path: path.to_owned(),
        source,
    };
    let path = &scenario.path;
    let text = files::read(path, MAX_BYTES).map_err(|source| io(path, source))?;
    let loaded = InputFormat::Scenario.load(registry, &text, None);
    let loaded = loaded.map_err(|_| PrepareError::Scenario(path.clone()))?;
    let path = path.with_extension(GOLDEN_EXTENSION);
    let golden = match files::read(&path, document::MAX_BYTES) {
        Ok(golden) => String::from_utf8_lossy(&golden).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PrepareError::NoGolden(path));
        }
        Err(error) => return Err(io(&path, error)),
    };
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
