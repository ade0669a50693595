//! Every case of a plan: what is played where, and what is written down of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use lockstep_core::time::Ticks;
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;
use lockstep_engine::trace::document::Document;

use super::firmware::Firmware;
use super::pressed;
use super::station::{Played, Station, StationError};
use crate::bench::plan::{Scenario, SkipReason};
use crate::session::logs;
use crate::session::play::PlayError;
use crate::verdict::{Attempt, Bench, Case, Cause, LogLevel, LogLine, Outcome, Place, Stimulus};

/// The images that are played, by board and app.
pub type Images = BTreeMap<(String, &'static str), Firmware>;

/// A scenario, ready to be played.
pub struct Prepared {
    /// Its name and file.
    pub scenario: Scenario,
    /// What is played.
    pub script: Script,
    /// What the host makes of it, or why it does not hold there.
    pub host: Result<Trace, String>,
    /// What is expected of every world: the golden beside the scenario.
    pub golden: Document,
    /// The tick at which the host itself leaves the golden, if it does.
    pub stale: Option<Ticks>,
}

/// One case of the plan.
pub struct Job<'a> {
    /// Its place in the report.
    pub place: usize,
    /// What is played.
    pub prepared: &'a Prepared,
    /// Where.
    pub bench: &'a crate::bench::Bench,
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
    /// Whether somebody wants it to stop.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Keeps what a board was told, and gives the path it is kept at.
    pub keep: &'a (dyn Fn(&Case, &Recording) -> Option<String> + Sync),
}

/// The jobs that nobody has taken yet.
pub struct Queue<'a>(Mutex<std::vec::IntoIter<Job<'a>>>);

impl<'a> Queue<'a> {
    /// All of them. Those of one app come together, so that an image is written once, and the
    /// longest first, so that none is left over at the end.
    #[must_use]
    pub fn new(mut jobs: Vec<Job<'a>>) -> Self {
        jobs.sort_by_key(|job| {
            let scenario = &job.prepared.scenario;
            (scenario.app, std::cmp::Reverse(scenario.end), job.place)
        });
        Self(Mutex::new(jobs.into_iter()))
    }

