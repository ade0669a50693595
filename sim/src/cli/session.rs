//! Reads one input, plays it and judges it: what `run` and `replay` share.

use std::ops::ControlFlow;

use firmware_core::contract::Interface;
use firmware_core::time::Ticks;

use super::exit::Exit;
use super::input::Source;
use super::progress::Progress;
use super::report::Report;
use crate::catalog::{AppEntry, Catalog};
use crate::judge::{Failure, judge};
use crate::play::{self, PlayError};
use crate::recording::{Recording, RecordingError};
use crate::scenario::check::{Check, Plan, plan};
use crate::scenario::{Scenario, grammar, oneline};
use crate::script::Script;
use crate::source::{Place, Problem, excerpt, likely, one_of};
use crate::stimulus::vcd::{Stimulus, VcdError, Waveform};
use crate::trace::{Entry, Line, Trace, text};

/// How many lines of a trace are shown before and after a failure.
const LINES_BEFORE: usize = 4;
const LINES_AFTER: usize = 3;

/// What every input of one command is played with.
pub(super) struct Session<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) report: &'a Report,
    pub(super) app: Option<&'a str>,
    pub(super) progress: &'a Progress,
}

/// What came of playing one input.
pub(super) struct Played {
    pub(super) script: Script,
    pub(super) trace: Trace,
    checks: usize,
    failures: Vec<Failure>,
    notes: Vec<String>,
}

/// How an input is called, and how it says which app it is for.
struct Wording {
    input: &'static str,
    header: &'static str,
}

const SCENARIO_APP: Wording = Wording {
    input: "scenario",
    header: "a line such as `app lamp`",
};

const VCD_APP: Wording = Wording {
    input: "waveform",
    header: "`$comment lockstep 1 app=lamp $end` or the like",
};

/// Why an input was not played to its end, rendered.
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) verdict: String,
    pub(super) details: String,
}

impl From<String> for Refusal {
    fn from(details: String) -> Self {
        Self {
            exit: Exit::BadInput,
            verdict: "not played".to_owned(),
            details,
        }
    }
}

impl Session<'_> {
    pub(super) fn play_scenario(&self, source: &Source) -> Result<Played, Refusal> {
        let (app, plan) = self.plan(source, grammar::parse, false)?;
        self.play(source, app, plan.script, &plan.checks, Vec::new())
    }

    pub(super) fn play_oneline(&self, source: &Source) -> Result<Played, Refusal> {
        let (app, plan) = self.plan(source, oneline::parse, true)?;
        self.play(source, app, plan.script, &plan.checks, Vec::new())
    }

    pub(super) fn play_waveform(&self, source: &Source) -> Result<Played, Refusal> {
        let refuse = |error: VcdError| self.report.problems(source, &[error.into()]);
        let waveform = Waveform::parse(&source.bytes).map_err(refuse)?;
        let app = self
            .app_of(waveform.app(), waveform.app_place(), &VCD_APP)
            .map_err(|problem| self.report.problems(source, &[problem]))?;
        let stimulus = waveform.stimulus(app.interface()).map_err(refuse)?;
        let notes = unseen(&stimulus);
        self.play(source, app, stimulus.script, &[], notes)
    }

    pub(super) fn play_recording(&self, source: &Source) -> Result<Played, Refusal> {
        let refuse = |error: &RecordingError| {
            let message = format!("`{}`: {error}", source.name);
            Refusal::from(self.report.plain(&message, error.help()))
        };
        let recording = Recording::decode(&source.bytes).map_err(|error| refuse(&error))?;
        let app = self
            .catalog
            .find(recording.app())
            .map_err(|error| refuse(&recording.unknown_app(&error)))?;
        let script = recording
            .script(app.interface())
            .map_err(|error| refuse(&error))?;
        let notes = other_build(&recording, app.interface());
        self.play(source, app, script, &[], notes)
    }

    /// Reads a scenario in either form and makes it for its app.
    fn plan(
        &self,
        source: &Source,
        parse: impl Fn(&str) -> Result<Scenario, Vec<Problem>>,
        any_app: bool,
    ) -> Result<(&AppEntry, Plan), Refusal> {
        let refuse = |problems: Vec<Problem>| self.report.problems(source, &problems);
        let text = source.checked_text(self.report)?;
        let scenario = parse(text).map_err(refuse)?;
        let app = self
            .app_of_scenario(&scenario, any_app)
            .map_err(|problem| refuse(vec![problem]))?;
        let plan = plan(&scenario, app.interface()).map_err(refuse)?;
        Ok((app, plan))
    }

    fn app_of_scenario(&self, scenario: &Scenario, any_app: bool) -> Result<&AppEntry, Problem> {
        let first = self.catalog.apps().first();
        match (&scenario.app, first) {
            (None, Some(first)) if any_app && self.app.is_none() => Ok(first),
            (None, _) => self.app_of(None, START, &SCENARIO_APP),
            (Some(name), _) => self.app_of(Some(&name.text), name.place, &SCENARIO_APP),
        }
    }

    /// The app that the input or the command line names; both must agree.
    fn app_of(
        &self,
        named: Option<&str>,
        place: Place,
        wording: &Wording,
    ) -> Result<&AppEntry, Problem> {
        let name = match (named, self.app) {
            (Some(named), Some(asked)) if named != asked => {
                return Err(Problem::new(
                    place,
                    format!("the {} is for app `{}`", wording.input, excerpt(named)),
                    format!("expected `{}`, which `--app` asks for", excerpt(asked)),
                ));
            }
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => {
                return Err(Problem::new(
                    place,
                    format!("the {} does not say which app it is for", wording.input),
                    format!("expected {}", wording.header),
                )
                .with_help("or name the app with `--app`"));
            }
        };
        self.catalog.find(name).map_err(|unknown| {
            let problem = Problem::new(
                place,
                format!("there is no app `{}`", excerpt(name)),
                format!("expected {}", one_of(unknown.known.iter().copied())),
            );
            match likely(name, unknown.known) {
                Some(meant) => problem.with_help(format!("did you mean `{meant}`?")),
                None => problem,
            }
        })
    }

    fn play(
        &self,
        source: &Source,
        app: &AppEntry,
        script: Script,
        checks: &[Check],
        notes: Vec<String>,
    ) -> Result<Played, Refusal> {
        self.progress.expect(script.end());
        let mut last = Ticks::ZERO;
        let mut watch = |tick: Ticks| {
            self.progress.advance(tick.saturating_sub(last));
            last = tick;
            ControlFlow::Continue(())
        };
        let mut trace = Trace::new(app.interface());
        trace.set_clock(script.clock());
        play::play(app, &script, &mut trace, &mut watch)
            .and_then(|_| play::finish(app, &script, &mut trace))
            .map_err(|error| self.stopped(source, &trace, &error))?;
        Ok(Played {
            failures: judge(checks, &trace),
            checks: checks.len(),
            script,
            trace,
            notes,
        })
    }

    /// What is told of a run that did not come to its end.
    fn stopped(&self, source: &Source, trace: &Trace, error: &PlayError) -> Refusal {
        let message = format!("`{}`: {error}", source.name);
        let tick = match *error {
            PlayError::Panicked { tick, .. } | PlayError::ContractBroken { tick, .. } => tick,
            PlayError::ClockNotSettable { .. }
            | PlayError::TraceFull { .. }
            | PlayError::Stopped(_) => return self.report.plain(&message, None).into(),
        };
        let seen = trace.entries().partition_point(|entry| entry.tick <= tick);
        Refusal {
            exit: Exit::Failed,
            verdict: format!("stopped at tick {}", tick.0),
            details: self
                .report
                .noted(&message, &surroundings(trace, tick, seen)),
        }
    }

    /// The events of a run as a recording.
    pub(super) fn record(&self, played: &Played) -> Result<Vec<u8>, Refusal> {
        Recording::of(played.trace.interface(), &played.script)
            .map(|recording| recording.encode())
            .map_err(|error| self.report.plain(&error.to_string(), None).into())
    }

    /// The failures and notes of a run, rendered, if there are any.
    pub(super) fn describe(&self, source: &Source, played: &Played) -> Option<String> {
        let failures = played.failures.iter().map(|failure| {
            let mut note = failure.note.clone().unwrap_or_default();
            if !note.is_empty() {
                note.push('\n');
            }
            note += &surroundings(&played.trace, failure.tick, failure.seen);
            self.report.at(
                source,
                failure.place,
                &failure.message,
                "this did not hold",
                Some(&note),
                None,
            )
        });
        let notes = played.notes.iter().map(|note| format!("note: {note}"));
        let all: Vec<_> = failures.chain(notes).collect();
        (!all.is_empty()).then(|| all.join("\n\n"))
    }
}

