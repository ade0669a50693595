//! The expectations of a plan: what each looks at, when, and what was done before it.

use std::fmt;

use lockstep_core::app::LogId;
use lockstep_core::event::SerialId;
use lockstep_core::matrix::MatrixId;
use lockstep_core::time::RunTicks;

use crate::diagnostic::Span;
use crate::scenario::pattern::Pattern;
use crate::scenario::{LogAssertion, MatrixAssertion, OutputAssertion, SerialAssertion};

/// One expectation, its names resolved and its tick known.
#[derive(Clone, Debug)]
pub struct Check {
    /// Where it is written.
    pub span: Span,
    /// The point where it stands: what it looks at, and what its length is counted from.
    pub at: SamplePoint,
    /// What was last done above it.
    pub cause: Cause,
    /// Whether no time has passed since that was done.
    pub follows_cause: bool,
    /// What it expects.
    pub assertion: Assertion,
}

impl Check {
    /// The point that its window opens at: the beginning of what was done immediately above
    /// it, so that it sees what this caused, and otherwise the point where it stands.
    #[must_use]
    pub const fn opens(&self) -> SamplePoint {
        if self.follows_cause {
            self.cause.start
        } else {
            self.at
        }
    }

    /// The point that it looks at, or that its window ends at: before the inputs of the last
    /// tick, whose statements come after the window.
    #[must_use]
    pub fn end(&self) -> SamplePoint {
        match self.assertion.window() {
            None => self.at,
            Some(window) => SamplePoint {
                tick: self.at.tick.saturating_add(window),
                phase: TickPhase::BeforeInputs,
            },
        }
    }
}

/// What was last done to the board, before an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What it was.
    pub kind: CauseKind,
    /// The point where it began.
    pub start: SamplePoint,
}

impl Cause {
    /// The board came up.
    pub const POWER_UP: Self = Self {
        kind: CauseKind::PowerUp,
        start: SamplePoint {
            tick: RunTicks::ZERO,
            phase: TickPhase::PowerUp,
        },
    };
}

/// What can be done to a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// It is powered up.
    PowerUp,
    /// Buttons are pressed.
    Press,
    /// Buttons are released.
    Release,
    /// Buttons are pressed and released.
    Tap,
    /// A number input is set.
    Set,
    /// A number input goes from one number to another.
    Ramp,
    /// A number input plays a table.
    Playback,
    /// Bytes arrive on a serial line.
    Send,
    /// An encoder is turned.
    Turn,
    /// It is reset.
    Reset,
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PowerUp => "power-up",
            Self::Press => "press",
            Self::Release => "release",
            Self::Tap => "tap",
            Self::Set => "change",
            Self::Ramp => "ramp",
            Self::Playback => "playback",
            Self::Send => "sending",
            Self::Turn => "turn",
            Self::Reset => "reset",
        })
    }
}

/// A point of a run that a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SamplePoint {
    /// The tick.
    pub tick: RunTicks,
    /// How much of the tick has happened.
    pub phase: TickPhase,
}

/// The phases of a tick: first time passes, then the inputs come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TickPhase {
    /// Nothing has happened. In tick 0, the board has not come up.
    PowerUp,
    /// Time has passed, and the inputs have not come.
    BeforeInputs,
    /// All inputs of the tick have come.
    AfterInputs,
}

/// What a check expects.
#[derive(Clone, Debug)]
pub enum Assertion {
    /// Of an output, by its index in the descriptor.
    Output(u8, OutputAssertion<i32>),
    /// Of the logs.
    Log {
        /// Which kind.
        log: LogId,
        /// With which value; any if `None`.
        value: Option<LogTarget>,
        /// What is expected of them.
        assertion: LogAssertion,
    },
    /// Of what is sent on a serial line.
    Serial(SerialId, SerialAssertion),
    /// Of a matrix.
    Matrix(MatrixId, MatrixAssertion),
    /// Of all outputs: these are on, by their indices, and no other.
    OnlyOn(Vec<u8>),
}

/// The value of a log that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// A number, or a word by its place.
    Number(i32),
    /// A text.
    Text(Pattern),
}

impl Assertion {
    /// The length of its window; `None` if it looks at a single point, or back from one.
    #[must_use]
    pub const fn window(&self) -> Option<RunTicks> {
        match self {
            Self::Output(_, assertion) => assertion.window(),
            Self::Log { assertion, .. } => assertion.window(),
            Self::Serial(_, assertion) => assertion.window(),
            Self::Matrix(_, assertion) => assertion.window(),
            Self::OnlyOn(_) => None,
        }
    }
}
