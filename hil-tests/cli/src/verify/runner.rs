//! Runs steps in order. One that fails does not keep the next from running; an interruption does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::steps::Step;
use super::table::time;
use super::worlds::World;
use lockstep_hil::verdict::Verdict;

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// Pass, fail, infra or skipped.
    pub verdict: Verdict,
    /// Why it is no pass.
    pub reason: Option<String>,
    /// What scenarios came to, if it played any.
    pub world: Option<World>,
    /// Whether somebody interrupted it.
    pub interrupted: bool,
}

impl Acted {
    /// It held.
    #[must_use]
    pub fn pass() -> Self {
        Self {
            verdict: Verdict::Pass,
            reason: None,
            world: None,
            interrupted: false,
        }
    }

    /// It did not.
    #[must_use]
    pub fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: Some(reason.into()),
            ..Self::pass()
        }
    }

    /// Somebody interrupted it.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            interrupted: true,
            ..Self::because(Verdict::Skipped, "interrupted")
        }
    }
}

/// A step that had its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its name.
    pub name: String,
    /// What came of it.
    pub acted: Acted,
    /// How long it took.
    pub took: Duration,
}

/// Everything that had its turn, and what had not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Run {
    /// In order.
    pub done: Vec<Done>,
    /// The names of those whose turn did not come.
    pub left: Vec<String>,
    /// Whether somebody interrupted.
    pub interrupted: bool,
}

impl Run {
    /// What the process says when it ends.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.interrupted {
            return 130;
        }
        match Verdict::of_suite(self.done.iter().map(|done| done.acted.verdict)) {
            Verdict::Fail | Verdict::Flaky => 1,
            Verdict::Infra => 3,
            Verdict::Pass | Verdict::Skipped => 0,
        }
    }
}

/// Who does what steps say.
pub trait Actor {
    /// Does it.
    fn act(&mut self, step: &Step) -> Acted;

    /// The real time since some moment.
    fn now(&self) -> Duration;

    /// Tells people a line.
    fn tell(&mut self, line: &str);
}

/// Runs steps, and adds them to what ran before.
pub fn run(steps: &[Step], run: &mut Run, interrupted: &AtomicBool, actor: &mut impl Actor) {
    for (number, step) in steps.iter().enumerate() {
        if run.interrupted || interrupted.load(Ordering::Relaxed) {
            run.interrupted = true;
            run.left.push(step.name.clone());
            continue;
        }
        actor.tell(&format!(
            "\n== {}/{}  {}",
            number + 1,
            steps.len(),
            step.name
        ));
        if let Some(what) = step.action.shown() {
            actor.tell(&format!("   {what}"));
        }
        let started = actor.now();
        let acted = actor.act(step);
        let took = actor.now().saturating_sub(started);
        let word = match acted.interrupted {
            true => "interrupted",
            false => acted.verdict.word(),
        };
        let reason = acted.reason.iter().filter(|_| !acted.interrupted);
        let reason: String = reason.map(|reason| format!(": {reason}")).collect();
        actor.tell(&format!(
            "-- {} {word} after {}{reason}",
            step.name,
            time(took)
        ));
        run.interrupted |= acted.interrupted;
        run.done.push(Done {
            name: step.name.clone(),
            acted,
            took,
        });
    }
}
