//! What is wrong in a waveform, and where.

use std::fmt;

use thiserror::Error;

use super::candidates::Candidates;
use super::signals::{MAX_DEPTH, MAX_VARIABLES};
use crate::diagnostic::{BYTE_ORDER_MARK, Diagnostic, Span, one_of};
use crate::sanitize::{excerpt, scrub_line};
use crate::script::{MAX_EVENTS, ScriptError};
use crate::trace::vcd::VERSION;

/// The values of a button.
pub(super) const BIT: &str = "a level of one bit: `0`, `1`, `x` or `z`";

/// The values of a number.
pub(super) const NUMBER: &str = "a number";

/// The values of a serial line that is written as strings.
pub(super) const BYTES: &str = "a string: the bytes that arrive, or nothing";

/// The values of the string `reset`.
pub(super) const CONDITIONS: &str = "a string: a boot condition of the app, or nothing";

/// The most characters of a word that an error underlines.
const MAX_WIDTH: usize = 40;

/// A waveform cannot be read, or does not fit the app.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{kind}", place(*span))]
#[non_exhaustive]
pub struct WaveformError {
    /// The word that is wrong, or the first one of what is wrong; `None` in a file that has no
    /// lines.
    pub span: Option<Span>,
    /// What is wrong there.
    pub kind: Box<WaveformErrorKind>,
}

impl WaveformError {
    /// The same as a diagnostic; at the start of a file that has no lines.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            span: self.span.unwrap_or(Span::START),
            message: self.kind.message(),
            expected: self.kind.expected(),
            help: self.kind.help(),
        }
    }
}

fn place(span: Option<Span>) -> String {
    span.map_or_else(String::new, |span| {
        format!("line {}, column {}: ", span.line, span.column)
    })
}

/// What is wrong in a waveform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaveformErrorKind {
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
    /// The unit of time is not a whole number of a unit.
    BadTimescale {
        /// What was found.
        found: String,
        /// How the same is written, if it can be.
        instead: Option<String>,
    },
    /// The unit of time is not known.
    UnknownUnit {
        /// What was found.
        found: String,
        /// The unit that may be meant.
        meant: Option<String>,
    },
    /// The file ends too early.
    CutShort {
        /// What was expected.
        expected: &'static str,
    },
    /// A command has no `$end`.
    Unclosed(String),
    /// More variables than [`MAX_VARIABLES`].
    TooManyVariables,
    /// More scopes than [`MAX_VARIABLES`].
    TooManyScopes,
    /// Scopes deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More inputs than [`MAX_EVENTS`].
    TooManyEvents,
    /// A time beyond [`max_length`](crate::script::max_length).
    TooLate {
        /// The time, with its unit.
        time: String,
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
    /// A mapping names a port that the app does not have.
    UnknownPort {
        /// The name.
        port: String,
        /// The app.
        app: &'static str,
        /// The inputs and outputs it has.
        ports: Vec<&'static str>,
        /// The one that may be meant.
        meant: Option<&'static str>,
    },
    /// A mapping names a signal that the file does not have.
    UnknownSignal {
        /// The name.
        signal: String,
        /// The one that may be meant.
        meant: Option<String>,
    },
    /// The file has no such scope.
    UnknownScope {
        /// The name.
        scope: String,
        /// Some of the scopes that it has.
        scopes: Vec<String>,
    },
    /// A vector has no such bit.
    NoSuchBit {
        /// The vector.
        signal: String,
        /// What it is.
        description: String,
        /// The bit.
        bit: String,
        /// The bits it has, where the file says so.
        range: Option<String>,
    },
    /// Several signals may be meant.
    Ambiguous {
        /// The input or output.
        port: String,
        /// Some of the signals.
        paths: Vec<String>,
        /// How many there are besides.
        more: usize,
    },
    /// A variable among the inputs that the app does not have.
    UnknownInput {
        /// The variable's name.
        name: String,
        /// The app.
        app: &'static str,
        /// The names of its inputs.
        inputs: Vec<&'static str>,
    },
    /// A variable that cannot carry the levels of its port.
    WrongType {
        /// The variable.
        path: String,
        /// The port.
        port: String,
        /// What it is.
        description: String,
        /// A bit that can be taken of it.
        bit: Option<i64>,
        /// What was expected.
        expected: &'static str,
    },
    /// One signal for two inputs.
    TwoInputs(String),
    /// A number that its input cannot be.
    OutOfRange {
        /// The input.
        port: &'static str,
        /// The number.
        number: String,
        /// The time of the file, with its unit.
        time: String,
        /// The numbers that it can be.
        range: String,
    },
    /// The unit of time is too long for the bits of a serial line.
    TooCoarse {
        /// The line.
        line: &'static str,
        /// Its bits a second.
        baud: u32,
        /// The unit of time.
        unit: String,
    },
    /// No signal in the file is an input of the app.
    NoInputs(Box<Candidates>),
    /// The inputs cannot be played.
    Script(ScriptError),
    /// A file in another format than VCD cannot be read.
    Unreadable(String),
}

