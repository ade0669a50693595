//! Scenarios: inputs to an app, and what is expected of it.
//!
//! A scenario is read in two passes. [`grammar`], or [`compact`] for the short form, parses
//! the statements and needs no app. [`plan`] resolves the names against what an app declares
//! and gives every statement its tick; the result is a script for any world, and the checks
//! of its trace.
//!
//! `wait`, `tap` and the like advance time. An expectation never does: without
//! its expectations, a scenario plays the same events.

pub mod compact;
pub mod duration;
pub mod export;
pub mod grammar;
mod input_validator;
pub mod lexer;
pub mod names;
pub mod pattern;
pub mod picture_pattern;
pub mod plan;
mod print;
pub mod quantity;
pub mod statement_builder;
mod suggestion;
mod table;
#[cfg(test)]
mod tests;

use lockstep_core::time::{Instant, RunTicks, TickPeriod};

use pattern::Pattern;
use picture_pattern::PicturePattern;
pub use print::{DisplayWithTick, display};
use quantity::Quantity;

use crate::diagnostic::Span;
use crate::script::SwitchState;

/// The largest scenario that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The longest line, in characters.
pub const MAX_LINE: usize = 1_000;

/// The most statements a scenario can have.
pub const MAX_STATEMENTS: usize = 100_000;

/// A scenario as written, its names unresolved.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The app it is for, if it names one.
    pub app: Option<Name>,
    /// The boot condition at tick 0; all is well if none is named.
    pub condition: Option<Name>,
    /// Where the app's tick counter starts.
    pub clock: Instant,
    /// The number that the app's random source begins with, and where it is written.
    pub seed: Option<(i32, Span)>,
    /// How long the ticks are that its lengths are counted in: those of its app.
    pub tick: TickPeriod,
    /// Inputs and expectations, in order.
    pub statements: Vec<Statement>,
}

/// A name in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it is written.
    pub span: Span,
}

/// One statement: a sentence of a `.scn` file, a word of the compact form.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it is written.
    pub span: Span,
    /// What it does or expects.
    pub kind: StatementKind,
}

/// What a statement does or expects.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// Buttons are pressed or released, their contacts bouncing for a time.
    Move {
        /// Which buttons.
        buttons: Vec<Name>,
        /// The state their contacts come to.
        contact: SwitchState,
        /// How long they bounce, which is how long the statement takes.
        bouncing: RunTicks,
    },
    /// Buttons are pressed, and released after a time.
    Tap {
        /// Which buttons.
        buttons: Vec<Name>,
        /// How long they are pressed, which is how long the statement takes.
        length: RunTicks,
    },
    /// Time passes without inputs.
    Wait(RunTicks),
    /// The board is reset and comes up under this boot condition; all is well if none is
    /// named.
    Reset(Option<Name>),
    /// A number input changes.
    Set {
        /// Which one.
        number: Name,
        /// What it is from now on.
        to: Quantity,
        /// Where that is written.
        span: Span,
    },
    /// A number input goes from one number to another, in equal steps.
    Ramp {
        /// Which one.
        number: Name,
        /// What it begins with, and where that is written.
        from: (Quantity, Span),
        /// What it ends with, and where that is written.
        to: (Quantity, Span),
        /// How long it takes, which is how long the statement takes.
        length: RunTicks,
    },
    /// A number input is what a table says.
    Play {
        /// Which one.
        number: Name,
        /// The file of the table, relative to the folder of the scenario. How long the statement
        /// takes stands there.
        file: Name,
    },
    /// Bytes arrive on a serial line, as fast as it carries them.
    Send {
        /// Which line.
        line: Name,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// An encoder is turned.
    Turn {
        /// Which one.
        encoder: Name,
        /// By so many clicks, counterclockwise if negative.
        clicks: i32,
        /// How long it takes, which is how long the statement takes.
        length: RunTicks,
    },
    /// Something is expected.
    Expect(Expectation),
}

/// What a statement expects, its names unresolved.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Of an output.
    Output {
        /// Which one.
        output: Name,
        /// What is expected of it.
        assertion: OutputAssertion,
        /// Where its level is written, if there is one.
        target_span: Option<Span>,
    },
    /// Of the logs.
    Log {
        /// Which kind.
        log: Name,
        /// With which value; any if none is named.
        value: Option<Name>,
        /// What is expected of them.
        assertion: LogAssertion,
    },
    /// Of what is sent on a serial line.
    Serial {
        /// Which line.
        line: Name,
        /// What is expected of it.
        assertion: SerialAssertion,
    },
    /// Of a matrix.
    Matrix {
        /// Which one.
        matrix: Name,
        /// What is expected of it.
        assertion: MatrixAssertion,
    },
    /// Of all outputs: these are on, and no other that can be on or off, or is a level.
    OnlyOn(Vec<Name>),
}

