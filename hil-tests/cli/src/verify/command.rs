//! `cargo verify`: installs what is missing, then runs every check of every world.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::project::Project;
use lockstep_engine::registry::Registry;

use crate::cancellation;
use crate::doctor;
use crate::environment;
use crate::verify::runner::{self, StepExecutor, StepLog, StepOutcome};
use crate::verify::setup::{self, Installation, Installers, Scope};
use crate::verify::steps::{self, StepAction, StepFile, VerifyStep};
use crate::verify::{failed_tests, host, summary, world_report};
use lockstep_hil::bench::plan::{self, Scenario};
use lockstep_hil::verdict::Verdict;
use lockstep_images::board;
use lockstep_images::process::{CommandSpec, StdoutMode, Termination};
use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::rust::{RustToolchain, Rustc};

/// How often a wait checks for an interrupt.
const POLL_EVERY: Duration = Duration::from_millis(50);

/// How long to wait for a package manager that another process is running.
const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// How long to wait before the package manager is started once more.
const LOCK_RETRY: Duration = Duration::from_secs(2);

/// What `apt-get` says when another process is running it.
const LOCKED: &str = "Could not get lock";

/// The options of `hil verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Install what is missing without asking, even if that changes the system.
    #[arg(long)]
    yes: bool,
}

impl VerifyArgs {
    pub(crate) fn execute(&self, registry: Registry, report: &Report) -> ExitCode {
        match self.verify(registry, report) {
            Ok(code) => code.into(),
            Err(exit) => exit.into(),
        }
    }

    fn verify(&self, registry: Registry, report: &Report) -> Result<u8, Exit> {
        let refuse = |message: &str, help: Option<&str>| {
            report.print(&report.plain(message, help));
            Exit::BadInput
        };
        let supervisor = cancellation::on_interrupt(report)?;
        let interrupted = supervisor.interrupt_flag();
        let broken = |error| environment::report_project_error(&error, report);
        let project = environment::project().map_err(broken)?;
        let mut repository = project.root().to_owned();
        if repository.as_os_str().is_empty() {
            repository.push(".");
        }
        let boards = board::boards(&project.boards().map_err(broken)?)
            .map_err(|error| environment::report_board_error(&error, report))?;
        let file =
            StepFile::read(&repository).map_err(|error| refuse(&error_chain(&error), None))?;
        let hil = env::current_exe()
            .map_err(|error| refuse(&format!("cannot find this program: {error}"), None))?;
        let mut targets: Vec<_> = boards.iter().map(|board| board.target.as_str()).collect();
        targets.extend(file.targets());
        targets.sort_unstable();
        targets.dedup();
        let environment = Environment {
            supervisor,
            ..environment::toolchain()
        };
        let requirements = doctor::requirements(&environment, &targets);
        let plan = setup::plan(&requirements, installers());
        let mut executor = ProcessExecutor {
            started: Instant::now(),
            consent: self.consent(),
            interrupted: Arc::clone(&interrupted),
            scenarios: scenarios(&project, &registry),
            registry,
            environment,
        };
        let mut declined = false;
        let installations = plan.installations.iter();
        for installation in installations.filter(|one| one.scope == Scope::System) {
            let Err(reason) = executor.request_consent(installation) else {
                continue;
            };
            if interrupted.load(Ordering::Relaxed) {
                return Err(Exit::Interrupted);
            }
            report.print(&report.plain(&reason, Some(&help(installation))));
            declined = true;
        }
        if declined {
            return Err(Exit::Infrastructure);
        }
        let mut log = StepLog::default();
        runner::run(&steps::setup(&plan), &mut log, &interrupted, &mut executor);
        let checks = file.steps(&repository, &hil, &boards);
        runner::run(&checks, &mut log, &interrupted, &mut executor);
        let summary = format!("\n{}", summary::render(&log, &executor.scenario_ticks()));
        output::write(None, summary.as_bytes()).map_err(|error| report.error(error))?;
        Ok(log.exit_code())
    }

    fn consent(&self) -> Consent {
        if self.yes {
            Consent::Given
        } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
            Consent::Ask
        } else {
            Consent::Unavailable
        }
    }
}