impl From<ScriptError> for WaveformErrorKind {
    fn from(error: ScriptError) -> Self {
        Self::Script(error)
    }
}

impl fmt::Display for WaveformErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.message(), self.expected())?;
        match self.help() {
            Some(help) if !help.contains('\n') => write!(f, ": {help}"),
            _ => Ok(()),
        }
    }
}

impl WaveformErrorKind {
    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unexpected { found, .. } | Self::UnknownBootCondition { found, .. } => {
                format!("found `{found}`")
            }
            Self::BadTimescale { found, .. } => format!("`{found}` is not a unit of time"),
            Self::UnknownUnit { found, .. } => format!("there is no unit of time `{found}`"),
            Self::CutShort { .. } => "the file ends too early".to_owned(),
            Self::Unclosed(command) => format!("`{}` has no `$end`", excerpt(command)),
            Self::TooManyVariables => "there are too many variables".to_owned(),
            Self::TooManyScopes => "there are too many scopes".to_owned(),
            Self::TooDeep => "the scopes are nested too deeply".to_owned(),
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
            Self::UnknownPort { port, app, .. } => {
                format!("app `{app}` has no input or output `{}`", excerpt(port))
            }
            Self::UnknownSignal { signal, .. } => {
                format!("the file has no signal `{}`", excerpt(signal))
            }
            Self::UnknownScope { scope, .. } => {
                format!("the file has no scope `{}` with signals", excerpt(scope))
            }
            Self::NoSuchBit {
                signal,
                description,
                bit,
                ..
            } => format!(
                "`{}` is {description} and has no bit `{}`",
                excerpt(signal),
                excerpt(bit)
            ),
            Self::Ambiguous { port, paths, more } => format!(
                "{} different signals may be `{}`: {}{}",
                paths.len() + more,
                excerpt(port),
                listed(paths),
                and_more(*more)
            ),
            Self::UnknownInput { name, app, .. } => {
                format!("app `{app}` has no input `{}`", excerpt(name))
            }
            Self::WrongType {
                path, description, ..
            } => format!("`{}` is {description}", excerpt(path)),
            Self::TwoInputs(name) => {
                format!("the signal `{}` is another input already", excerpt(name))
            }
            Self::NoInputs(candidates) => {
                format!(
                    "no signal is named like an input of app `{}`",
                    candidates.app
                )
            }
            Self::OutOfRange {
                port, number, time, ..
            } => format!("`{port}` is {} at {time}", excerpt(number)),
            Self::TooCoarse { line, baud, unit } => format!(
                "the file counts its time in units of {unit}, and `{line}` carries {baud} bits a \
                 second"
            ),
            Self::Script(ScriptError::TwoResets { tick }) => {
                format!("a second reset in tick {}", tick.0)
            }
            Self::Script(error) => error.to_string(),
            Self::Unreadable(why) => scrub_line(why),
        }
    }

    /// What was expected instead.
    #[must_use]
    pub fn expected(&self) -> String {
        let one_of_inputs = |inputs: &[&'static str]| one_of(inputs.iter().copied());
        match self {
            Self::Unexpected { expected, .. } | Self::CutShort { expected } => {
                format!("expected {expected}")
            }
            Self::WrongType { expected, .. } => (*expected).to_owned(),
            Self::UnknownBootCondition { known, .. } => {
                format!("expected a string: {known}, or nothing")
            }
            Self::BadTimescale { .. } => {
                "expected 1, 10 or 100 and a unit, such as `10 us`".to_owned()
            }
            Self::UnknownUnit { .. } => "expected `s`, `ms`, `us`, `ns`, `ps` or `fs`".to_owned(),
            Self::Unclosed(_) => "expected `$end`, as a word of its own, after it".to_owned(),
            Self::TooManyVariables | Self::TooManyScopes => {
                format!("expected at most {MAX_VARIABLES}")
            }
            Self::TooDeep => format!("expected at most {MAX_DEPTH}"),
            Self::TooManyEvents => format!("expected at most {MAX_EVENTS}"),
            Self::TooLate { .. } => {
                "expected at most 30 days, 2592000000 ms, after the start".to_owned()
            }
            Self::TimeRunsBack { previous, .. } => format!("expected {previous} or later"),
            Self::OtherVersion { .. } => format!("expected version {VERSION}"),
            Self::BeforeEndOfHeader => {
                "expected a declaration, or `$enddefinitions $end` before it".to_owned()
            }
            Self::Declaration => "expected a time or a value change".to_owned(),
            Self::UnknownPort { ports, .. } => {
                format!("expected {}", one_of(ports.iter().copied()))
            }
            Self::UnknownSignal { .. } => {
                "expected the path of a signal, or the end of one".to_owned()
            }
            Self::UnknownScope { scopes, .. } => {
                format!("expected {}", one_of(scopes.iter().map(String::as_str)))
            }
            Self::NoSuchBit { range, .. } => match range {
                Some(range) => format!("expected a bit of {range}"),
                None => "expected a bit, counted from 0 at the right".to_owned(),
            },
            Self::Ambiguous { .. } => "expected one signal".to_owned(),
            Self::UnknownInput { inputs, .. } => {
                format!("expected {} in scope `in`", one_of_inputs(inputs))
            }
            Self::TwoInputs(_) => "expected one input for each signal".to_owned(),
            Self::NoInputs(candidates) => {
                format!("expected {} before this", one_of_inputs(&candidates.inputs))
            }
            Self::Script(_) => "expected at most one a tick".to_owned(),
            Self::OutOfRange { range, .. } => format!("expected a number from {range}"),
            Self::TooCoarse { .. } => "expected a unit of less than half a bit".to_owned(),
            Self::Unreadable(_) => "expected a whole waveform".to_owned(),
        }
    }

    /// What to do, if that is not clear.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::OtherVersion { .. } => {
                "use the program that wrote it, or write the file again with this one".to_owned()
            }
            Self::UnknownInput { .. } => {
                "signals that are not inputs belong in another scope".to_owned()
            }
            Self::BadTimescale { instead, .. } => format!("write `{}`", instead.as_ref()?),
            Self::UnknownUnit { meant, .. } => format!("did you mean `{}`?", meant.as_ref()?),
            Self::UnknownPort { meant, .. } => format!("did you mean `{}`?", meant.as_ref()?),
            Self::UnknownSignal { meant, .. } => {
                format!("did you mean `{}`?", excerpt(meant.as_ref()?))
            }
            Self::TooLate { .. } => {
                "choose a part of the file with `--from TIME` and `--to TIME`".to_owned()
            }
            Self::Ambiguous { port, paths, .. } => format!(
                "choose with `--map {}={}`, or with `--scope`",
                excerpt(port),
                excerpt(paths.first()?)
            ),
            Self::WrongType {
                path, port, bit, ..
            } => format!(
                "take one of its bits with `--map {}={}[{}]`",
                excerpt(port),
                excerpt(path),
                (*bit)?
            ),
            Self::TwoInputs(_) => "give each input its signal with `--map INPUT=SIGNAL`".to_owned(),
            Self::NoInputs(candidates) => candidates.to_string(),
            Self::OutOfRange { .. } => {
                "give it another signal with `--map`, or choose a part of the file with \
                 `--from TIME` and `--to TIME`"
                    .to_owned()
            }
            Self::TooCoarse { .. } => "capture the line at four samples a bit or more".to_owned(),
            _ => return None,
        };
        Some(help)
    }
}

fn listed(paths: &[String]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| format!("`{}`", excerpt(path)))
        .collect();
    paths.join(", ")
}

fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(" and {count} more"),
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
    let line = &before[line_start..];
    let mark = if line_start == 0 {
        BYTE_ORDER_MARK
    } else {
        b""
    };
    Span {
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: characters(line.strip_prefix(mark).unwrap_or(line)) + 1,
        width: characters(&rest[..word.count()]).max(1),
    }
}

/// Something else was expected.
pub(super) fn unexpected(
    found: &(impl fmt::Display + ?Sized),
    expected: &'static str,
) -> WaveformErrorKind {
    WaveformErrorKind::Unexpected {
        found: excerpt(&found.to_string()),
        expected,
    }
}
