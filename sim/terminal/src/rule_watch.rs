//! The rules that a run is held to while it is played.

use std::path::Path;

use lockstep_engine::source::Source;
use lockstep_engine::trace::Trace;
use lockstep_rules::files::{LoadedRules, RULES_EXTENSION};
use lockstep_rules::parser::parse;
use lockstep_rules::trace_check::TraceWatch;

use super::ui_state::{FailedExpectation, UiState};

/// The rules, and those of them that the current branch breaks.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleWatch {
    /// Those that were asked for, whatever is opened.
    given: Vec<LoadedRules>,
    /// All of them, and how far the branch was read.
    watched: Vec<(LoadedRules, TraceWatch)>,
    broken: Vec<FailedExpectation>,
}

impl RuleWatch {
    /// The rules that were asked for, before a run.
    pub(super) fn given_alone(&self) -> Self {
        let mut fresh = Self {
            given: self.given.clone(),
            ..Self::default()
        };
        fresh.watch(Vec::new());
        fresh
    }

    /// What is broken, in the order in which it was found.
    pub(super) fn broken(&self) -> impl Iterator<Item = &FailedExpectation> + Clone {
        self.broken.iter()
    }

    fn count(&self) -> usize {
        let watched = self.watched.iter();
        watched.map(|(rules, _)| rules.file.rules().len()).sum()
    }

    /// Watches those that were asked for and these.
    fn watch(&mut self, beside: Vec<LoadedRules>) {
        let given = self.given.iter().map(|rules| &rules.source.name);
        let given: Vec<_> = given.cloned().collect();
        let beside = beside.into_iter();
        let beside = beside.filter(|rules| !given.contains(&rules.source.name));
        let all = self.given.iter().cloned().chain(beside);
        self.watched = all
            .map(|rules| {
                let watch = TraceWatch::new(&rules.file);
                (rules, watch)
            })
            .collect();
        self.broken.clear();
    }

    /// Begins anew with another branch.
    pub(super) fn restart(&mut self, trace: &Trace) {
        for (rules, watch) in &mut self.watched {
            *watch = TraceWatch::new(&rules.file);
        }
        self.broken.clear();
        let broken = self.follow(trace);
        self.broken.extend(broken);
    }

    /// What is broken by what the branch has got.
    fn follow(&mut self, trace: &Trace) -> Vec<FailedExpectation> {
        let mut broken = Vec::new();
        for (rules, watch) in &mut self.watched {
            let breaches = watch.follow(&rules.file, trace);
            if breaches.is_empty() {
                continue;
            }
            // Where the world is not as they assume it, rules say nothing.
            let departure = rules.file.assumptions().departure(trace);
            for breach in breaches {
                if departure.as_ref().is_some_and(|it| it.tick <= breach.tick) {
                    continue;
                }
                if let Some(rule) = rules.file.rules().get(breach.rule) {
                    broken.push(FailedExpectation {
                        tick: breach.tick,
                        text: format!(
                            "{}:{}: the rule `{}` is broken: {}",
                            rules.source.name, rule.span.line, rule.name, breach.message
                        ),
                    });
                }
            }
        }
        broken.sort_by_key(|it| it.tick);
        broken
    }
}

impl UiState {
    /// Holds the run to the rules beside its file, too.
    pub(super) fn hold_to(&mut self, beside: Vec<LoadedRules>) {
        self.rules.watch(beside);
        self.hold_to_rules();
    }

    /// Opens rules that every run is held to from now on.
    pub(super) fn open_rules(&mut self, name: String, bytes: Vec<u8>) -> Result<(), String> {
        let source = Source { name, bytes };
        let name = &source.name;
        let text = source
            .text()
            .map_err(|it| format!("{name}: {}", it.message))?;
        let file = parse(text, &self.registry).map_err(|diagnostics| {
            let first = diagnostics.first();
            first.map_or_else(
                || name.clone(),
                |it| format!("{name}:{}: {}; {}", it.span, it.message, it.expected),
            )
        })?;
        let (theirs, ours) = (file.descriptor().name(), self.descriptor().name());
        if theirs != ours {
            return Err(format!(
                "{name} has rules for `{theirs}`, and this is `{ours}`"
            ));
        }
        let count = file.rules().len();
        let message = format!("the run is held to {count} rules of {name}");
        self.rules
            .given
            .retain(|known| known.source.name != source.name);
        self.rules.given.push(LoadedRules { source, file });
        let watched = std::mem::take(&mut self.rules.watched);
        let known = watched.into_iter().map(|(rules, _)| rules);
        if self.message.as_ref().is_none_or(|shown| !shown.is_error) {
            self.show_message(message);
        }
        self.hold_to(known.collect());
        Ok(())
    }

    /// Stops the run where it breaks a rule that it did not break before, and says which.
    pub(super) fn hold_to_rules(&mut self) {
        if self.rules.count() == 0 {
            return;
        }
        let broken = self.rules.follow(self.timeline.branch().trace());
        let first = broken.first().cloned();
        self.rules.broken.extend(broken);
        // An expectation that fails before it is shown already.
        let is_first = |broken: &FailedExpectation| {
            self.failures.iter().all(|failed| broken.tick < failed.tick)
        };
        if let Some(first) = first.filter(is_first) {
            self.pause();
            self.move_to(first.tick);
            self.show_error(first.text);
        }
    }
}

/// Whether a file has rules, by its name.
pub(super) fn is_rules(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|extension| extension == RULES_EXTENSION)
}
