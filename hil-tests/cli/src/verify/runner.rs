//! Runs steps in order. A failed step does not stop the next one; an interrupt does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::steps::VerifyStep;
use super::summary::format_duration;
use super::world_report::WorldReport;
use lockstep_hil::verdict::Verdict;

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutcome {
    /// Pass, fail, infra or skipped.
    pub verdict: Verdict,
    /// Why it did not pass.
    pub reason: Option<String>,
    /// The results of scenarios, if it played any.
    pub report: Option<WorldReport>,
    /// Whether the user interrupted it.
    pub interrupted: bool,
}

impl StepOutcome {
    /// The step passed.
    #[must_use]
    pub fn pass() -> Self {
        Self {
            verdict: Verdict::Pass,
            reason: None,
            report: None,
            interrupted: false,
        }
    }

    /// The step did not pass.
    #[must_use]
    pub fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: Some(reason.into()),
            ..Self::pass()
        }
    }

    /// The user interrupted the step.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            interrupted: true,
            ..Self::because(Verdict::Skipped, "interrupted")
        }
    }
}

/// A step that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedStep {
    /// Its name.
    pub name: String,
    /// Its outcome.
    pub outcome: StepOutcome,
    /// How long it took.
    pub duration: Duration,
}

/// Which steps were run, and which were not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StepLog {
    /// In order.
    pub finished: Vec<FinishedStep>,
    /// The names of the steps that an interrupt kept from running.
    pub not_run: Vec<String>,
    /// Whether the user interrupted.
    pub interrupted: bool,
}

impl StepLog {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.interrupted {
            return 130;
        }
        match Verdict::of_suite(self.finished.iter().map(|step| step.outcome.verdict)) {
            Verdict::Fail | Verdict::Flaky => 1,
            Verdict::Infra => 3,
            Verdict::Pass | Verdict::Skipped => 0,
        }
    }
}

/// What executes steps.
pub trait StepExecutor {
    /// Executes a step.
    fn execute(&mut self, step: &VerifyStep) -> StepOutcome;

    /// The real time since a fixed moment.
    fn now(&self) -> Duration;

    /// Prints a line for people.
    fn print(&mut self, line: &str);
}

/// Runs steps, and adds them to the log.
pub fn run(
    steps: &[VerifyStep],
    log: &mut StepLog,
    interrupted: &AtomicBool,
    executor: &mut impl StepExecutor,
) {
    for (number, step) in steps.iter().enumerate() {
        if log.interrupted || interrupted.load(Ordering::Relaxed) {
            log.interrupted = true;
            log.not_run.push(step.name.clone());
            continue;
        }
        executor.print(&format!(
            "\n== {}/{}  {}",
            number + 1,
            steps.len(),
            step.name
        ));
        if let Some(command) = step.action.command() {
            executor.print(&format!("   {command}"));
        }
        let started = executor.now();
        let outcome = executor.execute(step);
        let duration = executor.now().saturating_sub(started);
        let word = match outcome.interrupted {
            true => "interrupted",
            false => outcome.verdict.word(),
        };
        let reason = outcome.reason.iter().filter(|_| !outcome.interrupted);
        let reason: String = reason.map(|reason| format!(": {reason}")).collect();
        executor.print(&format!(
            "-- {} {word} after {}{reason}",
            step.name,
            format_duration(duration)
        ));
        log.interrupted |= outcome.interrupted;
        log.finished.push(FinishedStep {
            name: step.name.clone(),
            outcome,
            duration,
        });
    }
}
