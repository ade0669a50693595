//! `hil run`: scenarios on benches, held against their goldens.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::{closest, error_chain};
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::Registry;

use super::emulated_board::EmulatedBoard;
use super::interrupt::Cancel;
use super::place;
use super::progress::{Progress, keep, tell_flash};
use super::suite::Suite;
use lockstep_hil::bench::lock::LockError;
use lockstep_hil::bench::plan::{self, Scenario, Test};
use lockstep_hil::bench::probe_lookup::ProbeLookupError;
use lockstep_hil::bench::required::REQUIRE;
use lockstep_hil::bench::{Bench, Probe};
use lockstep_hil::report::{github, html, jsonl, junit, text};
use lockstep_hil::suite::acquire::{AcquireError, acquire, find_probe};
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::prepare::{self, ImagesError, PrepareError, prepare};
use lockstep_hil::suite::run::{
    Images, Job, JobQueue, PreparedScenario, Settings, new_case, not_played, work,
};
use lockstep_hil::verdict::{self, Case, Cause, Ending, Outcome, Stimulus};
use lockstep_images::toolchain::Environment;
use lockstep_virtual_board::machine::ClockMode;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Scenarios: names, the beginnings of names, or files; all of them where none is named.
    scenarios: Vec<String>,

    /// The bench; every bench whose probe is there where none is named.
    #[arg(long, value_name = "NAME")]
    bench: Option<String>,

    /// How buttons are pressed; both ways where nothing is said.
    #[arg(long, value_name = "HOW")]
    stimulus: Option<How>,

    /// Let virtual boards run in real time instead of as fast as they can.
    #[arg(long)]
    real_time: bool,

    /// How many virtual boards play at the same time.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,

    /// How often a case is tried that does not pass: one that passes later is flaky, not green.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=10))]
    attempts: u32,

    /// End with exit code 42 after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,

    /// Write a JUnit report.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write a report as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write a report as one HTML page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    /// As events that are scheduled over RTT.
    Rtt,
    /// By driving the lines.
    Pins,
}

impl Run {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let begun = Instant::now();
        let mut suite = match Suite::read(registry, report) {
            Ok(suite) => suite,
            Err(exit) => return exit,
        };
        if let Err(exit) = self.check_places(&suite, report) {
            return exit;
        }
        if let Err(exit) = self.select(&mut suite, report) {
            return exit;
        }
        let repository = suite.root.clone();
        let prepared = match prepare_all(&suite.scenarios, registry, report) {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let tests = plan::plan(&suite.benches, &suite.boards, &suite.scenarios);
        let tests: Vec<_> = tests.into_iter().filter(|test| self.wants(test)).collect();
        let cancel = match Cancel::new(self.timeout.map(Duration::from_secs), report) {
            Ok(cancel) => cancel,
            Err(exit) => return exit,
        };
        let environment = Environment {
            supervisor: cancel.supervisor(),
            ..place::environment()
        };
        self.clear_reports();
        // What cannot be reached needs no image.
        let benches = suite.benches.iter().filter(|bench| is_reachable(bench));
        let reachable: BTreeSet<_> = benches.map(|bench| bench.name.as_str()).collect();
        let is_within_reach = |test: &&Test<'_>| reachable.contains(test.bench.name.as_str());
        let played: Vec<_> = tests.iter().filter(is_within_reach).collect();
        let images = match images(&played, &suite, registry, &environment, &repository, report) {
            Ok(images) => images,
            Err(Exit::Interrupted) if cancel.ending() == Ending::TimedOut => {
                let message = "the time that `--timeout` gives was over before anything was played";
                report.print(&report.plain(message, None));
                return Exit::TimedOut;
            }
            Err(exit) => return exit,
        };
        let cases = self.play(
            &tests,
            &prepared,
            &images,
            &suite.benches,
            &repository,
            &cancel,
        );
        let played = verdict::Suite {
            cases,
            took: begun.elapsed(),
            ending: cancel.ending(),
        };
        self.tell(&played, report)
    }

