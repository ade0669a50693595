//! What is wrong in a waveform, and where.

use std::fmt;

use thiserror::Error;

use super::{MAX_COMMAND, MAX_DEPTH, MAX_VARIABLES};
use crate::diagnostic::{Diagnostic, Span, one_of};
use crate::sanitize::excerpt;
use crate::script::{MAX_EVENTS, MAX_LENGTH, ScriptError};
use crate::trace::vcd::VERSION;

/// The values of a button.
pub(super) const BIT: &str = "a level of one bit: `0`, `1`, `x` or `z`";

/// The values of the string `reset`.
pub(super) const CONDITIONS: &str = "a string: a boot condition of the app, or nothing";

/// The most characters of a word that an error underlines.
const MAX_WIDTH: usize = 40;

/// A waveform cannot be read, or does not fit the app.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {}, column {}: {kind}", .span.line, .span.column)]
pub struct VcdError {
    /// The word that is wrong, or the first one of what is wrong.
    pub span: Span,
    /// What is wrong there.
    pub kind: VcdErrorKind,
}

/// What is wrong at a span of a waveform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VcdErrorKind {
    /// Something else was expected.
    Unexpected {
        /// What was found, shortened, its control characters escaped.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The string `reset` has a value that is not a boot condition of the app.
    UnknownBootCondition {
        /// The value, shortened, its control characters escaped.
        found: String,
        /// The conditions the app has.
        known: String,
    },
    /// The file ends too early.
    CutShort {
        /// What was expected.
        expected: &'static str,
    },
    /// More variables than [`MAX_VARIABLES`].
    TooManyVariables,
    /// Scopes deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A command longer than [`MAX_COMMAND`].
    TooLong,
    /// More inputs than [`MAX_EVENTS`].
    TooManyEvents,
    /// A time stamp beyond [`MAX_LENGTH`].
    TooLate {
        /// The time stamp, in units of the file.
        time: u64,
    },
    /// A time stamp earlier than the one before it.
    TimeRunsBack {
        /// The time stamp, in units of the file.
        time: u64,
        /// The one before it.
        previous: u64,
    },
    /// Another version of this program wrote the file.
    OtherVersion {
        /// The version the file follows.
        found: u32,
    },
    /// A value change in the header.
    BeforeEndOfHeader,
    /// A declaration after the header.
    Declaration,
    /// A change of a variable that is not declared.
    Undeclared(String),
    /// A variable among the inputs that the app does not have.
    UnknownInput {
        /// The variable's name.
        name: String,
        /// The app.
        app: &'static str,
        /// The names of its buttons.
        buttons: &'static [&'static str],
    },
    /// A variable of the right name that cannot carry the input.
    WrongType {
        /// The variable's name.
        name: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Two signals for one input.
    TwoSignals(String),
    /// One signal for two inputs.
    TwoInputs(String),
    /// No variable in the file is an input of the app.
    NoInputs {
        /// The app.
        app: &'static str,
        /// The names of its buttons.
        buttons: &'static [&'static str],
    },
    /// The inputs cannot be played.
    Script(ScriptError),
}

impl From<ScriptError> for VcdErrorKind {
    fn from(error: ScriptError) -> Self {
        Self::Script(error)
    }
}

impl fmt::Display for VcdErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.message(), self.expected())?;
        self.help().map_or(Ok(()), |help| write!(f, ": {help}"))
    }
}

impl VcdErrorKind {
    /// What is wrong.
    fn message(&self) -> String {
        match self {
            Self::Unexpected { found, .. } | Self::UnknownBootCondition { found, .. } => {
                format!("found `{found}`")
            }
            Self::CutShort { .. } => "the file ends too early".to_owned(),
            Self::TooManyVariables => "there are too many variables".to_owned(),
            Self::TooDeep => "the scopes are nested too deeply".to_owned(),
            Self::TooLong => "this command, name or value is too long".to_owned(),
            Self::TooManyEvents => "there are too many inputs".to_owned(),
            Self::TooLate { time } => format!("time {time} is too late"),
            Self::TimeRunsBack { time, previous } => {
                format!("time {time} comes after time {previous}")
            }
            Self::OtherVersion { found } => {
                format!("the file follows version {found} of lockstep's conventions")
            }
            Self::BeforeEndOfHeader => "a time or a value change in the header".to_owned(),
            Self::Declaration => "a declaration after the header".to_owned(),
            Self::Undeclared(code) => format!("no `$var` declares the code `{}`", excerpt(code)),
            Self::UnknownInput { name, app, .. } => {
                format!("app `{app}` has no button `{}`", excerpt(name))
            }
            Self::WrongType { name, found, .. } => {
                format!("variable `{}` is a {found}", excerpt(name))
            }
            Self::TwoSignals(name) => {
                format!("a second signal is called `{}`", excerpt(name))
            }
            Self::TwoInputs(name) => {
                format!(
                    "the signal of `{}` was declared as another input",
                    excerpt(name)
                )
            }
            Self::NoInputs { app, .. } => {
                format!("no 1-bit variable is named like a button of app `{app}`")
            }
            Self::Script(ScriptError::TwoResets { tick }) => {
                format!("a second reset in tick {}", tick.0)
            }
            Self::Script(error) => error.to_string(),
        }
    }

