//! Plays one input and checks its expectations: what `run` and `replay` share.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use lockstep_core::time::RunTicks;

use super::load::exit_of;
use super::progress::ProgressReporter;
use super::rule_args::RuleFinder;
use super::waveform_args::WaveformArgs;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::checker::{Failure, check_trace};
use lockstep_engine::diagnostic::Span;
use lockstep_engine::files::{FilesIn, NamedFiles};
use lockstep_engine::idle_check;
use lockstep_engine::load::{InputFormat, LoadOptions, LoadedScript};
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::Script;
use lockstep_engine::source::Source;
use lockstep_engine::task_wakeups::{self, WakeupFault};
use lockstep_engine::trace::Trace;
use lockstep_rules::files::LoadedRules;
use lockstep_rules::trace_check::{self, Breach, TraceVerdict};
use lockstep_rules::trace_excerpt::trace_excerpt;

/// Plays the inputs of one command.
pub(super) struct InputPlayer<'a> {
    pub(super) registry: &'a Registry,
    pub(super) report: &'a Report,
    pub(super) app: Option<&'a str>,
    pub(super) progress: &'a ProgressReporter,
    pub(super) waveform: &'a WaveformArgs,
    pub(super) check_wakeups: bool,
    /// Whether it is said where rules stop to apply.
    pub(super) notes_departures: bool,
    pub(super) rules: &'a RuleFinder,
    pub(super) wake: Option<WakeupFault>,
}

/// An input that was played to its end.
pub(super) struct PlayOutcome {
    pub(super) script: Script,
    pub(super) trace: Trace,
    checks: usize,
    failures: Vec<Failure>,
    rules: Arc<Vec<LoadedRules>>,
    /// What the trace says of each of the files.
    rule_verdicts: Vec<TraceVerdict>,
    notes: Vec<String>,
}

/// Why an input was not played to its end, as text.
pub(super) struct PlayFailure {
    pub(super) exit: Exit,
    pub(super) verdict: String,
    pub(super) details: String,
}

impl From<String> for PlayFailure {
    fn from(details: String) -> Self {
        Self {
            exit: Exit::BadInput,
            verdict: "not played".to_owned(),
            details,
        }
    }
}

