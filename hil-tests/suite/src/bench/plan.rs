//! Which tests there are: every scenario on every bench, with every stimulus, and why one of
//! them cannot run.

use std::fmt;
use std::path::{Path, PathBuf};

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::Ticks;
use lockstep_engine::files;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::input::{InputError, Source};
use lockstep_engine::load::{InputFormat, LoadError};
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::MAX_BYTES;
use lockstep_pins::Pin;
use thiserror::Error;

use super::inputs::Inputs;
use super::{Ability, Bench, Probe};

/// Both ways to press a button.
pub const STIMULI: [Stimulus; 2] = [Stimulus::Scheduled, Stimulus::Pins];

/// The word for a stimulus in names of tests and on the command line.
#[must_use]
pub const fn word(stimulus: Stimulus) -> &'static str {
    match stimulus {
        Stimulus::Scheduled => "rtt",
        Stimulus::Pins => "pins",
    }
}

/// A scenario that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name: its path below the folder of scenarios, without the ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The app it is for.
    pub app: &'static str,
    /// The last tick that is played.
    pub end: Ticks,
}

/// A scenario cannot be had.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The folder cannot be walked.
    #[error("cannot read `{}`: {error}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file cannot be played.
    #[error("`{}` is no scenario", .text.name)]
    Load {
        /// The file.
        text: Source,
        /// What is wrong with it.
        error: LoadError,
    },
}

/// The scenarios below a folder, by name.
///
/// # Errors
///
/// The first thing that cannot be read or played.
pub fn scenarios(folder: &Path, registry: &Registry) -> Result<Vec<Scenario>, ScenarioError> {
    let paths =
        files::below(folder, SCENARIO_EXTENSION).map_err(|error| ScenarioError::Folder {
            folder: folder.to_owned(),
            error,
        })?;
    let load = |path: PathBuf| {
        let source = Source::read(&path, MAX_BYTES)?;
        let loaded = match InputFormat::Scenario.load(registry, &source.bytes, None) {
            Ok(loaded) => loaded,
            Err(error) => {
                return Err(ScenarioError::Load {
                    text: source,
                    error,
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
    };
    paths.into_iter().map(load).collect()
}

/// Why something is not run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Skip {
    /// The bench says that it cannot.
    #[error("the bench says that it cannot do `{0}`")]
    Cannot(&'static str),
    /// No wire goes to a button.
    #[error("no wire goes to {0}")]
    Unwired(String),
    /// The jumpers are there, but nothing is known that moves them.
    #[error("the pin map of `{0}` has no `drive_registers`")]
    Undriven(String),
    /// The board has no such image.
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
    pub skip: Option<Skip>,
}

impl fmt::Display for Test<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stimulus = word(self.stimulus);
        write!(f, "{}/{stimulus}/{}", self.bench.name, self.scenario.name)
    }
}

/// Every test, bench by bench. No hardware is looked at.
#[must_use]
pub fn plan<'a>(
    benches: &'a [Bench],
    boards: &[Inputs],
    scenarios: &'a [Scenario],
) -> Vec<Test<'a>> {
    let mut tests = Vec::new();
    for bench in benches {
        let inputs = boards.iter().find(|inputs| inputs.board == bench.board);
        for stimulus in STIMULI {
            tests.extend(scenarios.iter().map(|scenario| Test {
                scenario,
                bench,
                stimulus,
                skip: skip(bench, inputs, scenario.app, stimulus),
            }));
        }
    }
    tests
}

fn skip(
    bench: &Bench,
    inputs: Option<&Inputs>,
    app: &'static str,
    stimulus: Stimulus,
) -> Option<Skip> {
    let Some((map, pins)) =
        inputs.and_then(|inputs| Some((&inputs.map, inputs.map.apps.get(app)?)))
    else {
        return Some(Skip::NoImage(app));
    };
    if stimulus == Stimulus::Scheduled {
        return None;
    }
    if bench.cannot.contains(&Ability::Pins) {
        return Some(Skip::Cannot(Ability::Pins.word()));
    }
    if bench.probe == Probe::Virtual {
        return None;
    }
    let unwired = |(_, pin): &(_, &Pin)| !bench.wiring.contains_key(pin);
    if let Some((button, pin)) = pins.buttons.iter().find(unwired) {
        return Some(Skip::Unwired(format!("{button} at {pin}")));
    }
    let undriven = map.drive_registers.is_none() && !pins.buttons.is_empty();
    undriven.then(|| Skip::Undriven(bench.board.name.clone()))
}
