//! Makes something playable of a file, whatever it was written in.

use std::path::Path;

use firmware_core::contract::Interface;
use thiserror::Error;

use crate::catalog::{AppEntry, Catalog, UnknownApp};
use crate::recording::{self, Recording, RecordingError};
use crate::scenario::check::{Check, plan};
use crate::scenario::{self, Scenario, grammar, oneline};
use crate::script::Script;
use crate::source::{Place, Problem, likely, one_of, utf8};
use crate::stimulus::vcd::{self, Stimulus, Waveform};

/// Something that can be played.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The app it is for.
    pub app: AppEntry,
    /// What is played.
    pub script: Script,
    /// What is expected of the trace that follows.
    pub checks: Vec<Check>,
    /// What people should know of it.
    pub notes: Vec<String>,
}

/// What something playable is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Sentences, `.scn`.
    Scenario,
    /// A scenario on one line.
    Oneline,
    /// A recording, `.rec`.
    Recording,
    /// A value change dump, `.vcd`.
    Waveform,
}

/// A file cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// Things wrong in a text.
    #[error("{} problems", .0.len())]
    Problems(Vec<Problem>),
    /// A recording is damaged, or for something else.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The file names an app that is not there.
    #[error(transparent)]
    UnknownApp(#[from] UnknownApp),
    /// The file is for one app, and another one was asked for.
    #[error("the input is for app `{named}`, and `{asked}` was asked for")]
    OtherApp {
        /// The app it is for.
        named: String,
        /// The app that was asked for.
        asked: String,
    },
    /// Nobody says which app it is for.
    #[error("the input does not say which app it is for")]
    NoApp,
}

impl From<Problem> for LoadError {
    fn from(problem: Problem) -> Self {
        Self::Problems(vec![problem])
    }
}

impl From<Vec<Problem>> for LoadError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Problems(problems)
    }
}

impl Form {
    /// The form of a file, by its ending; what has none of ours is a scenario.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rec") => Self::Recording,
            Some("vcd") => Self::Waveform,
            _ => Self::Scenario,
        }
    }

    /// The largest input of this form that is read, in bytes.
    #[must_use]
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Scenario | Self::Oneline => scenario::MAX_BYTES,
            Self::Recording => recording::MAX_BYTES,
            Self::Waveform => vcd::MAX_BYTES,
        }
    }

    /// Makes something playable of the bytes; `asked` is the app where they do not say.
    ///
    /// # Errors
    ///
    /// A [`LoadError`].
    pub fn load(
        self,
        catalog: &Catalog,
        bytes: &[u8],
        asked: Option<&str>,
    ) -> Result<Loaded, LoadError> {
        match self {
            Self::Scenario => load_scenario(catalog, &grammar::parse(utf8(bytes)?)?, asked),
            Self::Oneline => {
                let mut scenario = oneline::parse(utf8(bytes)?)?;
                // On a command line the first app goes without saying.
                if scenario.app.is_none() && asked.is_none() {
                    scenario.app = catalog.apps().first().map(|app| scenario::Name {
                        text: app.interface().name.to_owned(),
                        place: START,
                    });
                }
                load_scenario(catalog, &scenario, asked)
            }
            Self::Recording => load_recording(catalog, bytes, asked),
            Self::Waveform => load_waveform(catalog, bytes, asked),
        }
    }
}

fn load_scenario(
    catalog: &Catalog,
    scenario: &Scenario,
    asked: Option<&str>,
) -> Result<Loaded, LoadError> {
    let app = app_of_scenario(catalog, scenario, asked)?;
    let plan = plan(scenario, app.interface())?;
    Ok(Loaded {
        app: app.clone(),
        script: plan.script,
        checks: plan.checks,
        notes: Vec::new(),
    })
}

fn app_of_scenario<'a>(
    catalog: &'a Catalog,
    scenario: &Scenario,
    asked: Option<&str>,
) -> Result<&'a AppEntry, LoadError> {
    let Some(name) = &scenario.app else {
        let asked = asked.ok_or_else(|| {
            Problem::new(
                START,
                "the scenario does not say which app it is for",
                "expected a line such as `app lamp`",
            )
            .with_help("or name the app with `--app`")
        })?;
        return Ok(catalog.find(asked)?);
    };
    if let Some(asked) = asked.filter(|asked| *asked != name.text) {
        let problem = Problem::new(
            name.place,
            format!("the scenario is for app `{}`", name.text),
            format!("expected `{asked}`, which `--app` asks for"),
        );
        return Err(problem.into());
    }
    catalog.find(&name.text).map_err(|unknown| {
        let problem = Problem::new(
            name.place,
            format!("there is no app `{}`", unknown.name),
            format!("expected {}", one_of(unknown.known.iter().copied())),
        );
        match likely(&unknown.name, unknown.known) {
            Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
            None => problem,
        }
        .into()
    })
}

fn load_recording(
    catalog: &Catalog,
    bytes: &[u8],
    asked: Option<&str>,
) -> Result<Loaded, LoadError> {
    let recording = Recording::decode(bytes)?;
    let app = named_app(catalog, Some(recording.app()), asked)?;
    Ok(Loaded {
        app: app.clone(),
        script: recording.script(app.interface())?,
        checks: Vec::new(),
        notes: other_build(&recording, app.interface()),
    })
}

fn load_waveform(
    catalog: &Catalog,
    bytes: &[u8],
    asked: Option<&str>,
) -> Result<Loaded, LoadError> {
    let refuse = |error: vcd::VcdError| {
        let place = Place {
            line: error.line,
            column: error.column,
            width: 1,
        };
        Problem::new(place, error.problem.to_string(), "here")
    };
    let waveform = Waveform::parse(bytes).map_err(refuse)?;
    let app = named_app(catalog, waveform.app(), asked)?;
    let stimulus = waveform.stimulus(app.interface()).map_err(refuse)?;
    Ok(Loaded {
        app: app.clone(),
        notes: unseen(&stimulus),
        script: stimulus.script,
        checks: Vec::new(),
    })
}

/// The app that the input names or that was asked for; both must agree.
fn named_app<'a>(
    catalog: &'a Catalog,
    named: Option<&str>,
    asked: Option<&str>,
) -> Result<&'a AppEntry, LoadError> {
    match (named, asked) {
        (Some(named), Some(asked)) if named != asked => Err(LoadError::OtherApp {
            named: named.to_owned(),
            asked: asked.to_owned(),
        }),
        (Some(name), _) | (None, Some(name)) => Ok(catalog.find(name)?),
        (None, None) => Err(LoadError::NoApp),
    }
}

/// What a waveform holds that no board would see.
fn unseen(stimulus: &Stimulus) -> Vec<String> {
    let mut notes = Vec::new();
    if stimulus.vanished_pulses > 0 {
        notes.push(format!(
            "{} pulses are shorter than a tick: a board that samples its pins would not see them",
            stimulus.vanished_pulses
        ));
    }
    if stimulus.unknown_levels > 0 {
        notes.push(format!(
            "{} levels are `x` or `z`, and were taken as released",
            stimulus.unknown_levels
        ));
    }
    notes
}

/// What may differ from the time of the recording.
fn other_build(recording: &Recording, interface: &Interface) -> Vec<String> {
    if recording.built_from(interface) {
        return Vec::new();
    }
    vec![format!(
        "recorded with {} {} (build {}), played with {} (build {}): the trace may differ",
        recording.app(),
        recording.app_version(),
        recording.build(),
        interface.version,
        interface.build
    )]
}

const START: Place = Place {
    line: 1,
    column: 1,
    width: 1,
};