    /// Whether reports can be written where they are wanted, and benches be there that must be.
    fn check_places(&self, suite: &Suite, report: &Report) -> Result<(), Exit> {
        let refuse = |message: &str, help: &str| {
            report.print(&report.plain(message, Some(help)));
            Err(Exit::BadInput)
        };
        let reports = [&self.junit, &self.json, &self.html];
        let reports: Vec<_> = reports.into_iter().flatten().collect();
        for (index, path) in reports.iter().enumerate() {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            if folder.is_some_and(|folder| !folder.is_dir()) || path.is_dir() {
                let message = format!("cannot write a report to `{}`", path.display());
                return refuse(&message, "name a file in a folder that is there");
            }
            if is_precious(path) {
                let message = format!("`{}` is there, and is no report", path.display());
                return refuse(&message, "name another file, or delete it");
            }
            if reports[..index].contains(path) {
                let message = format!("two reports are to be written to `{}`", path.display());
                return refuse(&message, "name a file for each");
            }
        }
        let required = place::required();
        if required.iter().any(|name| suite.is_unusable(name, report)) {
            return Err(Exit::BadInput);
        }
        let is_known = |name: &&str| suite.benches.iter().any(|bench| bench.name == *name);
        match required.iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let message = format!("`{REQUIRE}` names the bench `{name}`: there is none");
                refuse(&message, "`hil list` shows the benches there are")
            }
        }
    }

    /// Leaves the benches and scenarios that were asked for.
    fn select(&self, suite: &mut Suite, report: &Report) -> Result<(), Exit> {
        if let Some(name) = &self.bench {
            let known: Vec<_> = suite
                .benches
                .iter()
                .map(|bench| bench.name.clone())
                .collect();
            suite.benches.retain(|bench| bench.name == *name);
            if suite.benches.is_empty() && suite.is_unusable(name, report) {
                return Err(Exit::BadInput);
            }
            if suite.benches.is_empty() {
                let message = format!("there is no bench `{name}`");
                let help = format!("there are {}", known.join(", "));
                report.print(&report.plain(&message, Some(&help)));
                return Err(Exit::BadInput);
            }
        }
        let mut names = BTreeSet::new();
        for asked in &self.scenarios {
            let meant = meant(asked, &suite.scenarios);
            names.extend(meant.iter().map(|scenario| scenario.name.clone()));
            if meant.is_empty() {
                let (message, help) = unknown(asked, suite);
                report.print(&report.plain(&message, Some(&help)));
                return Err(Exit::BadInput);
            }
        }
        if !self.scenarios.is_empty() {
            suite
                .scenarios
                .retain(|scenario| names.contains(&scenario.name));
        }
        Ok(())
    }

    fn wants(&self, test: &Test<'_>) -> bool {
        match self.stimulus {
            None => true,
            Some(How::Rtt) => Stimulus::Rtt == stimulus(test),
            Some(How::Pins) => Stimulus::Pins == stimulus(test),
        }
    }

    /// Plays bench after bench, a virtual one on several boards at once.
    fn play(
        &self,
        tests: &[Test<'_>],
        prepared: &[PreparedScenario],
        images: &Images,
        benches: &[Bench],
        repository: &Path,
        cancel: &Cancel,
    ) -> Vec<Case> {
        let keep = |case: &Case, recording: &Recording| keep(repository, case, recording);
        let cancelled = || cancel.is_wanted();
        let settings = Settings {
            images,
            attempts: self.attempts,
            cancelled: &cancelled,
            keep: &keep,
        };
        let (told, heard) = mpsc::channel();
        let mut progress = Progress::new(tests.len());
        let mut cases: Vec<Option<Case>> = Vec::new();
        cases.resize_with(tests.len(), || None);
        thread::scope(|scope| {
            scope.spawn(|| {
                let told = told;
                for bench in benches {
                    let jobs = jobs(tests, prepared, bench);
                    self.play_on(bench, jobs, &settings, &told);
                }
            });
            for (at, case) in heard {
                progress.show(&case);
                cases[at] = Some(case);
            }
        });
        cases.into_iter().flatten().collect()
    }

    fn play_on(
        &self,
        bench: &Bench,
        jobs: Vec<Job<'_>>,
        settings: &Settings<'_>,
        told: &mpsc::Sender<(usize, Case)>,
    ) {
        let probe = match &bench.probe {
            Probe::Virtual => {
                let pace = if self.real_time {
                    ClockMode::RealTime
                } else {
                    ClockMode::Unthrottled
                };
                let queue = JobQueue::new(jobs);
                thread::scope(|scope| {
                    for _ in 0..self.jobs {
                        scope.spawn(|| {
                            let board = Box::new(EmulatedBoard::new(pace));
                            let mut session = BenchSession::new(bench, board);
                            work(&queue, &mut session, settings, told);
                        });
                    }
                });
                return;
            }
            Probe::Real(probe) => probe,
        };
        let owner = place::owner();
        match acquire(bench, probe, &place::locks(), &owner, settings.cancelled) {
            Ok(session) => {
                let mut session = session.on_flash(tell_flash);
                work(&JobQueue::new(jobs), &mut session, settings, told);
            }
            Err(error) => {
                for job in jobs {
                    // Nobody listens any more once the process ends.
                    let _ = told.send((job.index, self.without_bench(&job, &error)));
                }
            }
        }
    }

    /// A case on a bench that cannot be taken. Whoever names a bench wants it: only one that nobody
    /// asked for is left out.
    fn without_bench(&self, job: &Job<'_>, error: &AcquireError) -> Case {
        let name = &job.bench.name;
        let is_asked_for = self.bench.is_some() || place::required().contains(name);
        if let Some(skip) = job.skip.as_ref().filter(|_| !is_asked_for) {
            return not_played(job, Outcome::Skipped(Cause::new(skip.to_string())));
        }
        let cause = Cause::of(error);
        match error {
            AcquireError::Lock(LockError::Cancelled(_)) => new_case(job),
            AcquireError::Absent(ProbeLookupError::NotFound { .. }) if !is_asked_for => {
                not_played(job, Outcome::Skipped(cause))
            }
            _ => not_played(job, Outcome::Infra(cause)),
        }
    }

    /// Tells all of it in every way that was asked for. One that cannot be written keeps none of
    /// the others back, and makes no verdict better.
    fn tell(&self, suite: &verdict::Suite, report: &Report) -> Exit {
        let mut exit = match suite.exit_code() {
            0 => Exit::Held,
            1 => Exit::Failed,
            3 => Exit::Infrastructure,
            42 => Exit::TimedOut,
            _ => Exit::Interrupted,
        };
        let mut told = match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => text::render(suite),
            _ => text::render_colored(suite),
        };
        if place::on_github() {
            told += &github::annotations(suite);
        }
        if let Err(error) = output::write(None, told.as_bytes()) {
            exit = exit.max(report.error(error));
        }
        if place::on_github()
            && let Err(error) = place::add_to_summary(&github::summary(suite))
        {
            report.print(&report.plain(&format!("cannot write the step summary: {error}"), None));
        }
        let reports = [
            (&self.junit, junit::render(suite)),
            (&self.json, jsonl::render(suite)),
            (&self.html, html::render(suite)),
        ];
        for (path, rendered) in reports {
            let Some(path) = path else { continue };
            let written = match rendered {
                Ok(text) => {
                    output::write(Some(path), text.as_bytes()).map_err(|error| error_chain(&error))
                }
                Err(error) => Err(error_chain(&error)),
            };
            if let Err(error) = written {
                report.print(&report.plain(&error, None));
                exit = exit.max(Exit::Infrastructure);
            }
        }
        exit
    }

    /// Reports of another run must not be taken for those of this one, should it not come to
    /// its end.
    fn clear_reports(&self) {
        let reports = [&self.junit, &self.json, &self.html];
        for path in reports
            .into_iter()
            .flatten()
            .filter(|path| is_plain_file(path))
        {
            // One that cannot be taken away cannot be written either, which is told then.
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether it is a file of its own, and no link and no device.
fn is_plain_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// Whether it is a file with something in it that no report is.
fn is_precious(path: &Path) -> bool {
    let mut beginning = [0; 512];
    let read = |mut file: fs::File| file.read(&mut beginning);
    let length = match is_plain_file(path) {
        true => fs::File::open(path).and_then(read).unwrap_or_default(),
        false => return false,
    };
    let text = String::from_utf8_lossy(&beginning[..length]);
    let marks = [jsonl::MARK, junit::MARK, html::MARK];
    length > 0 && !marks.iter().any(|mark| text.contains(mark))
}

/// Whether the bench can be taken as far as can be seen now; why not is told when it is taken.
fn is_reachable(bench: &Bench) -> bool {
    match &bench.probe {
        Probe::Virtual => true,
        Probe::Real(probe) => find_probe(probe).is_ok(),
    }
}

fn stimulus(test: &Test<'_>) -> Stimulus {
    match test.stimulus {
        lockstep_core::protocol::Stimulus::Scheduled => Stimulus::Rtt,
        lockstep_core::protocol::Stimulus::Pins => Stimulus::Pins,
    }
}

/// What is said of a scenario that there is not.
fn unknown(asked: &str, suite: &Suite) -> (String, String) {
    if Path::new(asked).exists() {
        let message = format!("`{asked}` is not a scenario of this project");
        let folders: Vec<_> = suite
            .scenario_folders
            .iter()
            .map(|folder| format!("`{}`", folder.display()))
            .collect();
        let help = format!(
            "the suite plays those below {}, each with its golden",
            folders.join(" and ")
        );
        return (message, help);
    }
    let names = suite
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str());
    let help = match closest(asked, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            "`hil list` shows them all; a name, the beginning of one, a file or a folder".to_owned()
        }
    };
    (format!("there is no scenario `{asked}`"), help)
}

