//! Which tests there are: every scenario on every bench with every stimulus, and why a test
//! is not run.

use std::fmt;
use std::path::{Path, PathBuf};

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::load::{InputFormat, LoadError};
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::MAX_BYTES;
use lockstep_engine::source::{Source, SourceError};
use lockstep_pins::Pin;
use thiserror::Error;

use super::board_pins::BoardPins;
use super::{Bench, Capability, Probe};

/// A scenario that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name: its path below the folder of scenarios, without the extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The app it is for.
    pub app: &'static str,
    /// The last tick that is played.
    pub end: RunTicks,
}

/// The scenarios cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The folder cannot be read.
    #[error("cannot read `{}`", .folder.display())]
    #[non_exhaustive]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Input(#[from] SourceError),
    /// A file is not a valid scenario.
    #[error("`{}` is not a valid scenario", .text.name)]
    #[non_exhaustive]
    Load {
        /// The file.
        text: Source,
        /// What is wrong with it.
        #[source]
        error: Box<LoadError>,
    },
}

/// The scenarios below a folder, by name.
///
/// # Errors
///
/// The first thing that cannot be read or played.
pub fn scenarios(folder: &Path, registry: &Registry) -> Result<Vec<Scenario>, ScenarioError> {
    let paths =
        files::below(folder, SCENARIO_EXTENSION).map_err(|source| ScenarioError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
    paths
        .into_iter()
        .map(|path| scenario(folder, path, registry))
        .collect()
}

/// The scenario in this file below a folder.
///
/// # Errors
///
/// Why it cannot be read or played.
pub fn scenario(
    folder: &Path,
    path: PathBuf,
    registry: &Registry,
) -> Result<Scenario, ScenarioError> {
    let source = Source::read(&path, MAX_BYTES)?;
    let loaded = match InputFormat::Scenario.load_file(registry, (&path, &source.bytes), None) {
        Ok(loaded) => loaded,
        Err(error) => {
            return Err(ScenarioError::Load {
                text: source,
                error: Box::new(error),
            });
        }
    };
    let name = path.strip_prefix(folder).unwrap_or(&path);
    Ok(Scenario {
        name: name.with_extension("").display().to_string(),
        app: loaded.app.descriptor().name(),
        end: loaded.script.end(),
        path,
    })
}

/// Why a test is not run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The bench file says that the bench cannot do it.
    #[error("the bench lacks the capability `{}`", .0.name())]
    MissingCapability(Capability),
    /// No jumper goes to a button.
    #[error("no jumper goes to {0}")]
    NotWired(String),
    /// There are jumpers, but the pin map does not say which registers drive them.
    #[error("the pin map of `{0}` has no `drive_registers`")]
    NoDriveRegisters(String),
    /// The board has no image of the app.
    #[error("the board has no image of `{0}`")]
    NoImage(&'static str),
}

/// A scenario on a bench with a stimulus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test<'a> {
    /// What is played.
    pub scenario: &'a Scenario,
    /// Where.
    pub bench: &'a Bench,
    /// How buttons are pressed.
    pub stimulus: Stimulus,
    /// Why it is not run, where that is known without looking at any hardware.
    pub skip: Option<SkipReason>,
}

impl fmt::Display for Test<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stimulus = self.stimulus.word();
        write!(f, "{}/{stimulus}/{}", self.bench.name, self.scenario.name)
    }
}

/// Every test, bench by bench. No hardware is looked at.
#[must_use]
pub fn plan<'a>(
    benches: &'a [Bench],
    boards: &[BoardPins],
    scenarios: &'a [Scenario],
) -> Vec<Test<'a>> {
    let mut tests = Vec::new();
    for bench in benches {
        let board = boards.iter().find(|board| board.board == bench.board);
        for stimulus in Stimulus::ALL {
            tests.extend(scenarios.iter().map(|scenario| Test {
                scenario,
                bench,
                stimulus,
                skip: skip_reason(bench, board, scenario.app, stimulus),
            }));
        }
    }
    tests
}

fn skip_reason(
    bench: &Bench,
    board: Option<&BoardPins>,
    app: &'static str,
    stimulus: Stimulus,
) -> Option<SkipReason> {
    let Some((map, pins)) = board.and_then(|board| Some((&board.map, board.map.apps.get(app)?)))
    else {
        return Some(SkipReason::NoImage(app));
    };
    if stimulus == Stimulus::Scheduled {
        return None;
    }
    if bench.missing_capabilities.contains(&Capability::Pins) {
        return Some(SkipReason::MissingCapability(Capability::Pins));
    }
    if bench.probe == Probe::Virtual {
        return None;
    }
    let unwired = |(_, pin): &(_, &Pin)| !bench.wiring.contains_key(pin);
    if let Some((button, pin)) = pins.buttons.iter().find(unwired) {
        return Some(SkipReason::NotWired(format!("{button} at {pin}")));
    }
    let undriven = map.drive_registers.is_none() && !pins.buttons.is_empty();
    undriven.then(|| SkipReason::NoDriveRegisters(bench.board.name.clone()))
}