/// All scenarios of the project, or what is wrong with one of them.
fn scenarios(project: &Project, registry: &Registry) -> Result<Vec<Scenario>, String> {
    let folders = project.scenarios().map_err(|error| error_chain(&error))?;
    let read = |folder: &PathBuf| plan::scenarios(folder, registry);
    let scenarios: Result<Vec<_>, _> = folders.iter().map(read).collect();
    scenarios
        .map(|scenarios| scenarios.concat())
        .map_err(|error| error_chain(&error))
}

fn help(installation: &Installation) -> String {
    format!("run `{}`, or `cargo verify --yes`", installation.commands())
}

fn installers() -> Installers {
    let environment = environment::toolchain();
    let has = |name: &str| environment.program(name).is_some();
    Installers {
        rustup: has("rustup"),
        apt: has("apt-get"),
        sudo: has("sudo"),
        root: rustix::process::geteuid().is_root(),
    }
}

/// Whether the system may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    /// The user said so.
    Given,
    /// The user can be asked.
    Ask,
    /// There is nobody to ask.
    Unavailable,
}

/// Executes steps as processes.
struct ProcessExecutor {
    started: Instant,
    consent: Consent,
    interrupted: Arc<AtomicBool>,
    registry: Registry,
    scenarios: Result<Vec<Scenario>, String>,
    environment: Environment,
}

