//! Every case of a plan: what is played where, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use lockstep_core::time::RunTicks;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::ProjectCommands;
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use lockstep_engine::trace::document::Document;

use super::bench_session::{BenchSession, BenchSessionError, BoardRun};
use super::board_image::BoardImage;
use super::input_jitter;
use super::rules::hold_to_rules;
use crate::bench::Bench;
use crate::bench::plan::{Scenario, SkipReason};
use crate::session::play_error::BoardPlayError;
use crate::verdict::{Attempt, BenchLabel, Case, Outcome, Reason};
use lockstep_core::protocol::Stimulus;
use lockstep_rules::files::LoadedRules;

/// The images that are played, by board and app.
pub type Images = BTreeMap<(String, &'static str), BoardImage>;

/// A scenario, ready to be played.
pub struct PreparedScenario {
    /// Its name and file.
    pub scenario: Scenario,
    /// What is played.
    pub script: Script,
    /// What the host makes of it, or why it does not hold there.
    pub host: Result<Trace, String>,
    /// What is expected of every world: the golden beside the scenario.
    pub golden: Document,
    /// The tick at which the host itself leaves the golden, if it does.
    pub stale: Option<RunTicks>,
    /// The rules that stand beside the scenario, which hold in every world.
    pub rules: Vec<LoadedRules>,
}

/// One case of the plan.
pub struct Job<'a> {
    /// Its index in the report.
    pub index: usize,
    /// What is played.
    pub prepared: &'a PreparedScenario,
    /// Where.
    pub bench: &'a Bench,
    /// How buttons are pressed.
    pub stimulus: Stimulus,
    /// Why it is not played, if it is not.
    pub skip: Option<SkipReason>,
}

/// How the cases are played.
pub struct Settings<'a> {
    /// The images.
    pub images: &'a Images,
    /// How often a case is tried that does not pass, the first time included.
    pub attempts: u32,
    /// Whether playing is to be cancelled.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Keeps the inputs that a board saw, and gives the path they are kept at.
    pub keep: &'a (dyn Fn(&Case, &Recording) -> Option<String> + Sync),
}

/// The jobs that are not played yet.
pub struct JobQueue<'a>(Mutex<std::vec::IntoIter<Job<'a>>>);

impl<'a> JobQueue<'a> {
    /// All of them. Those of one app stand together, so that an image is written once, and the
    /// longest first, so that none is left over at the end.
    #[must_use]
    pub fn new(mut jobs: Vec<Job<'a>>) -> Self {
        jobs.sort_by_key(|job| {
            let scenario = &job.prepared.scenario;
            (scenario.app, std::cmp::Reverse(scenario.end), job.index)
        });
        Self(Mutex::new(jobs.into_iter()))
    }