    fn take(&self) -> Option<Job<'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

/// Plays on this station until nothing is left or somebody wants it to stop. Each case is told
/// when it is over, with its place.
pub fn work(
    queue: &Queue<'_>,
    station: &mut Station<'_>,
    settings: &Settings<'_>,
    told: &Sender<(usize, Case)>,
) {
    let mut wedged: Option<String> = None;
    while let Some(job) = queue.take() {
        let case = match &wedged {
            _ if (settings.cancelled)() => case_of(&job),
            Some(cause) if job.skip.is_none() => {
                let cause = Cause::new(format!("the bench does not come back: {cause}"));
                not_taken(&job, Outcome::Infra(cause))
            }
            _ => {
                let (case, stuck) = play_case(&job, station, settings);
                wedged = wedged.or(stuck);
                case
            }
        };
        // Nobody listens any more once the process ends.
        let _ = told.send((job.place, case));
    }
}

/// Plays one case. What comes with it is why the bench is of no use any more, if it is not.
pub fn play_case(
    job: &Job<'_>,
    station: &mut Station<'_>,
    settings: &Settings<'_>,
) -> (Case, Option<String>) {
    if let Some(skip) = &job.skip {
        let outcome = Outcome::Skipped(Cause::new(skip.to_string()));
        return (not_taken(job, outcome), None);
    }
    let host = match &job.prepared.host {
        Ok(host) => host,
        Err(reason) => return (not_taken(job, Outcome::Fail(not_on_the_host(reason))), None),
    };
    let mut case = case_of(job);
    let stuck = try_case(job, host, &mut case, station, settings);
    (case, stuck)
}

/// What does not hold on the host is not played on a board.
fn not_on_the_host(reason: &str) -> Cause {
    let mut cause = Cause::new("the scenario does not hold on the host, and was not played");
    cause.details = reason.lines().map(|line| format!("{line}\n")).collect();
    cause.help = Some("`cargo sim run` shows more".to_owned());
    cause
}

/// A case whose turn does not come.
#[must_use]
pub fn no_turn(job: &Job<'_>) -> Case {
    case_of(job)
}

/// A case whose bench cannot be taken.
#[must_use]
pub fn not_taken(job: &Job<'_>, outcome: Outcome) -> Case {
    let mut case = case_of(job);
    case.attempts.push(over(outcome));
    case
}

fn over(outcome: Outcome) -> Attempt {
    Attempt::new(outcome, Duration::ZERO)
}

/// A case of which nothing is known yet: neither what build the board has nor what was seen of it.
fn case_of(job: &Job<'_>) -> Case {
    let scenario = &job.prepared.scenario;
    Case {
        scenario: scenario.name.clone(),
        path: shown(&scenario.path),
        bench: Bench {
            name: job.bench.name.clone(),
            board: job.bench.board.name.clone(),
            probe: job.bench.probe.to_string(),
            build: None,
        },
        stimulus: job.stimulus,
        evidence: Vec::new(),
        expected: Some(job.prepared.golden.clone()),
        tolerance: match job.stimulus {
            Stimulus::Rtt => Ticks::ZERO,
            Stimulus::Pins => job.bench.tolerance,
        },
        attempts: Vec::new(),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// Tries a case until it passes or the tries are over, and tells why the bench is of no use any
/// more, if it is not.
fn try_case(
    job: &Job<'_>,
    host: &Trace,
    case: &mut Case,
    station: &mut Station<'_>,
    settings: &Settings<'_>,
) -> Option<String> {
    let key = (job.bench.board.name.clone(), job.prepared.scenario.app);
    let Some(firmware) = settings.images.get(&key) else {
        let cause = Cause::new(format!("there is no image of `{}` for `{}`", key.1, key.0));
        case.attempts.push(over(Outcome::Infra(cause)));
        return None;
    };
    for attempt in 0..settings.attempts {
        station.look_closely(attempt > 0);
        let begun = Instant::now();
        let played = station.play(
            firmware,
            &job.prepared.script,
            host,
            job.stimulus.into(),
            settings.cancelled,
        );
        let took = begun.elapsed();
        let stuck = match played {
            Ok(played) => {
                // The board has told both by now.
                case.bench.build = Some(firmware.identity.to_string());
                case.evidence = station.evidence();
                let mut attempt = judged(case, job.prepared, &firmware.app, &played, took);
                attempt.log = station.logs(firmware).iter().map(log_line).collect();
                attempt.pins = played.pins;
                if attempt.outcome != Outcome::Pass {
                    attempt.recording = kept(&played.trace, job, case, settings);
                }
                case.attempts.push(attempt);
                None
            }
            Err(StationError::Play(PlayError::Cancelled)) => {
                case.attempts
                    .push(stopped(station.take_cut().as_ref(), took));
                return None;
            }
            Err(error) => {
                let cut = station.take_cut();
                let finding = station.diagnose(&error, firmware);
                let mut cause = Cause::new(finding.message);
                cause.details = finding.details;
                cause.tick = cut.as_ref().map(Trace::end);
                let outcome = match finding.firmware {
                    true => Outcome::Fail(cause),
                    false => Outcome::Infra(cause),
                };
                let mut attempt = Attempt::new(outcome, took);
                attempt.log = station.logs(firmware).iter().map(log_line).collect();
                if let Some(cut) = &cut {
                    attempt.trace = Some(cut.into());
                    attempt.is_cut = true;
                    if case.tolerance > Ticks::ZERO {
                        let script = &job.prepared.script;
                        attempt.expected = pressed::on_the_host(&firmware.app, cut, script);
                    }
                    attempt.recording = kept(cut, job, case, settings);
                }
                case.attempts.push(attempt);
                if (settings.cancelled)() {
                    return None;
                }
                station
                    .recover(firmware)
                    .err()
                    .map(|error| error.to_string())
            }
        };
        let passed = case
            .attempts
            .last()
            .is_some_and(|attempt| attempt.outcome == Outcome::Pass);
        if passed || stuck.is_some() || (settings.cancelled)() {
            return stuck;
        }
    }
    None
}

/// Nobody wanted it to go on.
fn stopped(cut: Option<&Trace>, took: Duration) -> Attempt {
    let tick = cut.map_or(Ticks::ZERO, Trace::end);
    let cause = Cause::new(format!("stopped at tick {}", tick.0));
    let mut attempt = Attempt::new(Outcome::Skipped(cause), took);
    attempt.trace = cut.map(Document::from);
    attempt.is_cut = true;
    attempt
}

/// The trace against the golden, and then what others say of the pins: the firmware's word
/// alone is not enough.
fn judged(
    case: &Case,
    prepared: &Prepared,
    app: &AppEntry,
    played: &Played,
    took: Duration,
) -> Attempt {
    let trace = &played.trace;
    let mut attempt = match case.tolerance {
        Ticks::ZERO => case.judge(trace.into(), took),
        tolerance => pressed::judge(
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
                "the host leaves this golden too: it is out of date, or the core is wrong in every \
                 world; `cargo test -p sim --test scenarios` shows it"
                    .to_owned(),
            );
        }
        (outcome @ Outcome::Pass, Some(tick)) => {
            *outcome = Outcome::Fail(Cause {
                tick: Some(tick),
                ..Cause::new(format!(
                    "the host leaves the golden at tick {}, where the board holds it",
                    tick.0
                ))
            });
        }
        (outcome @ Outcome::Pass, None) => {
            if let Some(problem) = &played.problem {
                *outcome = Outcome::Fail(Cause {
                    tick: Some(problem.tick),
                    ..Cause::new(problem.message.clone())
                });
            }
        }
        _ => {}
    }
    attempt
}

/// Keeps a run for the terminal simulator, and gives the path it is kept at.
fn kept(trace: &Trace, job: &Job<'_>, case: &Case, settings: &Settings<'_>) -> Option<String> {
    let script = pressed::as_played(trace, &job.prepared.script)?;
    let recording = Recording::of(trace.descriptor(), &script).ok()?;
    (settings.keep)(case, &recording)
}

fn log_line(line: &logs::LogLine) -> LogLine {
    LogLine {
        tick: line.tick,
        level: line.level.as_deref().and_then(level),
        text: line.text.clone(),
        place: line.place.as_ref().map(|place| Place {
            file: shown(&place.file),
            line: u32::try_from(place.line).unwrap_or(u32::MAX),
        }),
    }
}

fn level(word: &str) -> Option<LogLevel> {
    let levels = [
        LogLevel::Trace,
        LogLevel::Debug,
        LogLevel::Info,
        LogLevel::Warn,
        LogLevel::Error,
    ];
    levels
        .into_iter()
        .find(|level| level.word().eq_ignore_ascii_case(word))
}
