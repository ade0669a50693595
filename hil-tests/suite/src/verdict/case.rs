//! One scenario on one bench.

use std::time::Duration;

use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_engine::diff::divergence;
use lockstep_engine::trace::document::Document;

use super::{Attempt, BoardDivergence, Evidence, FailureContext, Outcome, Reason, Verdict, align};
use crate::TICK;

/// What a scenario was played on.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BenchLabel {
    /// Its name.
    pub name: String,
    /// The board, such as `microbit-v2`.
    pub board: String,
    /// The selector of the probe, or `virtual`.
    pub probe: String,
    /// The build of the image, once the board has told it.
    pub build: Option<String>,
}

/// One scenario on one bench, with one stimulus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name of the scenario, such as `lamp/lock/holds`.
    pub scenario: String,
    /// Its file, from where the suite was started.
    pub path: String,
    /// What it was played on.
    pub bench: BenchLabel,
    /// How the buttons were pressed.
    pub stimulus: Stimulus,
    /// Who was asked what the outputs did.
    pub evidence: Vec<Evidence>,
    /// The golden: what every world is to do, where there is one.
    pub expected: Option<Document>,
    /// The command that starts the simulator of the project.
    pub simulator: String,
    /// How far a press, or with firmware that keeps its own time anything, may be from its tick; 0 where
    /// the design promises exactness.
    pub tolerance: RunTicks,
    /// What was tried, in order. Empty: the case was not run.
    pub attempts: Vec<Attempt>,
}

impl Case {
    /// The attempt in which the board did this: a pass if it is what is expected, tick by tick or
    /// within the tolerance, and a fail if it is not. Where nothing is expected, nothing can be judged.
    #[must_use]
    pub fn judge(&self, board: Document, took: Duration) -> Attempt {
        let mut attempt = Attempt::new(Outcome::Pass, took);
        let is_exact = self.tolerance == RunTicks::ZERO;
        match &self.expected {
            None => {
                let cause = Reason::new("there is no golden to compare with");
                attempt.outcome = Outcome::Infra(cause);
            }
            Some(expected) => {
                let aligned = align(expected, &board, self.tolerance);
                if !is_exact {
                    attempt.slack = Some(aligned.slack);
                }
                if let Some(found) = divergence(expected, &aligned.trace) {
                    let tick = found.tick.0;
                    let allowed = match is_exact {
                        true => String::new(),
                        false => format!(" by more than {}", TICK.length(self.tolerance)),
                    };
                    let cause = Reason::new(format!(
                        "the trace of the board differs from the golden{allowed} at tick {tick}"
                    ));
                    attempt.outcome = Outcome::Fail(cause);
                }
            }
        }
        attempt.trace = Some(board);
        attempt
    }

    /// The verdict: that of its attempts, by [`Verdict::of_case`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of_case(
            self.attempts
                .iter()
                .map(|attempt| attempt.outcome.verdict()),
        )
    }

    /// How long all attempts took.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.attempts.iter().map(|attempt| attempt.took).sum()
    }

    /// The last attempt with the most severe outcome, at which was looked most closely: the one
    /// that is told.
    #[must_use]
    pub fn decisive_attempt(&self) -> Option<&Attempt> {
        let verdict = |attempt: &&Attempt| attempt.outcome.verdict();
        // Of equals, `max_by_key` gives the last.
        self.attempts.iter().max_by_key(verdict)
    }

    /// Why the verdict is no pass.
    #[must_use]
    pub fn cause(&self) -> Option<&Reason> {
        self.decisive_attempt()
            .and_then(|attempt| attempt.outcome.cause())
    }

    /// The largest slack of all attempts.
    #[must_use]
    pub fn slack(&self) -> Option<RunTicks> {
        self.attempts
            .iter()
            .filter_map(|attempt| attempt.slack)
            .max()
    }

    /// Where the attempt that is told leaves the expected trace.
    #[must_use]
    pub fn divergence(&self) -> Option<BoardDivergence> {
        self.decisive_attempt()
            .and_then(|attempt| BoardDivergence::of(self, attempt))
    }

    /// What helps to see why the attempt that is told is no pass.
    #[must_use]
    pub fn failure_context(&self) -> Option<FailureContext> {
        FailureContext::of(self)
    }
}