impl InputPlayer<'_> {
    /// Plays an input of this format.
    pub(super) fn play(
        &self,
        form: InputFormat,
        source: &Source,
    ) -> Result<PlayOutcome, PlayFailure> {
        let waveform = self
            .waveform
            .options(form, Path::new(&source.name), self.report)?;
        let beside = source.path().map(FilesIn::folder_of);
        let options = LoadOptions {
            app: self.app,
            waveform: Some(&waveform),
            files: beside.as_ref().map(|files| files as &dyn NamedFiles),
        };
        let loaded = form
            .load_with(self.registry, &source.bytes, &options)
            .map_err(|error| self.report.unloadable(source, &error))?;
        self.play_loaded(source, loaded)
    }

    fn play_loaded(
        &self,
        source: &Source,
        loaded: LoadedScript,
    ) -> Result<PlayOutcome, PlayFailure> {
        let LoadedScript {
            app,
            script,
            checks,
            mut notes,
        } = loaded;
        let mut trace = Trace::new(app.descriptor());
        trace.set_clock(script.clock());
        let end = script.end();
        let passed = play::play(&app, &script, &mut trace, &mut self.watch(end))
            .and_then(|_| play::finish(&app, &script, &mut trace))
            .and_then(|()| match self.check_wakeups {
                true => idle_check::check(&app, &script, end, &mut self.watch(end)).map(Some),
                false => Ok(None),
            })
            .and_then(|passed| {
                if let Some(wake) = self.wake {
                    task_wakeups::check(&app, &script, &trace, wake, &mut self.watch(end))?;
                }
                Ok(passed)
            })
            .map_err(|error| self.stopped(source, &trace, &error))?;
        if passed == Some(RunTicks::ZERO) {
            notes.push(format!(
                "`--check-wakeups` checked nothing: app `{}` never reports idle time",
                app.descriptor().name()
            ));
        }
        let app = app.descriptor();
        let rules = self
            .rules
            .rules_for(source, app.name(), self.registry, self.report)?;
        let for_app = |rules: &&LoadedRules| rules.file.descriptor().name() == app.name();
        let rule_verdicts: Vec<_> = rules
            .iter()
            .filter(for_app)
            .map(|rules| trace_check::check(&rules.file, &trace))
            .collect();
        let pairs = rules.iter().filter(for_app).zip(&rule_verdicts);
        for (rules, verdict) in pairs.filter(|_| self.notes_departures) {
            notes.extend(verdict.departure.as_ref().map(|it| {
                format!(
                    "`{}` was not checked from tick {} on, where an assumption is violated: {}",
                    rules.source.name, it.tick.0, it.message
                )
            }));
        }
        Ok(PlayOutcome {
            failures: check_trace(&checks, &trace),
            checks: checks.len(),
            rules,
            rule_verdicts,
            script,
            trace,
            notes,
        })
    }

    /// Reports the progress of a run that ends at this tick.
    fn watch(&self, end: RunTicks) -> impl FnMut(RunTicks) -> ControlFlow<()> {
        self.progress.expect(end);
        let mut last = RunTicks::ZERO;
        move |tick| {
            self.progress.advance(tick.saturating_sub(last));
            last = tick;
            ControlFlow::Continue(())
        }
    }

    /// The failure of a run that was stopped by an error.
    fn stopped(&self, source: &Source, trace: &Trace, error: &PlayError) -> PlayFailure {
        let message = format!("`{}`: {error}", source.name);
        let Some(tick) = error.failed_at() else {
            let failure = PlayFailure::from(self.report.plain(&message, None));
            return PlayFailure {
                exit: exit_of(error),
                ..failure
            };
        };
        let seen = trace.entries().partition_point(|entry| entry.tick <= tick);
        PlayFailure {
            exit: exit_of(error),
            verdict: format!("invalid from tick {} on", tick.0),
            details: self
                .report
                .noted(&message, &trace_excerpt(trace, tick, seen)),
        }
    }

    /// The events of a run as a recording.
    pub(super) fn record(&self, played: &PlayOutcome) -> Result<Vec<u8>, PlayFailure> {
        Recording::of(played.trace.descriptor(), &played.script)
            .map(|recording| recording.encode())
            .map_err(|error| self.report.plain(&error.to_string(), None).into())
    }

    /// The failures and notes of a run as text, if there are any.
    pub(super) fn describe(&self, source: &Source, played: &PlayOutcome) -> Option<String> {
        let failures = played.failures.iter().map(|failure| {
            let mut note = failure.note.clone().unwrap_or_default();
            if !note.is_empty() {
                note.push('\n');
            }
            note += &trace_excerpt(&played.trace, failure.tick, failure.seen);
            self.report.at(
                source,
                failure.span,
                &failure.message,
                "this did not hold",
                Some(&note),
                failure.help.as_deref(),
            )
        });
        let app = played.trace.descriptor().name();
        let rules = played.rules.iter();
        let rules = rules.filter(|rules| rules.file.descriptor().name() == app);
        let breaches = rules
            .zip(&played.rule_verdicts)
            .flat_map(|(rules, verdict)| {
                verdict
                    .breaches
                    .iter()
                    .map(|breach| self.breach(rules, breach, &played.trace))
            });
        let notes = played.notes.iter().map(|note| format!("note: {note}"));
        let all: Vec<_> = failures.chain(breaches).chain(notes).collect();
        (!all.is_empty()).then(|| all.join("\n\n"))
    }

    /// A broken rule, and what was seen of it.
    fn breach(&self, rules: &LoadedRules, breach: &Breach, trace: &Trace) -> String {
        let rule = rules.file.rules().get(breach.rule);
        self.report.at(
            &rules.source,
            rule.map_or(Span::START, |rule| rule.span),
            &breach.message,
            "this rule was broken",
            Some(&trace_excerpt(trace, breach.tick, breach.seen)),
            None,
        )
    }
}

impl PlayOutcome {
    pub(super) fn exit(&self) -> Exit {
        if self.failures.is_empty() && self.broken_rules() == 0 {
            Exit::Held
        } else {
            Exit::Failed
        }
    }

    pub(super) fn verdict(&self) -> String {
        let length = format!(
            "{} played",
            self.trace.descriptor().tick().length(self.trace.end())
        );
        let rules: usize = self.rule_verdicts.iter().map(|it| it.judged).sum();
        let rules = match (rules, self.broken_rules()) {
            (0, _) => String::new(),
            (1, 0) => ", 1 rule kept".to_owned(),
            (rules, 0) => format!(", {rules} rules kept"),
            (rules, broken) => format!(", {broken} of {rules} rules broken"),
        };
        match (self.checks, self.failures.len()) {
            (0, _) => format!("no expectations{rules}, {length}"),
            (1, 0) => format!("1 expectation held{rules}, {length}"),
            (checks, 0) => format!("{checks} expectations held{rules}, {length}"),
            (checks, failed) => {
                format!("{failed} of {checks} expectations did not hold{rules}, {length}")
            }
        }
    }

    fn broken_rules(&self) -> usize {
        self.rule_verdicts.iter().map(|it| it.breaches.len()).sum()
    }
}