impl StepExecutor for ProcessExecutor {
    fn execute(&mut self, step: &VerifyStep) -> StepOutcome {
        match &step.action {
            StepAction::Install(installation) => self.install(installation),
            StepAction::Manual(need) => {
                let verdict = match need.required {
                    true => Verdict::Infra,
                    false => Verdict::Skipped,
                };
                StepOutcome::because(
                    verdict,
                    format!("install it with `{}`", need.install_command),
                )
            }
            StepAction::Run(call) => self.run(call),
            StepAction::CrossBuild { target, call } => self.cross_build(target, call),
            StepAction::IfTarget { target, call } => match self.has_target(target) {
                true => self.run(call),
                false => {
                    let reason = format!("the Rust in PATH has no target {target}");
                    StepOutcome::because(Verdict::Skipped, reason)
                }
            },
            StepAction::Host => self.play_on_host(),
            StepAction::Bench { world, call } => self.play_on_bench(world, call),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn print(&mut self, line: &str) {
        let mut stderr = anstream::stderr().lock();
        // Without standard error there is nowhere else to print.
        let _ = io::Write::write_fmt(&mut stderr, format_args!("{line}\n"));
    }
}

impl ProcessExecutor {
    /// The length of each scenario.
    fn scenario_ticks(&self) -> BTreeMap<String, u64> {
        let scenarios = self.scenarios.iter().flatten();
        scenarios
            .map(|scenario| (scenario.name.clone(), scenario.end.0))
            .collect()
    }

    /// Asks the user whether the system may be changed. The error says that it may not.
    fn request_consent(&mut self, installation: &Installation) -> Result<(), String> {
        let tools = installation.tools.join(", ");
        let consents = match self.consent {
            Consent::Given => true,
            Consent::Unavailable => false,
            Consent::Ask => {
                let commands = installation.commands();
                self.print(&format!(
                    "{tools} is missing. This changes the system:\n    {commands}"
                ));
                self.print("Run it? [y/N]");
                let answer = self.read_answer();
                matches!(answer.trim(), "y" | "Y" | "yes")
            }
        };
        match consents {
            true => Ok(()),
            false => Err(format!(
                "installing {tools} needs confirmation (pass --yes)"
            )),
        }
    }

    /// A line from the terminal; empty after an interrupt.
    fn read_answer(&self) -> String {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // An answer that cannot be read is no consent; after an interrupt nobody receives it.
            let _ = io::stdin().read_line(&mut line);
            let _ = sender.send(line);
        });
        while !self.interrupted.load(Ordering::Relaxed) {
            match lines.recv_timeout(POLL_EVERY) {
                Ok(line) => return line,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        String::new()
    }

    fn install(&mut self, installation: &Installation) -> StepOutcome {
        let Some(failed) = self.run_installation(installation) else {
            return StepOutcome::pass();
        };
        if failed.interrupted {
            return failed;
        }
        let mut reason = failed.reason.unwrap_or_default();
        if let Some(fallback) = &installation.fallback {
            let commands = fallback.commands();
            self.print(&format!("   {reason}; trying instead:\n   {commands}"));
            let second = match self.request_consent(fallback) {
                Ok(()) => self.run_installation(fallback),
                Err(declined) => Some(StepOutcome::because(Verdict::Infra, declined)),
            };
            match second {
                None => return StepOutcome::pass(),
                Some(failed) if failed.interrupted => return failed,
                Some(failed) => reason += &format!("; {}", failed.reason.unwrap_or_default()),
            }
        }
        match installation.required {
            true => StepOutcome::because(Verdict::Infra, reason),
            false => StepOutcome::because(Verdict::Skipped, reason),
        }
    }

    /// The first command that fails.
    fn run_installation(&mut self, installation: &Installation) -> Option<StepOutcome> {
        let mut calls = installation.calls.iter();
        calls.find_map(|call| {
            let outcome = self.run_with_lock(call);
            (outcome.verdict != Verdict::Pass).then_some(outcome)
        })
    }

    /// Runs a package manager once the process that has its lock has released it. `apt-get` itself
    /// waits for only one of its locks.
    fn run_with_lock(&mut self, call: &CommandSpec) -> StepOutcome {
        let deadline = Instant::now() + LOCK_PATIENCE;
        let mut is_waiting = false;
        loop {
            let termination = self.environment.supervisor.run(call).termination;
            if !is_locked(&termination) || Instant::now() > deadline {
                return outcome_of(&termination);
            }
            if !is_waiting {
                let seconds = LOCK_PATIENCE.as_secs();
                self.print(&format!(
                    "   another package manager is running: waiting up to {seconds} s for its lock"
                ));
                is_waiting = true;
            }
            let retry = Instant::now() + LOCK_RETRY;
            while Instant::now() < retry && !self.interrupted.load(Ordering::Relaxed) {
                thread::sleep(POLL_EVERY);
            }
        }
    }

    fn run(&self, call: &CommandSpec) -> StepOutcome {
        let output = self.environment.supervisor.run(&CommandSpec {
            stdout: StdoutMode::ShowAndCapture,
            ..call.clone()
        });
        let outcome = outcome_of(&output.termination);
        let failed_tests = match outcome.verdict {
            Verdict::Fail => failed_tests::describe(&output.stdout),
            _ => None,
        };
        match (failed_tests, &outcome.reason) {
            (Some(tests), Some(reason)) => {
                StepOutcome::because(outcome.verdict, format!("{reason}; {tests}"))
            }
            _ => outcome,
        }
    }

    fn has_target(&self, target: &str) -> bool {
        let rustc = Rustc::in_path(&self.environment);
        rustc.is_some_and(|rustc| rustc.has_target(target))
    }

    /// Runs cargo of the Rust that has this target, with the arguments of the call.
    fn cross_build(&self, target: &str, call: &CommandSpec) -> StepOutcome {
        let rust = match RustToolchain::find(&self.environment, target) {
            Ok(rust) => rust,
            Err(missing) => {
                let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
                return StepOutcome::because(Verdict::Infra, missing.join("; "));
            }
        };
        let mut cargo = rust.cargo(&self.environment);
        cargo.current_dir.clone_from(&call.current_dir);
        cargo.env.extend(call.env.iter().cloned());
        cargo.argv.extend(call.argv.iter().skip(1).cloned());
        cargo.argv.extend(["--target".into(), target.into()]);
        if rust.builds_core() {
            cargo.argv.push("-Zbuild-std=core".into());
            cargo.argv.push("--target-dir".into());
            cargo.argv.push("target/distribution".into());
        }
        self.run(&cargo)
    }

    fn play_on_host(&self) -> StepOutcome {
        let scenarios = match &self.scenarios {
            Ok(scenarios) => scenarios,
            Err(error) => return StepOutcome::because(Verdict::Fail, error),
        };
        let report = host::play(&self.registry, scenarios, &self.interrupted);
        let outcome = match report.results.len() < scenarios.len() {
            true => StepOutcome::interrupted(),
            false => StepOutcome {
                verdict: report.verdict(),
                reason: report.reason(),
                ..StepOutcome::pass()
            },
        };
        StepOutcome {
            report: Some(report),
            ..outcome
        }
    }

    fn play_on_bench(&self, world: &str, call: &CommandSpec) -> StepOutcome {
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => {
                let reason = format!("cannot create a folder for the report: {error}");
                return StepOutcome::because(Verdict::Infra, reason);
            }
        };
        let path = folder.path().join("report.jsonl");
        let mut call = call.clone();
        call.argv.extend(["--json".into(), path.clone().into()]);
        let ended = outcome_of(&self.environment.supervisor.run(&call).termination);
        match (read_report(world, &path), ended) {
            (_, ended) if ended.interrupted => ended,
            (Err(_), ended) if ended.verdict != Verdict::Pass => ended,
            (Err(reason), _) => StepOutcome::because(Verdict::Infra, reason),
            (Ok(report), ended) => {
                if let Some(reason) = self.incomplete(&report) {
                    return StepOutcome {
                        report: Some(report),
                        ..StepOutcome::because(Verdict::Infra, reason)
                    };
                }
                // The exit code counts where the report has nothing worse.
                let (verdict, reason) = match report.verdict() {
                    Verdict::Pass | Verdict::Skipped if ended.verdict != Verdict::Pass => {
                        (ended.verdict, ended.reason)
                    }
                    verdict => (verdict, report.reason()),
                };
                StepOutcome {
                    verdict,
                    reason,
                    report: Some(report),
                    ..StepOutcome::pass()
                }
            }
        }
    }

    /// Which scenarios a report lacks: a scenario that was not played has not passed.
    fn incomplete(&self, report: &world_report::WorldReport) -> Option<String> {
        let scenarios = self.scenarios.as_ref().ok()?;
        let was_played = |name: &str| {
            let mut results = report.results.iter();
            results.any(|result| result.scenario == name && result.verdict != Verdict::Skipped)
        };
        let missing = scenarios
            .iter()
            .filter(|scenario| !was_played(&scenario.name));
        match missing.clone().count() {
            0 if scenarios.is_empty() => Some("there is no scenario".to_owned()),
            0 => None,
            count => {
                let first = missing.map(|scenario| &scenario.name).next()?;
                Some(format!(
                    "{count} scenarios were not played, `{first}` first"
                ))
            }
        }
    }
}

fn read_report(world: &str, path: &Path) -> Result<world_report::WorldReport, String> {
    let report =
        fs::read_to_string(path).map_err(|error| format!("cannot read the report: {error}"))?;
    world_report::parse(world, &report).map_err(|error| error_chain(&error))
}

/// Whether a package manager failed because another one is running.
fn is_locked(termination: &Termination) -> bool {
    match termination {
        Termination::Exited { code, stderr_tail } => {
            *code != 0 && stderr_tail.iter().any(|line| line.contains(LOCKED))
        }
        _ => false,
    }
}

/// The outcome of a step whose program ended so.
fn outcome_of(termination: &Termination) -> StepOutcome {
    let Some(cause) = termination.cause() else {
        return StepOutcome::pass();
    };
    match termination {
        Termination::Interrupted | Termination::Exited { code: 130, .. } => {
            StepOutcome::interrupted()
        }
        Termination::Exited { code: 3 | 42, .. } => StepOutcome::because(Verdict::Infra, cause),
        Termination::Exited { .. } => StepOutcome::because(Verdict::Fail, cause),
        // What hangs is as wrong as what fails.
        Termination::TimedOut(_) => StepOutcome::because(Verdict::Fail, cause),
        Termination::Signaled | Termination::SpawnFailed(_) => {
            StepOutcome::because(Verdict::Infra, cause)
        }
    }
}