/// What is expected of an output. A window opens with what is done immediately above its
/// statement, and ends before the inputs of the tick that lies its length after the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputAssertion<N = Quantity> {
    /// Its level is this.
    Is(TargetLevel<N>),
    /// Its level is not this.
    IsNot(TargetLevel<N>),
    /// It changes to this level within the window.
    Becomes(TargetLevel<N>, RunTicks),
    /// It changes within the window.
    Changes(RunTicks),
    /// It does not change in the window, but for what was done above it bringing it to this
    /// level, if one is named. If a range is named, it may change within it.
    Stays(Option<TargetLevel<N>>, RunTicks),
    /// Every pulse that begins and ends in the window is this wide, and there is one.
    Pulse(Polarity, Measurement),
    /// The rising edges in the window are this far apart, and there are two.
    Period(Measurement),
}

/// A duration to be measured in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// The expected duration.
    pub length: RunTicks,
    /// How far off it may be, inclusive.
    pub tolerance: RunTicks,
    /// The window.
    pub within: RunTicks,
}

/// The direction of a pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Up from zero and back.
    High,
    /// Down to zero and back.
    Low,
}

/// A level that is expected, or a word for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetLevel<N = Quantity> {
    /// Any level above zero.
    On,
    /// Zero.
    Off,
    /// This level.
    Level(N),
    /// This level, or any above it.
    AtLeast(N),
    /// This level, or any below it.
    AtMost(N),
    /// One of these levels, or any between them.
    Between(N, N),
}

/// What is expected of what is sent on a serial line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerialAssertion {
    /// This has been sent since something was last done, or since power-up.
    Sent(Pattern),
    /// This is sent within the window.
    SentWithin(Pattern, RunTicks),
    /// Nothing is sent within the window.
    Silent(RunTicks),
}

/// What is expected of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatrixAssertion {
    /// It shows this.
    Shows(PicturePattern),
    /// Within the window it comes to show this.
    ShowsWithin(PicturePattern, RunTicks),
}

impl MatrixAssertion {
    /// The picture.
    #[must_use]
    pub const fn pattern(&self) -> &PicturePattern {
        match self {
            Self::Shows(pattern) | Self::ShowsWithin(pattern, _) => pattern,
        }
    }

    /// The same, but of this picture.
    pub(crate) fn with_pattern(&self, pattern: PicturePattern) -> Self {
        match self {
            Self::Shows(_) => Self::Shows(pattern),
            Self::ShowsWithin(_, window) => Self::ShowsWithin(pattern, *window),
        }
    }

    /// The length of its window; `None` if it looks at a single point.
    #[must_use]
    pub const fn window(&self) -> Option<RunTicks> {
        match self {
            Self::Shows(_) => None,
            Self::ShowsWithin(_, window) => Some(*window),
        }
    }
}

impl SerialAssertion {
    /// The length of its window; `None` if it looks back from a single point.
    #[must_use]
    pub const fn window(&self) -> Option<RunTicks> {
        match self {
            Self::Sent(_) => None,
            Self::SentWithin(_, window) | Self::Silent(window) => Some(*window),
        }
    }
}

/// What is expected of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogAssertion {
    /// One has come since something was last done, or since power-up.
    Logged,
    /// One comes within the window.
    LoggedWithin(RunTicks),
    /// None comes within the window.
    NotLogged(RunTicks),
}

impl<N> OutputAssertion<N> {
    /// The length of its window; `None` if it looks at a single point.
    #[must_use]
    pub const fn window(&self) -> Option<RunTicks> {
        match self {
            Self::Is(_) | Self::IsNot(_) => None,
            Self::Becomes(_, window) | Self::Changes(window) | Self::Stays(_, window) => {
                Some(*window)
            }
            Self::Pulse(_, measure) | Self::Period(measure) => Some(measure.within),
        }
    }

    /// The level that it names, if it names one.
    pub(crate) fn target(self) -> Option<TargetLevel<N>> {
        match self {
            Self::Is(target) | Self::IsNot(target) | Self::Becomes(target, _) => Some(target),
            Self::Stays(target, _) => target,
            Self::Changes(_) | Self::Pulse(..) | Self::Period(_) => None,
        }
    }

    /// The same assertion, its numbers as something else.
    pub(crate) fn try_map<M, E>(
        self,
        number: impl FnMut(N) -> Result<M, E>,
    ) -> Result<OutputAssertion<M>, E> {
        Ok(match self {
            Self::Is(target) => OutputAssertion::Is(target.try_map(number)?),
            Self::IsNot(target) => OutputAssertion::IsNot(target.try_map(number)?),
            Self::Becomes(target, within) => {
                OutputAssertion::Becomes(target.try_map(number)?, within)
            }
            Self::Changes(within) => OutputAssertion::Changes(within),
            Self::Stays(target, length) => {
                let target = target.map(|target| target.try_map(number)).transpose()?;
                OutputAssertion::Stays(target, length)
            }
            Self::Pulse(polarity, measure) => OutputAssertion::Pulse(polarity, measure),
            Self::Period(measure) => OutputAssertion::Period(measure),
        })
    }
}

impl LogAssertion {
    /// The length of its window; `None` if it looks back from a single point.
    #[must_use]
    pub const fn window(self) -> Option<RunTicks> {
        match self {
            Self::Logged => None,
            Self::LoggedWithin(window) | Self::NotLogged(window) => Some(window),
        }
    }
}