    /// What was expected instead.
    fn expected(&self) -> String {
        let one_of_buttons = |buttons: &[&'static str]| one_of(buttons.iter().copied());
        match self {
            Self::Unexpected { expected, .. }
            | Self::CutShort { expected }
            | Self::WrongType { expected, .. } => format!("expected {expected}"),
            Self::UnknownBootCondition { known, .. } => {
                format!("expected a string: {known}, or nothing")
            }
            Self::TooManyVariables => format!("expected at most {MAX_VARIABLES}"),
            Self::TooDeep => format!("expected at most {MAX_DEPTH}"),
            Self::TooLong => format!("expected at most {MAX_COMMAND} bytes"),
            Self::TooManyEvents => format!("expected at most {MAX_EVENTS}"),
            Self::TooLate { .. } => format!("expected at most 7 days, {} ms", MAX_LENGTH.0),
            Self::TimeRunsBack { previous, .. } => format!("expected {previous} or later"),
            Self::OtherVersion { .. } => format!("expected version {VERSION}"),
            Self::BeforeEndOfHeader => {
                "expected a declaration, or `$enddefinitions $end` before it".to_owned()
            }
            Self::Declaration => "expected a time or a value change".to_owned(),
            Self::Undeclared(_) => "expected a code that was declared".to_owned(),
            Self::UnknownInput { buttons, .. } => {
                format!("expected {} in scope `in`", one_of_buttons(buttons))
            }
            Self::TwoSignals(_) => "expected one signal for each input".to_owned(),
            Self::TwoInputs(_) => "expected one input for each signal".to_owned(),
            Self::NoInputs { buttons, .. } => {
                format!("expected {} before this", one_of_buttons(buttons))
            }
            Self::Script(_) => "expected at most one a tick".to_owned(),
        }
    }

    /// What to do, if that is not clear.
    fn help(&self) -> Option<&'static str> {
        match self {
            Self::OtherVersion { .. } => {
                Some("use the program that wrote it, or write the file again with this one")
            }
            Self::UnknownInput { .. } => Some("signals that are no inputs belong in another scope"),
            Self::NoInputs { .. } => Some("name the signals like the buttons they are wired to"),
            Self::TooLong => Some("perhaps the `$end` of a command is missing"),
            _ => None,
        }
    }
}

impl VcdError {
    pub(super) fn at(bytes: &[u8], offset: usize, kind: VcdErrorKind) -> Self {
        Self {
            span: span_at(bytes, offset),
            kind,
        }
    }
}

impl From<VcdError> for Diagnostic {
    fn from(VcdError { span, kind }: VcdError) -> Self {
        Self {
            span,
            message: kind.message(),
            expected: kind.expected(),
            help: kind.help().map(str::to_owned),
        }
    }
}

/// The span of the word that begins at this offset.
pub(super) fn span_at(bytes: &[u8], offset: usize) -> Span {
    let (before, rest) = bytes.split_at(offset.min(bytes.len()));
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let characters = |bytes| String::from_utf8_lossy(bytes).chars().count();
    let word = rest
        .iter()
        .take(MAX_WIDTH)
        .take_while(|byte| !byte.is_ascii_whitespace());
    Span {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: characters(&before[line_start..]) + 1,
        width: characters(&rest[..word.count()]).max(1),
    }
}

/// Something else was expected.
pub(super) fn unexpected(
    found: &(impl fmt::Display + ?Sized),
    expected: &'static str,
) -> VcdErrorKind {
    VcdErrorKind::Unexpected {
        found: excerpt(&found.to_string()),
        expected,
    }
}