impl Played {
    pub(super) fn exit(&self) -> Exit {
        if self.failures.is_empty() {
            Exit::Held
        } else {
            Exit::Failed
        }
    }

    pub(super) fn verdict(&self) -> String {
        let length = format!("{} played", self.trace.end());
        match (self.checks, self.failures.len()) {
            (0, _) => format!("nothing was expected, {length}"),
            (1, 0) => format!("1 expectation held, {length}"),
            (checks, 0) => format!("{checks} expectations held, {length}"),
            (checks, failed) => {
                format!("{failed} of {checks} expectations did not hold, {length}")
            }
        }
    }
}

/// What a waveform holds that no board would see.
fn unseen(stimulus: &Stimulus) -> Vec<String> {
    let mut notes = Vec::new();
    if stimulus.vanished_pulses > 0 {
        notes.push(format!(
            "{} pulses are shorter than a tick: a board that samples its pins would not see them",
            stimulus.vanished_pulses
        ));
    }
    if stimulus.unknown_levels > 0 {
        notes.push(format!(
            "{} levels are `x` or `z`, and were taken as released",
            stimulus.unknown_levels
        ));
    }
    notes
}

/// What may differ from the time of the recording.
fn other_build(recording: &Recording, interface: &Interface) -> Vec<String> {
    if recording.built_from(interface) {
        return Vec::new();
    }
    vec![format!(
        "recorded with {} {} (build {}), played with {} (build {}): the trace may differ",
        recording.app(),
        recording.app_version(),
        recording.build(),
        interface.version,
        interface.build
    )]
}

/// The lines of a trace around a tick, those that had been seen and those that come after.
fn surroundings(trace: &Trace, tick: Ticks, seen: usize) -> String {
    let entries = trace.entries();
    let after = seen.min(entries.len());
    let first = after.saturating_sub(LINES_BEFORE);
    let last = entries.len().min(after + LINES_AFTER);
    let width = text::name_width(trace);
    let mut lines = Vec::new();
    let write = |entries: &[Entry], lines: &mut Vec<u8>| {
        for entry in entries {
            let line = Line::new(trace.interface(), *entry);
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

const START: Place = Place {
    line: 1,
    column: 1,
    width: 1,
};
