//! Reads a script from any of the input formats.

pub mod waveform_options;

use std::path::Path;

use lockstep_core::app::AppDescriptor;
use thiserror::Error;

use crate::diagnostic::{Diagnostic, Span, closest, one_of, utf8};
use crate::files::{FilesIn, NamedFiles};
use crate::recording::{self, Recording, RecordingError};
use crate::registry::{AppEntry, Registry};
use crate::sanitize::excerpt;
use crate::scenario::plan::{Check, plan_with};
use crate::scenario::{Name, Scenario, compact, grammar};
use crate::script::Script;
use crate::waveform::{
    self, Waveform, WaveformCapture, WaveformError, WaveformFormat, WaveformOptions,
};

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
    /// A waveform: `.vcd`, `.fst` or `.csv`.
    Waveform(WaveformFormat),
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
    /// A waveform cannot be read, or it is not clear which signals are meant.
    #[error(transparent)]
    Waveform(Box<WaveformLoadError>),
}

/// A waveform cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{error}")]
#[non_exhaustive]
pub struct WaveformLoadError {
    /// What is wrong.
    pub error: WaveformError,
    /// The app that was to play it, if the file does not name one.
    pub requested_app: Option<String>,
}

/// What a user asks for, beyond a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions<'a> {
    /// The app, for files that do not name one.
    pub app: Option<&'a str>,
    /// What a waveform means; nothing but its names if there is none.
    pub waveform: Option<&'a WaveformOptions>,
    /// The files that a scenario can name; none where it stands in no file.
    pub files: Option<&'a dyn NamedFiles>,
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

impl InputFormat {
    /// The format of a file, by its extension or, failing that, by how it begins.
    #[must_use]
    pub fn of(path: &Path, bytes: &[u8]) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("scn") => return Self::Scenario,
            Some("rec") => return Self::Recording,
            _ => {}
        }
        // No statement begins as one of these does.
        if let Some(format) = extension.and_then(WaveformFormat::of_extension) {
            Self::Waveform(format)
        } else if bytes.starts_with(&recording::SIGNATURE) {
            Self::Recording
        } else {
            WaveformFormat::of_bytes(bytes).map_or(Self::Scenario, Self::Waveform)
        }
    }

    /// The largest input of any format, in bytes.
    pub const MAX_BYTES: usize = waveform::MAX_BYTES;

    /// Reads the bytes of the file at this path as a script; what it names is read beside it.
    /// `asked` is the app if they do not name one.
    ///
    /// # Errors
    ///
    /// A [`LoadError`].
    pub fn load_file(
        self,
        registry: &Registry,
        (path, bytes): (&Path, &[u8]),
        asked: Option<&str>,
    ) -> Result<LoadedScript, LoadError> {
        let options = LoadOptions {
            app: asked,
            files: Some(&FilesIn::folder_of(path)),
            ..LoadOptions::default()
        };
        self.load_with(registry, bytes, &options)
    }

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
        let options = LoadOptions {
            app: asked,
            ..LoadOptions::default()
        };
        self.load_with(registry, bytes, &options)
    }

    /// Reads the bytes as a script, with what a user says about them.
    ///
    /// # Errors
    ///
    /// A [`LoadError`].
    pub fn load_with(
        self,
        registry: &Registry,
        bytes: &[u8],
        options: &LoadOptions<'_>,
    ) -> Result<LoadedScript, LoadError> {
        let asked = options.app;
        match self {
            Self::Scenario => {
                let tick_of = |named: Option<&str>| registry.tick_of(named.or(asked));
                let scenario = grammar::parse_for(utf8(bytes)?, &tick_of)?;
                load_scenario(registry, &scenario, options)
            }
            Self::Compact => {
                // In this form the first app need not be named.
                let first = registry.apps().first().map(|app| app.descriptor().name());
                let tick_of = |named: Option<&str>| registry.tick_of(named.or(asked).or(first));
                let mut scenario = compact::parse_for(utf8(bytes)?, &tick_of)?;
                if let (None, None, Some(first)) = (&scenario.app, asked, first) {
                    scenario.app = Some(Name {
                        text: first.to_owned(),
                        span: Span::START,
                    });
                }
                load_scenario(registry, &scenario, options)
            }
            Self::Recording => load_recording(registry, bytes, asked),
            Self::Waveform(format) => load_waveform(registry, bytes, format, options),
        }
    }
}

fn load_scenario(
    registry: &Registry,
    scenario: &Scenario,
    options: &LoadOptions<'_>,
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
    let app = app_of(registry, named, options.app, span, &SCENARIO)?;
    let plan = plan_with(scenario, app.descriptor(), options.files)?;
    Ok(LoadedScript {
        app: app.clone(),
        script: plan.script,
        checks: plan.checks,
        notes: Vec::new(),
    })
}

fn load_recording(
    registry: &Registry,
    bytes: &[u8],
    asked: Option<&str>,
) -> Result<LoadedScript, LoadError> {
    let recording = Recording::decode(bytes)?;
    // It names its app: another one that is asked for cannot play it.
    if let Some(asked) = asked.and_then(|asked| registry.find(asked).ok()) {
        recording.script(asked.descriptor())?;
    }
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
    format: WaveformFormat,
    options: &LoadOptions<'_>,
) -> Result<LoadedScript, LoadError> {
    let (app, capture) = read_waveform(registry, bytes, format, options)?;
    Ok(LoadedScript {
        app: app.clone(),
        notes: capture.notes(),
        script: capture.script,
        checks: Vec::new(),
    })
}

/// Reads the inputs of a waveform, and what was captured with them.
///
/// # Errors
///
/// A [`LoadError`].
pub fn read_waveform<'a>(
    registry: &'a Registry,
    bytes: &[u8],
    format: WaveformFormat,
    options: &LoadOptions<'_>,
) -> Result<(&'a AppEntry, WaveformCapture), LoadError> {
    read_signals(
        registry,
        bytes,
        format,
        options,
        |waveform, app, options| waveform.read_inputs(app, options),
    )
}

/// Reads the outputs that a waveform captured, and its inputs if it has any.
///
/// # Errors
///
/// A [`LoadError`].
pub fn read_capture<'a>(
    registry: &'a Registry,
    bytes: &[u8],
    format: WaveformFormat,
    options: &LoadOptions<'_>,
) -> Result<(&'a AppEntry, WaveformCapture), LoadError> {
    read_signals(
        registry,
        bytes,
        format,
        options,
        |waveform, app, options| waveform.read_capture(app, options),
    )
}

fn read_signals<'a>(
    registry: &'a Registry,
    bytes: &[u8],
    format: WaveformFormat,
    options: &LoadOptions<'_>,
    read: impl FnOnce(
        &Waveform<'_>,
        &'static AppDescriptor,
        &WaveformOptions,
    ) -> Result<WaveformCapture, WaveformError>,
) -> Result<(&'a AppEntry, WaveformCapture), LoadError> {
    let refused = |error| {
        LoadError::Waveform(Box::new(WaveformLoadError {
            error,
            requested_app: options.app.map(str::to_owned),
        }))
    };
    let waveform = Waveform::parse(bytes, format, registry.panic_guard()).map_err(refused)?;
    let app = app_of(
        registry,
        waveform.app(),
        options.app,
        waveform.app_span(),
        &WAVEFORM,
    )?;
    let by_name = WaveformOptions::default();
    let options = options.waveform.unwrap_or(&by_name);
    let capture = read(&waveform, app.descriptor(), options).map_err(refused)?;
    Ok((app, capture))
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
