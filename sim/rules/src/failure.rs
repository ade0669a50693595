//! What fails in a scenario: an expectation, a rule, or the app itself.

use std::ops::ControlFlow;

use lockstep_core::time::RunTicks;
use lockstep_engine::checker;
use lockstep_engine::diagnostic::Span;
use lockstep_engine::files::NamedFiles;
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::Scenario;
use lockstep_engine::scenario::plan::{Check, plan_with};
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;

use crate::files::LoadedRules;
use crate::trace_check;

/// What fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The app panics, or ends its process.
    App,
    /// The expectation that is written here does not hold.
    Expectation(Span),
    /// A rule is broken: the place of its file, and its place there.
    Rule(usize, usize),
}

/// A failure of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What fails.
    pub kind: FailureKind,
    /// The tick at which it does.
    pub tick: RunTicks,
    /// What happened.
    pub message: String,
}

/// What runs are held to.
#[derive(Clone, Copy, Debug)]
pub struct Requirements<'a> {
    /// The app that is played.
    pub app: &'a AppEntry,
    /// The rules.
    pub rules: &'a [LoadedRules],
    /// The files that a scenario can name.
    pub files: Option<&'a dyn NamedFiles>,
}

impl Requirements<'_> {
    /// What fails in a scenario; none in one that cannot be played.
    #[must_use]
    pub fn failures(&self, scenario: &Scenario) -> Vec<Failure> {
        let plan = plan_with(scenario, self.app.descriptor(), self.files);
        plan.map_or(Vec::new(), |plan| {
            self.failures_of(&plan.script, &plan.checks)
        })
    }

    /// What fails in a run.
    #[must_use]
    pub fn failures_of(&self, script: &Script, checks: &[Check]) -> Vec<Failure> {
        let mut trace = Trace::new(self.app.descriptor());
        trace.set_clock(script.clock());
        let mut watch = |_| ControlFlow::Continue(());
        let played = play::play(self.app, script, &mut trace, &mut watch)
            .and_then(|_| play::finish(self.app, script, &mut trace));
        let mut failures = match played {
            Ok(()) => Vec::new(),
            Err(error) => match failed_app(&error) {
                Some(failure) => {
                    trace.set_end(failure.tick);
                    vec![failure]
                }
                None => return Vec::new(),
            },
        };
        if failures.is_empty() {
            let unmet = checker::mismatches(checks, &trace);
            failures.extend(unmet.map(|(span, mismatch)| Failure {
                kind: FailureKind::Expectation(span),
                tick: mismatch.tick,
                message: mismatch.message,
            }));
        }
        failures.extend(self.failures_in(&trace));
        failures
    }

    /// The rules that a trace breaks.
    #[must_use]
    pub fn failures_in(&self, trace: &Trace) -> Vec<Failure> {
        let app = self.app.descriptor().name();
        let rules = self.rules.iter().enumerate();
        let rules = rules.filter(|(_, rules)| rules.file.descriptor().name() == app);
        let broken = rules.flat_map(|(place, rules)| {
            let verdict = trace_check::check(&rules.file, trace);
            verdict.breaches.into_iter().map(move |breach| Failure {
                kind: FailureKind::Rule(place, breach.rule),
                tick: breach.tick,
                message: breach.message,
            })
        });
        broken.collect()
    }

    /// Whether a scenario fails so.
    #[must_use]
    pub fn fails_so(&self, scenario: &Scenario, kind: &FailureKind) -> Option<Failure> {
        let failures = self.failures(scenario).into_iter();
        failures
            .filter(|failure| failure.kind == *kind)
            .min_by_key(|it| it.tick)
    }
}

fn failed_app(error: &PlayError) -> Option<Failure> {
    Some(Failure {
        kind: FailureKind::App,
        tick: error.failed_at()?,
        message: error.to_string(),
    })
}
