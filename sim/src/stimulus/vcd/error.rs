//! What can be wrong with a waveform, and where.

use std::fmt;

use thiserror::Error;

use super::{MAX_COMMAND, MAX_DEPTH, MAX_VARIABLES};
use crate::script::{MAX_EVENTS, MAX_LENGTH, ScriptError};
use crate::trace::vcd::VERSION;

/// What a button can be given.
pub(super) const BIT: &str = "a level of one bit: `0`, `1`, `x` or `z`";

/// What the string `reset` can carry.
pub(super) const CONDITIONS: &str = "a string: `ok`, `clock-failed`, `uart-missing` or nothing";

/// The most of a file's text that an error repeats, in characters.
const MAX_EXCERPT: usize = 40;

/// A waveform cannot be read, or does not fit the app.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct VcdError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: VcdProblem,
}

/// What is wrong at a place of a waveform. The names and words in it come from the file,
/// except where they are the app's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VcdProblem {
    /// Something else should stand here.
    #[error("found `{found}`, expected {expected}")]
    Unexpected {
        /// What stands here, shortened and with control characters escaped.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// The file ends where more must follow.
    #[error("the file ends before {expected}")]
    CutShort {
        /// What must follow.
        expected: &'static str,
    },
    /// More variables than [`MAX_VARIABLES`].
    #[error("more than {MAX_VARIABLES} variables: no more are read")]
    TooManyVariables,
    /// Scopes deeper than [`MAX_DEPTH`].
    #[error("more than {MAX_DEPTH} scopes in one another: no more are read")]
    TooDeep,
    /// A command longer than [`MAX_COMMAND`].
    #[error("this command, name or value has more than {MAX_COMMAND} bytes: no more are read")]
    TooLong,
    /// More inputs than [`MAX_EVENTS`].
    #[error("more than {MAX_EVENTS} inputs: no more can be played")]
    TooManyEvents,
    /// A time stamp beyond [`MAX_LENGTH`].
    #[error(
        "time {time} is later than {} ms (7 days): no more can be played",
        MAX_LENGTH.0
    )]
    TooLate {
        /// The time stamp, in units of the file.
        time: u64,
    },
    /// A time stamp earlier than the one before it.
    #[error("time {time} comes after time {previous}, expected no earlier one")]
    TimeRunsBack {
        /// The time stamp, in units of the file.
        time: u64,
        /// The one before it.
        previous: u64,
    },
    /// Another version of this program wrote the file.
    #[error(
        "the file follows version {found} of lockstep's conventions; this program reads version \
         {VERSION}: use the program that wrote it, or write it again with this one"
    )]
    OtherVersion {
        /// The version the file follows.
        found: u32,
    },
    /// A value change in the header.
    #[error("a value change before `$enddefinitions $end`, expected a declaration")]
    BeforeEndOfHeader,
    /// A declaration after the header.
    #[error("a declaration after `$enddefinitions`, expected a time or a value change")]
    Declaration,
    /// A change of something that was never declared.
    #[error("a value change of `{0}`, and no `$var` declares that code")]
    Undeclared(String),
    /// A variable among the inputs that the app does not have.
    #[error("variable `{name}` in scope `in` is no input of app `{app}`; it has {buttons}")]
    UnknownInput {
        /// The variable's name.
        name: String,
        /// The app.
        app: &'static str,
        /// The names of its buttons.
        buttons: String,
    },
    /// A variable of the right name that cannot carry the input.
    #[error("variable `{name}` is a {found}, expected {expected}")]
    WrongType {
        /// The variable's name.
        name: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Two signals for one input, or one signal for two.
    #[error("variable `{0}`: a button must be one signal, and a signal one button")]
    Ambiguous(String),
    /// Nothing in the file is an input of the app.
    #[error("no 1-bit variable is named like a button of app `{app}`; it has {buttons}")]
    NoInputs {
        /// The app.
        app: &'static str,
        /// The names of its buttons.
        buttons: String,
    },
    /// What the inputs do cannot be played.
    #[error(transparent)]
    Script(#[from] ScriptError),
}

impl VcdError {
    pub(super) fn at(bytes: &[u8], offset: usize, problem: VcdProblem) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count()
            + 1;
        Self {
            line,
            column,
            problem,
        }
    }
}

/// The beginning of a text from the file, safe to print.
pub(super) fn excerpt(text: &str) -> String {
    let mut excerpt: String = text
        .chars()
        .take(MAX_EXCERPT)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MAX_EXCERPT).is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// Something else should stand here.
pub(super) fn unexpected(
    found: &(impl fmt::Display + ?Sized),
    expected: &'static str,
) -> VcdProblem {
    VcdProblem::Unexpected {
        found: excerpt(&found.to_string()),
        expected,
    }
}
