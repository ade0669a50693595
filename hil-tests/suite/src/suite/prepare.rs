//! What has to be there before anything is played: what the host makes of each scenario, its
//! golden, and the images.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::{Diagnostic, error_chain};
use lockstep_engine::diff::divergence;
use lockstep_engine::files;
use lockstep_engine::golden::{self, GOLDEN_EXTENSION, GoldenError};
use lockstep_engine::load::InputFormat;
use lockstep_engine::play::PlayError;
use lockstep_engine::project::ProjectCommands;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::MAX_BYTES;
use lockstep_engine::script::Script;
use lockstep_engine::trace::document::{self, Document};
use thiserror::Error;

use super::board_image::{BoardImage, BoardImageError};
use super::rules::first_broken;
use super::run::PreparedScenario;
use crate::bench::plan::Scenario;
use lockstep_images::board::Board;
use lockstep_images::build::{self, BuildError, Profile};
use lockstep_images::toolchain::Environment;
use lockstep_rules::files::{LoadedRules, RulesError, beside};

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
    /// It does not hold on the host, so there is nothing to hold a board to.
    #[error("`{}` does not hold on the host: {reason}", .path.display())]
    #[non_exhaustive]
    Host {
        /// The scenario.
        path: PathBuf,
        /// What happened there.
        reason: String,
    },
    /// The scenario has no golden.
    #[error("there is no golden `{}`", .0.display())]
    NoGolden(PathBuf),
    /// It was valid when the scenarios were listed.
    #[error("`{}` is no longer a valid scenario: it changed during the run", .0.display())]
    Scenario(PathBuf),
    /// The rules beside it cannot be used.
    #[error("the rules for `{}` cannot be used", .path.display())]
    #[non_exhaustive]
    Rules {
        /// The scenario.
        path: PathBuf,
        /// Why not.
        source: Box<RulesError>,
    },
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

/// Plays the scenario on the host, and reads its golden and the rules beside it.
///
/// # Errors
///
/// That it has no golden, or is no scenario, or that its rules cannot be used.
pub fn prepare(scenario: &Scenario, registry: &Registry) -> Result<PreparedScenario, PrepareError> {
    let host = match golden::play_file(registry, &scenario.path) {
        // It says nothing about the app.
        Err(GoldenError::Play {
            path,
            error: error @ PlayError::Process { .. },
        }) => {
            let source = io::Error::other(error);
            return Err(PrepareError::Io { path, source });
        }
        played => played.map_err(|error| error_chain(&error)),
    };
    let rules = rules(scenario, registry)?;
    let host = host.and_then(|trace| match first_broken(&rules, &trace) {
        Some(broken) => Err(format!("{}\n{}", broken.message, broken.details)),
        None => Ok(trace),
    });
    let script = script(scenario, registry)?;
    let path = scenario.path.with_extension(GOLDEN_EXTENSION);
    let golden = match files::read(&path, document::MAX_BYTES) {
        Ok(golden) => String::from_utf8_lossy(&golden).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(PrepareError::NoGolden(path));
        }
        Err(source) => return Err(PrepareError::Io { path, source }),
    };
    let golden = Document::parse(&golden).map_err(|problem| PrepareError::Golden {
        path,
        problem: Box::new(problem),
    })?;
    let on_the_host = host.as_ref().ok().map(Document::from);
    let stale = on_the_host.and_then(|host| divergence(&golden, &host));
    Ok(PreparedScenario {
        scenario: scenario.clone(),
        script,
        host,
        golden,
        stale: stale.map(|found| found.tick),
        rules,
    })
}

/// The rules of apps: those beside some scenarios of them, each once.
#[derive(Debug, Default)]
pub struct AppRules(Vec<LoadedRules>);

impl AppRules {
    /// The rules beside these scenarios.
    ///
    /// # Errors
    ///
    /// That some cannot be used.
    pub fn beside(scenarios: &[Scenario], registry: &Registry) -> Result<Self, PrepareError> {
        let mut all: Vec<LoadedRules> = Vec::new();
        let mut seen = HashSet::new();
        for scenario in scenarios {
            if !seen.insert((scenario.path.parent(), scenario.app)) {
                continue;
            }
            for rules in rules(scenario, registry)? {
                if all.iter().all(|it| it.source.name != rules.source.name) {
                    all.push(rules);
                }
            }
        }
        Ok(Self(all))
    }

    fn of(&self, app: &str) -> Vec<LoadedRules> {
        let of_app = |rules: &&LoadedRules| rules.file.descriptor().name() == app;
        self.0.iter().filter(of_app).cloned().collect()
    }
}

/// Plays the scenario on the host, whose trace is the golden: for a scenario that has none, and beside
/// which no rules stand. The trace is held to these of its app.
///
/// # Errors
///
/// That it does not hold on the host, or is no scenario.
pub fn prepare_without_golden(
    scenario: &Scenario,
    rules: &AppRules,
    registry: &Registry,
) -> Result<PreparedScenario, PrepareError> {
    let played = golden::play_file(registry, &scenario.path);
    let host = played.map_err(|error| PrepareError::Host {
        path: scenario.path.clone(),
        reason: error_chain(&error),
    })?;
    let rules = rules.of(scenario.app);
    if let Some(broken) = first_broken(&rules, &host) {
        return Err(PrepareError::Host {
            path: scenario.path.clone(),
            reason: format!("{}\n{}", broken.message, broken.details),
        });
    }
    Ok(PreparedScenario {
        scenario: scenario.clone(),
        script: script(scenario, registry)?,
        golden: Document::from(&host),
        host: Ok(host),
        stale: None,
        rules,
    })
}

fn rules(scenario: &Scenario, registry: &Registry) -> Result<Vec<LoadedRules>, PrepareError> {
    beside(&scenario.path, scenario.app, registry).map_err(|error| PrepareError::Rules {
        path: scenario.path.clone(),
        source: Box::new(error),
    })
}

fn script(scenario: &Scenario, registry: &Registry) -> Result<Script, PrepareError> {
    let io = |path: &Path, source| PrepareError::Io {
        path: path.to_owned(),
        source,
    };
    let path = &scenario.path;
    let text = files::read(path, MAX_BYTES).map_err(|source| io(path, source))?;
    let loaded = InputFormat::Scenario.load_file(registry, (path, &text), None);
    let loaded = loaded.map_err(|_| PrepareError::Scenario(path.clone()))?;
    Ok(loaded.script)
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
    BoardImage(#[from] BoardImageError),
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
    wanted: &BTreeSet<&'static str>,
    registry: &Registry,
) -> Result<Vec<BoardImage>, ImagesError> {
    let apps = registry.apps().iter();
    let apps: Vec<_> = apps
        .filter(|entry| wanted.contains(entry.descriptor().name()))
        .map(|entry| {
            (
                entry,
                format!("{}-{}", board.name, entry.descriptor().name()),
            )
        })
        .collect();
    let is_wanted = |program: &str| apps.iter().any(|(_, name)| name == program);
    let built = match build::build_selected(environment, root, board, Profile::Release, is_wanted) {
        // Which one is missing is said below.
        Err(BuildError::NoImage(_)) if !apps.is_empty() => Vec::new(),
        built => built?,
    };
    apps.into_iter()
        .map(
            |(app, name)| match built.iter().find(|image| image.name == name) {
                Some(image) => Ok(BoardImage::read(app, image, board)?),
                None => Err(ImagesError::None {
                    board: board.name.clone(),
                    name,
                }),
            },
        )
        .collect()
}
