//! Reads a script from any of the input formats.

use std::path::Path;

use lockstep_core::app::AppDescriptor;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Span, closest, one_of, utf8};
use crate::recording::{self, Recording, RecordingError};
use crate::registry::{AppEntry, Registry};
use crate::sanitize::excerpt;
use crate::scenario::plan::{Check, plan};
use crate::scenario::{Name, Scenario, compact, grammar};
use crate::script::Script;
use crate::stimulus::vcd::{self, Stimulus, VcdError, Waveform};

/// A script that has been read, with the app to play it and the checks of its trace.
#[derive(Clone, Debug)]
pub struct LoadedScript {
    /// The app it is for.
    pub app: AppEntry,
    /// What is played.
    pub script: Script,
    /// What is expected of its trace.
    pub checks: Vec<Check>,
    /// What the user should know about it.
    pub notes: Vec<String>,
}

/// The formats of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputFormat {
    /// A scenario, `.scn`.
    Scenario,
    /// A scenario in its compact form.
    Compact,
    /// A recording, `.rec`.
    Recording,
    /// A value change dump, `.vcd`.
    Waveform,
}

/// An input cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// What is wrong in a text, up to the limit of its parser.
    #[error("{} problems", .0.len())]
    Diagnostics(Vec<Diagnostic>),
    /// A recording is damaged, or for another app.
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
    /// The format of a file, by its extension or, failing that, by how it begins.
    #[must_use]
    pub fn of(path: &Path, bytes: &[u8]) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("scn") => Self::Scenario,
            Some("rec") => Self::Recording,
            Some("vcd") => Self::Waveform,
            // No statement begins with either.
            _ if bytes.starts_with(&recording::SIGNATURE) => Self::Recording,
            _ if bytes.trim_ascii_start().starts_with(b"$") => Self::Waveform,
            _ => Self::Scenario,
        }
    }

    /// The largest input of any format, in bytes.
    pub const MAX_BYTES: usize = vcd::MAX_BYTES;

    /// Reads the bytes as a script; `asked` is the app if they do not name one.
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
                // In this form the first app need not be named.
                if let (None, None, Some(first)) = (&scenario.app, asked, registry.apps().first()) {
                    scenario.app = Some(Name {
                        text: first.descriptor().name().to_owned(),
                        span: Span::START,
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
            Span::START,
            "the scenario does nothing and expects nothing",
            "expected a sentence such as `tap A for 50 ms` or `expect lamp is off`",
        )
        .into());
    }
    let named = scenario.app.as_ref().map(|name| name.text.as_str());
    let span = scenario.app.as_ref().map_or(Span::START, |name| name.span);
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

/// What messages call an input, and how it names its app.
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

/// The app that the input names or that was asked for. If there are both, they must agree.
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

/// What a board would not see of a waveform.
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
            "{} levels are `x` or `z`, and count as released",
            stimulus.unknown_levels
        ));
    }
    notes
}

/// A note if another build of the app was recorded.
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
