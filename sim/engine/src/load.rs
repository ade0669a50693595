//! Makes something playable of a file, whatever it was written in.

use std::path::Path;

use lockstep_core::app::AppDescriptor;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Span, closest, one_of, utf8};
use crate::recording::{self, Recording, RecordingError};
use crate::registry::{AppEntry, Registry};
use crate::sanitize::excerpt;
use crate::scenario::check::{Check, plan};
use crate::scenario::{Name, Scenario, compact, grammar};
use crate::script::Script;
use crate::stimulus::vcd::{self, Stimulus, VcdError, Waveform};

/// Something that can be played.
#[derive(Clone, Debug)]
pub struct LoadedScript {
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
pub enum InputFormat {
    /// Sentences, `.scn`.
    Scenario,
    /// A scenario on one line.
    Compact,
    /// A recording, `.rec`.
    Recording,
    /// A value change dump, `.vcd`.
    Waveform,
}

/// A file cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Things wrong in a text, at most as many as a parser looks for.
    #[error("{} problems", .0.len())]
    Diagnostics(Vec<Diagnostic>),
    /// A recording is damaged, or for something else.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

impl From<Diagnostic> for LoadError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostics(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for LoadError {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Diagnostics(diagnostics)
    }
}

impl From<VcdError> for LoadError {
    fn from(error: VcdError) -> Self {
        Diagnostic::from(error).into()
    }
}

impl InputFormat {
    /// The form of a file, by its ending and, where that is none of ours, by how it begins.
    #[must_use]
    pub fn of(path: &Path, bytes: &[u8]) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("scn") => Self::Scenario,
            Some("rec") => Self::Recording,
            Some("vcd") => Self::Waveform,
            // No sentence begins with either.
            _ if bytes.starts_with(&recording::SIGNATURE) => Self::Recording,
            _ if bytes.trim_ascii_start().starts_with(b"$") => Self::Waveform,
            _ => Self::Scenario,
        }
    }

    /// The largest input of any form that is read, in bytes.
    pub const MAX_BYTES: usize = vcd::MAX_BYTES;

    /// Makes something playable of the bytes; `asked` is the app where they do not say.
    ///
    /// # Errors
    ///
    /// A [`LoadError`].
    pub fn load(
        self,
        registry: &Registry,
        bytes: &[u8],
        asked: Option<&str>,
    ) -> Result<LoadedScript, LoadError> {
        match self {
            Self::Scenario => load_scenario(registry, &grammar::parse(utf8(bytes)?)?, asked),
            Self::Compact => {
                let mut scenario = compact::parse(utf8(bytes)?)?;
                // On a command line the first app goes without saying.
                if let (None, None, Some(first)) = (&scenario.app, asked, registry.apps().first()) {
                    scenario.app = Some(Name {
                        text: first.descriptor().name().to_owned(),
                        span: START,
                    });
                }
                load_scenario(registry, &scenario, asked)
            }
            Self::Recording => load_recording(registry, bytes),
            Self::Waveform => load_waveform(registry, bytes, asked),
        }
    }
}

fn load_scenario(
    registry: &Registry,
    scenario: &Scenario,
    asked: Option<&str>,
) -> Result<LoadedScript, LoadError> {
    if scenario.statements.is_empty() {
        return Err(Diagnostic::new(
            START,
            "the scenario does nothing and expects nothing",
            "expected a sentence such as `tap A for 50 ms` or `expect lamp is off`",
        )
        .into());
    }
    let named = scenario.app.as_ref().map(|name| name.text.as_str());
    let span = scenario.app.as_ref().map_or(START, |name| name.span);
    let app = app_of(registry, named, asked, span, &SCENARIO)?;
    let plan = plan(scenario, app.descriptor())?;
    Ok(LoadedScript {
        app: app.clone(),
        script: plan.script,
        checks: plan.checks,
        notes: Vec::new(),
    })
}

fn load_recording(registry: &Registry, bytes: &[u8]) -> Result<LoadedScript, LoadError> {
    let recording = Recording::decode(bytes)?;
    let app = registry
        .find(recording.app())
        .map_err(|error| recording.unknown_app(&error))?;
    Ok(LoadedScript {
        app: app.clone(),
        script: recording.script(app.descriptor())?,
        checks: Vec::new(),
        notes: other_build(&recording, app.descriptor()),
    })
}

fn load_waveform(
    registry: &Registry,
    bytes: &[u8],
    asked: Option<&str>,
) -> Result<LoadedScript, LoadError> {
    let waveform = Waveform::parse(bytes)?;
    let app = app_of(
        registry,
        waveform.app(),
        asked,
        waveform.app_span(),
        &WAVEFORM,
    )?;
    let stimulus = waveform.stimulus(app.descriptor())?;
    Ok(LoadedScript {
        app: app.clone(),
        notes: unseen(&stimulus),
        script: stimulus.script,
        checks: Vec::new(),
    })
}

/// How an input is called, and how it says which app it is for.
struct Wording {
    input: &'static str,
    header: &'static str,
}

const SCENARIO: Wording = Wording {
    input: "scenario",
    header: "a line such as `app lamp`",
};

const WAVEFORM: Wording = Wording {
    input: "waveform",
    header: "`$comment lockstep 1 app=lamp $end` or the like",
};

/// The app that the input names or that was asked for; both must agree.
fn app_of<'a>(
    registry: &'a Registry,
    named: Option<&str>,
    asked: Option<&str>,
    span: Span,
    wording: &Wording,
) -> Result<&'a AppEntry, Diagnostic> {
    let name = match (named, asked) {
        (Some(named), Some(asked)) if named != asked => {
            return Err(Diagnostic::new(
                span,
                format!("the {} is for app `{}`", wording.input, excerpt(named)),
                format!("expected `{}`, which `--app` asks for", excerpt(asked)),
            ));
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => {
            return Err(Diagnostic::new(
                span,
                format!("the {} does not say which app it is for", wording.input),
                format!("expected {}", wording.header),
            )
            .with_help("or name the app with `--app`"));
        }
    };
    registry.find(name).map_err(|unknown| {
        let diagnostic = Diagnostic::new(
            span,
            format!("there is no app `{}`", excerpt(name)),
            format!("expected {}", one_of(unknown.known.iter().copied())),
        );
        match closest(name, unknown.known) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        }
    })
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
fn other_build(recording: &Recording, descriptor: &AppDescriptor) -> Vec<String> {
    if recording.built_from(descriptor) {
        return Vec::new();
    }
    vec![format!(
        "recorded with {} {} (build {}), played with {} (build {}): the trace may differ",
        recording.app(),
        recording.app_version(),
        recording.build(),
        descriptor.version(),
        descriptor.build()
    )]
}

const START: Span = Span {
    line: 1,
    column: 1,
    width: 1,
};