    fn next(&self) -> Option<Job<'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

/// Plays on this bench until nothing is left or playing is cancelled. Each case is sent when it is
/// over, with its index.
pub fn work(
    queue: &JobQueue<'_>,
    bench: &mut BenchSession<'_>,
    settings: &Settings<'_>,
    results: &Sender<(usize, Case)>,
) {
    let mut unusable: Option<String> = None;
    while let Some(job) = queue.next() {
        let case = match &unusable {
            _ if (settings.cancelled)() => new_case(&job),
            Some(cause) if job.skip.is_none() => {
                let cause = Reason::new(format!("the bench could not be recovered: {cause}"));
                not_played(&job, Outcome::Infra(cause))
            }
            _ => {
                let (case, failure) = play_case(&job, bench, settings);
                unusable = unusable.or(failure);
                case
            }
        };
        // Nobody receives it any more once the process ends.
        let _ = results.send((job.index, case));
    }
}

/// Plays one case. With it comes why the bench is of no use any more, if it is not.
pub fn play_case(
    job: &Job<'_>,
    bench: &mut BenchSession<'_>,
    settings: &Settings<'_>,
) -> (Case, Option<String>) {
    if let Some(skip) = &job.skip {
        let outcome = Outcome::Skipped(Reason::new(skip.to_string()));
        return (not_played(job, outcome), None);
    }
    let host = match &job.prepared.host {
        Ok(host) => host,
        Err(reason) => {
            let outcome = Outcome::Fail(fails_on_the_host(reason));
            return (not_played(job, outcome), None);
        }
    };
    let mut case = new_case(job);
    let unusable = try_case(job, host, &mut case, bench, settings);
    (case, unusable)
}

/// What does not hold on the host is not played on a board.
fn fails_on_the_host(reason: &str) -> Reason {
    let message = "the scenario does not hold on the host, and was not played";
    let mut cause = Reason::new(message);
    cause.details = reason.lines().map(|line| format!("{line}\n")).collect();
    cause
}

/// A case that was not played, with this outcome.
#[must_use]
pub fn not_played(job: &Job<'_>, outcome: Outcome) -> Case {
    let mut case = new_case(job);
    case.attempts.push(Attempt::new(outcome, Duration::ZERO));
    case
}

/// A case that is not played yet: neither the build of the board is known nor who sees its outputs.
#[must_use]
pub fn new_case(job: &Job<'_>) -> Case {
    let scenario = &job.prepared.scenario;
    Case {
        scenario: scenario.name.clone(),
        path: shown(&scenario.path),
        bench: BenchLabel {
            name: job.bench.name.clone(),
            board: job.bench.board.name.clone(),
            probe: job.bench.probe.to_string(),
            build: None,
        },
        stimulus: job.stimulus,
        evidence: Vec::new(),
        expected: Some(job.prepared.golden.clone()),
        simulator: ProjectCommands::default().sim,
        tolerance: match job.stimulus {
            Stimulus::Scheduled => RunTicks::ZERO,
            Stimulus::Pins => job.bench.tolerance,
        },
        attempts: Vec::new(),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Tries a case until it passes or the attempts are used up, and tells why the bench is of no use
/// any more, if it is not.
fn try_case(
    job: &Job<'_>,
    host: &Trace,
    case: &mut Case,
    bench: &mut BenchSession<'_>,
    settings: &Settings<'_>,
) -> Option<String> {
    let key = (job.bench.board.name.clone(), job.prepared.scenario.app);
    let Some(firmware) = settings.images.get(&key) else {
        let cause = Reason::new(format!("there is no image of `{}` for `{}`", key.1, key.0));
        case.attempts
            .push(Attempt::new(Outcome::Infra(cause), Duration::ZERO));
        return None;
    };
    for attempt in 0..settings.attempts {
        bench.trace_every_tick(attempt > 0);
        let begun = Instant::now();
        let run = bench.play(
            firmware,
            &job.prepared.script,
            host,
            job.stimulus,
            settings.cancelled,
        );
        let took = begun.elapsed();
        let unusable = match run {
            Ok(run) => {
                // Both are known by now.
                case.bench.build = Some(firmware.identity.to_string());
                case.evidence = bench.evidence();
                let mut attempt = judge(case, job.prepared, &firmware.app, &run, took);
                attempt.log = bench.take_logs(firmware);
                attempt.pins = run.pins;
                if attempt.outcome != Outcome::Pass {
                    attempt.recording = keep(&run.trace, job, case, settings);
                }
                case.attempts.push(attempt);
                None
            }
            Err(BenchSessionError::Play(BoardPlayError::Cancelled)) => {
                let partial = bench.take_partial_trace();
                case.attempts.push(cancelled(partial.as_ref(), took));
                return None;
            }
            Err(error) => {
                let partial = bench.take_partial_trace();
                let diagnosis = bench.diagnose(&error, firmware);
                let mut cause = Reason::new(diagnosis.message);
                cause.details = diagnosis.details;
                cause.tick = partial.as_ref().map(Trace::end);
                let outcome = match diagnosis.firmware {
                    true => Outcome::Fail(cause),
                    false => Outcome::Infra(cause),
                };
                let mut attempt = Attempt::new(outcome, took);
                attempt.log = bench.take_logs(firmware);
                if let Some(partial) = &partial {
                    attempt.trace = Some(partial.into());
                    attempt.is_partial = true;
                    if case.tolerance > RunTicks::ZERO {
                        let script = &job.prepared.script;
                        attempt.expected =
                            input_jitter::host_document(&firmware.app, partial, script);
                    }
                    attempt.recording = keep(partial, job, case, settings);
                }
                case.attempts.push(attempt);
                if (settings.cancelled)() {
                    return None;
                }
                let recovered = bench.recover(firmware);
                recovered.err().map(|error| error_chain(&error))
            }
        };
        let passed = case
            .attempts
            .last()
            .is_some_and(|attempt| attempt.outcome == Outcome::Pass);
        if passed || unusable.is_some() || (settings.cancelled)() {
            return unusable;
        }
    }
    None
}

/// The attempt was cancelled.
fn cancelled(partial: Option<&Trace>, took: Duration) -> Attempt {
    let tick = partial.map_or(RunTicks::ZERO, Trace::end);
    let cause = Reason::new(format!("cancelled at tick {}", tick.0));
    let mut attempt = Attempt::new(Outcome::Skipped(cause), took);
    attempt.trace = partial.map(Document::from);
    attempt.is_partial = true;
    attempt
}

/// The trace against the golden and the rules, and what was seen of the pins: what the firmware says
/// is not enough.
fn judge(
    case: &Case,
    prepared: &PreparedScenario,
    app: &AppEntry,
    run: &BoardRun,
    took: Duration,
) -> Attempt {
    let trace = &run.trace;
    let mut attempt = match case.tolerance {
        RunTicks::ZERO => case.judge(trace.into(), took),
        tolerance => input_jitter::judge(
            app,
            &prepared.script,
            &prepared.golden,
            trace,
            tolerance,
            took,
        ),
    };
    match (&mut attempt.outcome, prepared.stale) {
        (Outcome::Fail(cause), Some(_)) => {
            cause.help = Some(
                "the trace of the host differs from this golden too: the golden is out of date, or \
                 the core is wrong in every world"
                    .to_owned(),
            );
        }
        (outcome @ Outcome::Pass, Some(tick)) => {
            *outcome = Outcome::Fail(Reason {
                tick: Some(tick),
                ..Reason::new(format!(
                    "the golden is out of date on the host: the host differs from it at tick {}, the board does not",
                    tick.0
                ))
            });
        }
        (outcome @ Outcome::Pass, None) => {
            if let Some(mismatch) = &run.mismatch {
                *outcome = Outcome::Fail(Reason {
                    tick: Some(mismatch.tick),
                    ..Reason::new(mismatch.message.clone())
                });
            }
        }
        _ => {}
    }
    hold_to_rules(&mut attempt.outcome, &prepared.rules, trace);
    attempt
}

/// Keeps a run for the terminal simulator, and gives the path it is kept at.
fn keep(trace: &Trace, job: &Job<'_>, case: &Case, settings: &Settings<'_>) -> Option<String> {
    let script = input_jitter::played_script(trace, &job.prepared.script)?;
    let recording = Recording::of(trace.descriptor(), &script).ok()?;
    (settings.keep)(case, &recording)
}