/// The scenarios that are asked for: those of this name, or else of a name that begins so, or
/// else of this file or folder.
fn meant<'s>(asked: &str, scenarios: &'s [Scenario]) -> Vec<&'s Scenario> {
    let file = fs::canonicalize(asked).ok();
    let of_file = |scenario: &Scenario| match (&file, fs::canonicalize(&scenario.path)) {
        (Some(asked), Ok(path)) => path.starts_with(asked),
        _ => false,
    };
    let is_named = |scenario: &Scenario| scenario.name == asked;
    let begins = |scenario: &Scenario| scenario.name.starts_with(asked);
    let ways: [&dyn Fn(&Scenario) -> bool; 3] = [&is_named, &begins, &of_file];
    let mut found = ways.iter().map(|is_meant| {
        let meant = scenarios.iter().filter(|scenario| is_meant(scenario));
        meant.collect::<Vec<_>>()
    });
    found.find(|meant| !meant.is_empty()).unwrap_or_default()
}

/// What the host makes of the scenarios, and their goldens.
fn prepare_all(
    scenarios: &[Scenario],
    registry: &Registry,
    report: &Report,
) -> Result<Vec<PreparedScenario>, Exit> {
    let ready = scenarios.iter().map(|scenario| prepare(scenario, registry));
    let ready: Result<_, PrepareError> = ready.collect();
    ready.map_err(|error| {
        report.print(&report.plain(&error.to_string(), Some(error.help())));
        Exit::BadInput
    })
}

