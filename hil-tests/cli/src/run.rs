//! `hil run`: plays scenarios on benches and compares them with their goldens.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::Registry;

use super::cancellation::Cancellation;
use super::emulated_board::EmulatedBoard;
use super::environment;
use super::progress::{Progress, print_flash, save_recording};
use super::random;
use super::report_files::ReportFiles;
use super::suite_inputs::SuiteInputs;
use super::unemulated;
use lockstep_core::protocol::Stimulus;
use lockstep_hil::bench::lock::LockError;
use lockstep_hil::bench::plan::{self, Test};
use lockstep_hil::bench::probe_lookup::ProbeLookupError;
use lockstep_hil::bench::{Bench, Probe};
use lockstep_hil::report::{github, text};
use lockstep_hil::suite::acquire::{AcquireError, acquire, find_probe};
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::prepare::{
    self, AppRules, ImagesError, PrepareError, prepare, prepare_without_golden,
};
use lockstep_hil::suite::run::{
    Images, Job, JobQueue, PreparedScenario, Settings, new_case, not_played, work,
};
use lockstep_hil::verdict::{self, Case, Ending, Outcome, Reason};
use lockstep_images::toolchain::Environment;
use lockstep_virtual_board::machine::ClockMode;

/// The options of `hil run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenarios: names, beginnings of names, files or folders [default: all scenarios]
    scenarios: Vec<String>,

    /// The bench [default: every bench whose probe is present]
    #[arg(long, value_name = "NAME")]
    bench: Option<String>,

    /// How buttons are pressed [default: both ways, one after the other]
    #[arg(long, value_name = "HOW")]
    stimulus: Option<StimulusArg>,

    /// Let virtual boards run in real time instead of as fast as they can.
    #[arg(long)]
    real_time: bool,

    /// How many virtual boards play at the same time.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,

    /// How often a case is played that does not pass; a case that passes later is flaky.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=10))]
    attempts: u32,

    /// End with exit code 42 after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,

    /// Play this many random scenarios, at most 2000, held against the host, instead of those of
    /// the project; SCENARIOS are then names of apps.
    #[arg(long, value_name = "COUNT", value_parser = random::count)]
    random: Option<u32>,

    /// Where random scenarios begin: the same seed gives the same ones.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "random")]
    seed: u64,

    #[command(flatten)]
    reports: ReportFiles,
}

/// The value of `--stimulus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StimulusArg {
    /// As events scheduled over RTT.
    Rtt,
    /// By driving the pins.
    Pins,
}

