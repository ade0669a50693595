//! Plays one input and checks its expectations: what `run` and `replay` share.

use std::ops::ControlFlow;
use std::path::Path;

use lockstep_core::time::RunTicks;

use super::load::exit_of;
use super::progress::ProgressReporter;
use super::waveform_args::WaveformArgs;
use lockstep_console::exit::Exit;
use lockstep_console::report::Report;
use lockstep_engine::checker::{Failure, check_trace};
use lockstep_engine::files::{FilesIn, NamedFiles};
use lockstep_engine::input::Source;
use lockstep_engine::load::{InputFormat, LoadOptions, LoadedScript};
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::{Entry, Line, Trace, text};
use lockstep_engine::wakeups;
use lockstep_engine::waking::{self, Waking};

/// How many lines of a trace are shown before and after a failure.
const LINES_BEFORE: usize = 4;
const LINES_AFTER: usize = 3;

/// Plays the inputs of one command.
pub(super) struct InputPlayer<'a> {
    pub(super) registry: &'a Registry,
    pub(super) report: &'a Report,
    pub(super) app: Option<&'a str>,
    pub(super) progress: &'a ProgressReporter,
    pub(super) waveform: &'a WaveformArgs,
    pub(super) check_wakeups: bool,
    pub(super) wake: Option<Waking>,
}

/// An input that was played to its end.
pub(super) struct PlayOutcome {
    pub(super) script: Script,
    pub(super) trace: Trace,
    checks: usize,
    failures: Vec<Failure>,
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
                true => wakeups::check(&app, &script, end, &mut self.watch(end)).map(Some),
                false => Ok(None),
            })
            .and_then(|passed| {
                if let Some(wake) = self.wake {
                    waking::check(&app, &script, &trace, wake, &mut self.watch(end))?;
                }
                Ok(passed)
            })
            .map_err(|error| self.stopped(source, &trace, &error))?;
        if passed == Some(RunTicks::ZERO) {
            notes.push(format!(
                "`--check-wakeups` had nothing to hold: `{}` said at no tick that it is idle",
                app.descriptor().name()
            ));
        }
        Ok(PlayOutcome {
            failures: check_trace(&checks, &trace),
            checks: checks.len(),
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
                .noted(&message, &surroundings(trace, tick, seen)),
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
            note += &surroundings(&played.trace, failure.tick, failure.seen);
            self.report.at(
                source,
                failure.span,
                &failure.message,
                "this did not hold",
                Some(&note),
                failure.help.as_deref(),
            )
        });
        let notes = played.notes.iter().map(|note| format!("note: {note}"));
        let all: Vec<_> = failures.chain(notes).collect();
        (!all.is_empty()).then(|| all.join("\n\n"))
    }
}

impl PlayOutcome {
    pub(super) fn exit(&self) -> Exit {
        if self.failures.is_empty() {
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
        match (self.checks, self.failures.len()) {
            (0, _) => format!("no expectations, {length}"),
            (1, 0) => format!("1 expectation held, {length}"),
            (checks, 0) => format!("{checks} expectations held, {length}"),
            (checks, failed) => {
                format!("{failed} of {checks} expectations did not hold, {length}")
            }
        }
    }
}

/// The lines of a trace before and after a tick; `seen` of them are before.
fn surroundings(trace: &Trace, tick: RunTicks, seen: usize) -> String {
    let entries = trace.entries();
    let after = seen.min(entries.len());
    let first = after.saturating_sub(LINES_BEFORE);
    let last = entries.len().min(after + LINES_AFTER);
    let width = text::name_width(trace);
    let mut lines = Vec::new();
    let write = |entries: &[Entry], lines: &mut Vec<u8>| {
        for entry in entries {
            let line = Line::new(trace.descriptor(), entry);
            // Writing to memory cannot fail.
            let _ = text::write_line(&line, width, lines);
        }
    };
    write(&entries[first..after], &mut lines);
    lines.extend(format!("{:>8}  (here)\n", tick.0).bytes());
    write(&entries[after..last], &mut lines);
    format!(
        "around tick {}:\n{}",
        tick.0,
        String::from_utf8_lossy(&lines).trim_end()
    )
}