/// The release images of every app that is played on a board.
fn images(
    tests: &[&Test<'_>],
    suite: &Suite,
    registry: &Registry,
    environment: &Environment,
    repository: &Path,
    report: &Report,
) -> Result<Images, Exit> {
    let mut images = Images::new();
    for inputs in &suite.boards {
        let board = &inputs.board;
        let played = tests
            .iter()
            .filter(|test| test.skip.is_none() && test.bench.board == *board);
        let apps: BTreeSet<_> = played.map(|test| test.scenario.app).collect();
        if apps.is_empty() {
            continue;
        }
        let built = prepare::images(environment, repository, board, &apps, registry);
        let built = built.map_err(|error| match error {
            ImagesError::Build(error) => place::refuse(&error, report),
            error => {
                report.print(&report.plain(&error.to_string(), None));
                Exit::Infrastructure
            }
        })?;
        for firmware in built {
            images.insert(
                (board.name.clone(), firmware.app.descriptor().name()),
                firmware,
            );
        }
    }
    Ok(images)
}

fn jobs<'a>(tests: &[Test<'a>], prepared: &'a [PreparedScenario], bench: &Bench) -> Vec<Job<'a>> {
    let of_bench = tests
        .iter()
        .enumerate()
        .filter(|(_, test)| test.bench.name == bench.name);
    of_bench
        .filter_map(|(index, test)| {
            let found = prepared
                .iter()
                .find(|prepared| prepared.scenario.name == test.scenario.name);
            Some(Job {
                index,
                prepared: found?,
                bench: test.bench,
                stimulus: stimulus(test),
                skip: test.skip.clone(),
            })
        })
        .collect()
}