impl RunArgs {
    pub(super) fn execute(&self, registry: &Registry, report: &Report) -> Exit {
        let started = Instant::now();
        let mut suite = match SuiteInputs::read(registry, report) {
            Ok(suite) => suite,
            Err(exit) => return exit,
        };
        // Random scenarios take the place of those that stand beside rules.
        let rules = match self.random {
            None => Ok(AppRules::default()),
            Some(_) => AppRules::beside(&suite.scenarios, registry),
        };
        if let Err(exit) = self.select(&mut suite, registry, report) {
            return exit;
        }
        let repository = suite.root.clone();
        let prepared = match self.prepare_all(&suite, rules, registry, report) {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let tests = plan::plan(&suite.benches, &suite.boards, &suite.scenarios);
        let tests: Vec<_> = tests.into_iter().filter(|test| self.wants(test)).collect();
        let cancel = match Cancellation::new(self.timeout.map(Duration::from_secs), report) {
            Ok(cancel) => cancel,
            Err(exit) => return exit,
        };
        let environment = Environment {
            supervisor: cancel.supervisor(),
            ..environment::toolchain()
        };
        self.reports.clear();
        // A bench that cannot be reached needs no image.
        let benches = suite.benches.iter().filter(|bench| is_reachable(bench));
        let reachable: BTreeSet<_> = benches.map(|bench| bench.name.as_str()).collect();
        let is_within_reach = |test: &&Test<'_>| reachable.contains(test.bench.name.as_str());
        let played: Vec<_> = tests.iter().filter(is_within_reach).collect();
        let images = match images(&played, &suite, registry, &environment, &repository, report) {
            Ok(images) => images,
            Err(Exit::Interrupted) if cancel.ending() == Ending::TimedOut => {
                let message = "timed out while images were built: nothing was played";
                report.print(&report.plain(message, Some("use a longer `--timeout`")));
                return Exit::TimedOut;
            }
            Err(exit) => return exit,
        };
        let cases = self.play(&tests, &prepared, &images, &suite, &cancel);
        let played = verdict::Suite {
            cases,
            took: started.elapsed(),
            ending: cancel.ending(),
        };
        self.report(&played, report)
    }

    /// Applies the arguments to what the repository has.
    fn select(
        &self,
        suite: &mut SuiteInputs,
        registry: &Registry,
        report: &Report,
    ) -> Result<(), Exit> {
        self.reports.check(report)?;
        suite.check_required(&environment::required_benches(), report)?;
        if let Some(name) = &self.bench {
            suite.select_bench(name, report)?;
        }
        let Some(count) = self.random else {
            return suite.select_scenarios(&self.scenarios, report);
        };
        let apps = &self.scenarios;
        suite.scenarios =
            random::write_scenarios(&suite.root, registry, apps, self.seed, count, report)?;
        Ok(())
    }

    /// What the host makes of the scenarios, and what boards are held against.
    fn prepare_all(
        &self,
        suite: &SuiteInputs,
        rules: Result<AppRules, PrepareError>,
        registry: &Registry,
        report: &Report,
    ) -> Result<Vec<PreparedScenario>, Exit> {
        let ready = rules.and_then(|rules| {
            let ready = suite.scenarios.iter();
            let ready = ready.map(|scenario| match self.random {
                None => prepare(scenario, registry),
                Some(_) => prepare_without_golden(scenario, &rules, registry),
            });
            ready.collect()
        });
        ready.map_err(|error| {
            let help = error.help(&suite.commands);
            report.print(&report.plain(&error_chain(&error), help.as_deref()));
            match error {
                PrepareError::Host { .. } => Exit::Failed,
                _ => Exit::BadInput,
            }
        })
    }

    fn wants(&self, test: &Test<'_>) -> bool {
        match self.stimulus {
            None => true,
            Some(StimulusArg::Rtt) => Stimulus::Scheduled == test.stimulus,
            Some(StimulusArg::Pins) => Stimulus::Pins == test.stimulus,
        }
    }

    /// Plays bench after bench, a virtual one on several boards at once.
    fn play(
        &self,
        tests: &[Test<'_>],
        prepared: &[PreparedScenario],
        images: &Images,
        suite: &SuiteInputs,
        cancel: &Cancellation,
    ) -> Vec<Case> {
        let keep =
            |case: &Case, recording: &Recording| save_recording(&suite.root, case, recording);
        let cancelled = || cancel.is_requested();
        let settings = Settings {
            images,
            attempts: self.attempts,
            cancelled: &cancelled,
            keep: &keep,
        };
        let (finished, cases_in) = mpsc::channel();
        let mut progress = Progress::new(tests.len());
        let mut cases: Vec<Option<Case>> = Vec::new();
        cases.resize_with(tests.len(), || None);
        thread::scope(|scope| {
            scope.spawn(|| {
                let finished = finished;
                for bench in &suite.benches {
                    let jobs = jobs(tests, prepared, bench);
                    self.play_on(bench, jobs, &settings, &finished);
                }
            });
            for (at, mut case) in cases_in {
                case.simulator.clone_from(&suite.commands.sim);
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
        finished: &mpsc::Sender<(usize, Case)>,
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
                            work(&queue, &mut session, settings, finished);
                        });
                    }
                });
                return;
            }
            Probe::Real(probe) => probe,
        };
        let owner = environment::lock_holder();
        let locks = environment::lock_folder();
        match acquire(bench, probe, &locks, &owner, settings.cancelled) {
            Ok(session) => {
                let mut session = session.on_flash(print_flash);
                work(&JobQueue::new(jobs), &mut session, settings, finished);
            }
            Err(error) => {
                for job in jobs {
                    // Once the process ends nobody receives it.
                    let _ = finished.send((job.index, self.without_bench(&job, &error)));
                }
            }
        }
    }

    /// A case on a bench that cannot be acquired: skipped, unless the bench was named or is
    /// required.
    fn without_bench(&self, job: &Job<'_>, error: &AcquireError) -> Case {
        let name = &job.bench.name;
        let is_required = self.bench.is_some() || environment::required_benches().contains(name);
        if let Some(skip) = job.skip.as_ref().filter(|_| !is_required) {
            return not_played(job, Outcome::Skipped(Reason::new(skip.to_string())));
        }
        let cause = Reason::of(error);
        match error {
            AcquireError::Lock(LockError::Cancelled(_)) => new_case(job),
            AcquireError::Absent(ProbeLookupError::NotFound { .. }) if !is_required => {
                not_played(job, Outcome::Skipped(cause))
            }
            _ => not_played(job, Outcome::Infra(cause)),
        }
    }

    /// Prints the result and writes all reports. A report that cannot be written stops none of
    /// the others, and makes the exit code no better.
    fn report(&self, suite: &verdict::Suite, report: &Report) -> Exit {
        let mut exit = match suite.exit_code() {
            0 => Exit::Held,
            1 => Exit::Failed,
            3 => Exit::Infrastructure,
            42 => Exit::TimedOut,
            _ => Exit::Interrupted,
        };
        let mut result = match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => text::render(suite),
            _ => text::render_colored(suite),
        };
        if environment::on_github() {
            result += &github::annotations(suite);
        }
        if let Err(error) = output::write(None, result.as_bytes()) {
            exit = exit.max(report.error(error));
        }
        if environment::on_github()
            && let Err(error) = environment::add_to_summary(&github::summary(suite))
        {
            report.print(&report.plain(&format!("cannot write the step summary: {error}"), None));
        }
        exit.max(self.reports.write(suite, report))
    }
}

/// Whether the probe of the bench is present; [`acquire`] reports why it is not.
fn is_reachable(bench: &Bench) -> bool {
    match &bench.probe {
        Probe::Virtual => true,
        Probe::Real(probe) => find_probe(probe).is_ok(),
    }
}

/// The release images of every app that is played on a board.
fn images(
    tests: &[&Test<'_>],
    suite: &SuiteInputs,
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
            ImagesError::Build(error) => environment::report_build_error(&error, report),
            error => {
                report.print(&report.plain(&error.to_string(), None));
                Exit::Infrastructure
            }
        })?;
        let is_emulated = tests.iter().any(|test| {
            test.skip.is_none() && test.bench.board == *board && test.bench.probe == Probe::Virtual
        });
        for firmware in built {
            if is_emulated {
                let name = format!("{}-{}", board.name, firmware.app.descriptor().name());
                unemulated::warn(&name, &firmware.elf, &firmware.bytes, report);
            }
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
                stimulus: test.stimulus,
                skip: test.skip.clone(),
            })
        })
        .collect()
}
