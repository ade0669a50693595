//! Scenarios: what is done to an app, and what is expected of it.
//!
//! A scenario is read in two steps. [`grammar`] (or [`compact`], its short form) finds
//! the sentences, which takes no app. [`check`] resolves the names against what an app
//! declares and gives every sentence its tick; what comes out is a script for any world
//! and the checks that judge the trace it leaves.
//!
//! Only `wait`, `tap` and bouncing contacts move time. An expectation never does: with
//! all expectations taken away, the very same events are played.

pub mod check;
pub mod compact;
pub mod duration;
pub mod export;
pub mod grammar;
mod input_validator;
mod lexer;
mod names;
mod print;
#[cfg(test)]
mod tests;

use lockstep_core::time::{Instant, Ticks};

use crate::diagnostic::Span;
use crate::script::SwitchState;

/// The largest scenario that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The longest line, in characters.
pub const MAX_LINE: usize = 1_000;

/// The most steps a scenario can have.
pub const MAX_STATEMENTS: usize = 100_000;

/// A scenario as it was written, its names not yet looked up.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The app it is for, where it says so.
    pub app: Option<Name>,
    /// What the board finds at tick 0.
    pub condition: Option<Name>,
    /// Where the app's tick counter starts.
    pub clock: Instant,
    /// What is done and expected, in order.
    pub statements: Vec<Statement>,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One sentence.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// What it says.
    pub kind: StatementKind,
}

/// What a sentence says.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// Contacts close or open, bouncing for a time before they rest.
    Move {
        /// Whose contacts.
        buttons: Vec<Name>,
        /// Where to.
        contact: SwitchState,
        /// How long they bounce; that long does the sentence take.
        bouncing: Ticks,
    },
    /// Contacts close, and open after this time; that long does the sentence take.
    Tap {
        /// Whose contacts.
        buttons: Vec<Name>,
        /// How long they are closed.
        length: Ticks,
    },
    /// Nothing is done for this time.
    Wait(Ticks),
    /// The board is reset and comes up under this condition; all is well where none is
    /// named.
    Reset(Option<Name>),
    /// Something should be seen.
    Expect(Expectation),
}

/// What should be seen.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// On an output.
    Output {
        /// Which.
        output: Name,
        /// What.
        assertion: OutputAssertion,
        /// Where the level in it stands, if there is one.
        target_span: Option<Span>,
    },
    /// Among the logs.
    Log {
        /// Which.
        log: Name,
        /// With which value; any when none is named.
        value: Option<Name>,
        /// What.
        assertion: LogAssertion,
    },
}

/// What should be seen on an output. A window begins at the sentence. It ends with the
/// tick that lies its length later, but before anything is done in that tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputAssertion {
    /// Its level is this now.
    Is(TargetLevel),
    /// Its level is anything but this now.
    IsNot(TargetLevel),
    /// It changes to this within the time.
    Becomes(TargetLevel, Ticks),
    /// It changes within the time.
    Changes(Ticks),
    /// It does not change for the time, and is at the target where one is named.
    Stays(Option<TargetLevel>, Ticks),
    /// The first pulse that begins and ends within the time is this wide.
    Pulse(Polarity, Measurement),
    /// The first two rises within the time are this far apart.
    Period(Measurement),
}

/// A length to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// What it should be.
    pub length: Ticks,
    /// How far off it may be.
    pub tolerance: Ticks,
    /// The window in which it is measured.
    pub within: Ticks,
}

/// Which way a pulse goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Up from zero and back.
    High,
    /// Down to zero and back.
    Low,
}

/// A level, or a word for some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetLevel {
    /// Any level above zero.
    On,
    /// Zero.
    Off,
    /// This one.
    Level(u16),
}

/// What should be seen among the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogAssertion {
    /// It was said since the last press or reset, or since the start.
    Logged,
    /// It is said within the time.
    LoggedWithin(Ticks),
    /// It is not said for the time.
    NotLogged(Ticks),
}

impl OutputAssertion {
    /// For how long it looks, where it does not look at one moment.
    #[must_use]
    pub const fn window(self) -> Option<Ticks> {
        match self {
            Self::Is(_) | Self::IsNot(_) => None,
            Self::Becomes(_, window) | Self::Changes(window) | Self::Stays(_, window) => {
                Some(window)
            }
            Self::Pulse(_, measure) | Self::Period(measure) => Some(measure.within),
        }
    }
}

impl LogAssertion {
    /// For how long it looks, where it does not look back from one moment.
    #[must_use]
    pub const fn window(self) -> Option<Ticks> {
        match self {
            Self::Logged => None,
            Self::LoggedWithin(window) | Self::NotLogged(window) => Some(window),
        }
    }
}
