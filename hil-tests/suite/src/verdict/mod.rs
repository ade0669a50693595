//! What came of playing scenarios on boards, and what follows from it.
//!
//! [`Suite`] holds [`Case`]s, a case holds [`Attempt`]s, and an attempt has an [`Outcome`].
//! All verdicts follow from these by one rule, [`Verdict::of_case`] and [`Verdict::of_suite`];
//! nobody writes a verdict down. [`BoardDivergence`] shows where a board's trace leaves the
//! expected one.
//!
//! Everything here is data: times are measured by whoever plays and passed in.

mod attempt;
mod case;
mod divergence;
mod failure_context;
mod tolerance;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use attempt::{Attempt, LogLevel, LogLine, Outcome, PinSample, Reason, SourceLocation};
pub use case::{BenchLabel, Case};
pub use divergence::BoardDivergence;
pub use failure_context::FailureContext;
pub use tolerance::{Alignment, align};

/// What is said about a scenario on a bench, and about a whole suite. The order is that of
/// severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It was not played: nothing is known.
    Skipped,
    /// The board does what the golden says.
    Pass,
    /// Something between here and the firmware broke: nothing was judged.
    Infra,
    /// It passed and it failed. That is not green.
    Flaky,
    /// The board does not do what the golden says.
    Fail,
}

impl Verdict {
    /// Every verdict, in the order in which they are counted for people.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::Flaky,
        Self::Infra,
        Self::Skipped,
    ];

    /// Its word in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Pass => "pass",
            Self::Infra => "infra",
            Self::Flaky => "flaky",
            Self::Fail => "fail",
        }
    }

    /// What a count of it is called: `3 passed`.
    #[must_use]
    pub const fn counted(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Fail => "failed",
            other => other.word(),
        }
    }

    /// Whether somebody should look at it: neither held nor skipped.
    #[must_use]
    pub const fn needs_attention(self) -> bool {
        matches!(self, Self::Infra | Self::Flaky | Self::Fail)
    }

    /// The verdict of a case whose attempts ended so: the most severe of them, except that
    /// one that passed and one that failed are flaky together. Without attempts, skipped.
    ///
    /// An attempt that broke stays infra whatever other attempts passed: a board that had to be
    /// recovered in the middle of a scenario did not hold it, and was not shown to break it.
    #[must_use]
    pub fn of_case(attempts: impl IntoIterator<Item = Self>) -> Self {
        let mut passed = false;
        let mut worst = Self::Skipped;
        for verdict in attempts {
            passed |= verdict == Self::Pass;
            worst = worst.max(verdict);
        }
        match (worst, passed) {
            (Self::Fail, true) => Self::Flaky,
            (worst, _) => worst,
        }
    }

    /// The verdict of a suite: the most severe of its cases. Without cases, skipped.
    #[must_use]
    pub fn of_suite(cases: impl IntoIterator<Item = Self>) -> Self {
        cases.into_iter().max().unwrap_or(Self::Skipped)
    }
}

/// Who says what a pin did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The firmware, over RTT.
    Rtt,
    /// A register of the chip, read through the probe.
    Register,
    /// A sampler outside of the chip.
    Outside,
}

impl Evidence {
    /// Its word in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rtt => "rtt",
            Self::Register => "register",
            Self::Outside => "outside",
        }
    }
}

/// How a suite ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Ending {
    /// Every case was run.
    #[default]
    Complete,
    /// The time for the whole suite was over.
    TimedOut,
    /// Somebody stopped it.
    Interrupted,
}

impl Ending {
    /// Its word in every format.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::TimedOut => "timed out",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Everything that was to be played, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Suite {
    /// The cases, in the order in which they are reported. A case that was not run has no
    /// attempts.
    pub cases: Vec<Case>,
    /// How long all of it took.
    pub took: Duration,
    /// How it ended.
    pub ending: Ending,
}

impl Suite {
    /// The verdict of everything that ran.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_suite(self.cases.iter().map(Case::verdict))
    }

    /// How many cases have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        let cases = self.cases.iter();
        cases.filter(|case| case.verdict() == verdict).count()
    }

    /// The cases somebody should look at.
    pub fn worth_attention(&self) -> impl Iterator<Item = &Case> {
        let cases = self.cases.iter();
        cases.filter(|case| case.verdict().needs_attention())
    }

    /// The exit code of a process that ran this suite. One that was cut short says so, whatever
    /// it had found by then.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match (self.ending, self.verdict()) {
            (Ending::Interrupted, _) => 130,
            (Ending::TimedOut, _) => 42,
            (Ending::Complete, Verdict::Fail | Verdict::Flaky) => 1,
            (Ending::Complete, Verdict::Infra) => 3,
            (Ending::Complete, Verdict::Pass | Verdict::Skipped) => 0,
        }
    }
}
