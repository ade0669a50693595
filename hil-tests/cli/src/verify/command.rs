//! `cargo verify`: adds what is missing, then runs every check of every world.

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

use crate::doctor;
use crate::interrupt;
use crate::place;
use crate::verify::runner::{self, Acted, Actor, Run};
use crate::verify::setup::{self, Addition, Means, Reach};
use crate::verify::steps::{self, Action, Step};
use crate::verify::{host, table, worlds};
use lockstep_hil::bench::plan::{self, Scenario};
use lockstep_hil::verdict::Verdict;
use lockstep_images::board;
use lockstep_images::process::{CommandSpec, Termination};
use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::rust::{RustToolchain, Rustc};

/// How often is looked whether somebody interrupted while an answer is awaited.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Add what is missing without asking, also what changes the system.
    #[arg(long)]
    yes: bool,
}

impl Verify {
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
        let supervisor = interrupt::listen(report)?;
        let interrupted = supervisor.interrupt_flag();
        let broken = |error| place::tell_project(&error, report);
        let project = place::project().map_err(broken)?;
        let mut repository = project.root().to_owned();
        if repository.as_os_str().is_empty() {
            repository.push(".");
        }
        let boards = board::boards(&project.boards().map_err(broken)?)
            .map_err(|error| place::tell_board(&error, report))?;
        let hil = env::current_exe()
            .map_err(|error| refuse(&format!("cannot find this program: {error}"), None))?;
        let mut targets: Vec<_> = boards.iter().map(|board| board.target.as_str()).collect();
        targets.push(steps::CORE_TARGET);
        targets.sort_unstable();
        targets.dedup();
        let environment = Environment {
            supervisor,
            ..place::environment()
        };
        let requirements = doctor::requirements(&environment, &targets);
        let plan = setup::plan(&requirements, means());
        let mut work = Work {
            started: Instant::now(),
            consent: self.consent(),
            interrupted: Arc::clone(&interrupted),
            scenarios: scenarios(&project, &registry),
            registry,
            repository,
            environment,
        };
        let mut declined = false;
        let additions = plan.additions.iter();
        for addition in additions.filter(|one| one.reach == Reach::System) {
            let Err(reason) = work.agreed(addition) else {
                continue;
            };
            if interrupted.load(Ordering::Relaxed) {
                return Err(Exit::Interrupted);
            }
            report.print(&report.plain(&reason, Some(&help(addition))));
            declined = true;
        }
        if declined {
            return Err(Exit::Infrastructure);
        }
        let mut run = Run::default();
        runner::run(&steps::setup(&plan), &mut run, &interrupted, &mut work);
        let checks = steps::checks(&work.repository, &hil, &boards);
        runner::run(&checks, &mut run, &interrupted, &mut work);
        let summary = format!("\n{}", table::render(&run, &work.ticks()));
        output::write(None, summary.as_bytes()).map_err(|error| report.error(error))?;
        Ok(run.exit_code())
    }

    fn consent(&self) -> Consent {
        if self.yes {
            Consent::Given
        } else if io::stdin().is_terminal() && io::stderr().is_terminal() {
            Consent::Ask
        } else {
            Consent::Nobody
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

fn help(addition: &Addition) -> String {
    format!("run `{}`, or `cargo verify --yes`", addition.commands())
}

fn means() -> Means {
    let environment = place::environment();
    let there = |name: &str| environment.program(name).is_some();
    Means {
        rustup: there("rustup"),
        apt: there("apt-get"),
        sudo: there("sudo"),
        root: is_root(),
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Who agrees to a change of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Given,
    Ask,
    Nobody,
}

/// What steps are done with.
struct Work {
    started: Instant,
    consent: Consent,
    interrupted: Arc<AtomicBool>,
    registry: Registry,
    scenarios: Result<Vec<Scenario>, String>,
    repository: PathBuf,
    environment: Environment,
}

impl Actor for Work {
    fn act(&mut self, step: &Step) -> Acted {
        match &step.action {
            Action::Add(addition) => self.add(addition),
            Action::Lack(need) => {
                let verdict = match need.required {
                    true => Verdict::Infra,
                    false => Verdict::Skipped,
                };
                Acted::because(
                    verdict,
                    format!("`{}` adds it: do it by hand", need.install_command),
                )
            }
            Action::Run(call) => self.run(call),
            Action::Cross { target, arguments } => self.cross(target, arguments),
            Action::Target { target, call } => match self.has_target(target) {
                true => self.run(call),
                false => {
                    let reason = format!("Rust has no {target} itself");
                    Acted::because(Verdict::Skipped, reason)
                }
            },
            Action::Host => self.host(),
            Action::Bench { world, call } => self.bench(world, call),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn tell(&mut self, line: &str) {
        let mut stderr = anstream::stderr().lock();
        // With standard error gone there is nobody left to tell.
        let _ = io::Write::write_fmt(&mut stderr, format_args!("{line}\n"));
    }
}

impl Work {
    /// How long each scenario is.
    fn ticks(&self) -> BTreeMap<String, u32> {
        let scenarios = self.scenarios.iter().flatten();
        scenarios
            .map(|scenario| (scenario.name.clone(), scenario.end.0))
            .collect()
    }

    /// Whether a change of the system may be made, or why not.
    fn agreed(&mut self, addition: &Addition) -> Result<(), String> {
        let what = addition.what.join(", ");
        let agreed = match self.consent {
            Consent::Given => true,
            Consent::Nobody => false,
            Consent::Ask => {
                let commands = addition.commands();
                self.tell(&format!(
                    "{what} is missing. This changes the system:\n    {commands}"
                ));
                self.tell("Run it? [y/N]");
                let answer = self.answer();
                matches!(answer.trim(), "y" | "Y" | "yes")
            }
        };
        match agreed {
            true => Ok(()),
            false => Err(format!(
                "nobody has agreed to a change of the system that adds {what}"
            )),
        }
    }

    /// A line from the terminal; nothing, once somebody interrupts.
    fn answer(&self) -> String {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // Without an answer nobody has agreed, and nobody waits once it was interrupted.
            let _ = io::stdin().read_line(&mut line);
            let _ = sender.send(line);
        });
        while !self.interrupted.load(Ordering::Relaxed) {
            match lines.recv_timeout(LOOK_EVERY) {
                Ok(line) => return line,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        String::new()
    }

    fn add(&mut self, addition: &Addition) -> Acted {
        let Some(failed) = self.try_to_add(addition) else {
            return Acted::pass();
        };
        if failed.interrupted {
            return failed;
        }
        let mut reason = failed.reason.unwrap_or_default();
        if let Some(instead) = &addition.instead {
            self.tell(&format!("   {reason}: instead,\n   {}", instead.commands()));
            let second = match self.agreed(instead) {
                Ok(()) => self.try_to_add(instead),
                Err(declined) => Some(Acted::because(Verdict::Infra, declined)),
            };
            match second {
                None => return Acted::pass(),
                Some(failed) if failed.interrupted => return failed,
                Some(failed) => reason += &format!("; {}", failed.reason.unwrap_or_default()),
            }
        }
        match addition.required {
            true => Acted::because(Verdict::Infra, reason),
            false => Acted::because(Verdict::Skipped, reason),
        }
    }

    fn try_to_add(&self, addition: &Addition) -> Option<Acted> {
        addition
            .calls
            .iter()
            .map(|call| self.run(call))
            .find(|acted| acted.verdict != Verdict::Pass)
    }

    fn run(&self, call: &CommandSpec) -> Acted {
        judge(&self.environment.supervisor.run(call).termination)
    }

    fn has_target(&self, target: &str) -> bool {
        let rustc = Rustc::in_path(&self.environment);
        rustc.is_some_and(|rustc| rustc.has_target(target))
    }

    fn cross(&self, target: &str, arguments: &[String]) -> Acted {
        let rust = match RustToolchain::find(&self.environment, target) {
            Ok(rust) => rust,
            Err(missing) => {
                let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
                return Acted::because(Verdict::Infra, missing.join("; "));
            }
        };
        let mut call = rust.cargo(&self.environment).current_dir(&self.repository);
        call.argv.extend(arguments.iter().map(Into::into));
        call.argv.extend(["--target".into(), target.into()]);
        if rust.builds_core() {
            call.argv.push("-Zbuild-std=core".into());
            call.argv.push("--target-dir".into());
            call.argv.push("target/distribution".into());
        }
        self.run(&call)
    }

    fn host(&self) -> Acted {
        let scenarios = match &self.scenarios {
            Ok(scenarios) => scenarios,
            Err(error) => return Acted::because(Verdict::Fail, error),
        };
        let world = host::play(&self.registry, scenarios, &self.interrupted);
        let acted = match world.cases.len() < scenarios.len() {
            true => Acted::interrupted(),
            false => Acted {
                verdict: world.verdict(),
                reason: world.reason(),
                ..Acted::pass()
            },
        };
        Acted {
            world: Some(world),
            ..acted
        }
    }

    fn bench(&self, world: &str, call: &CommandSpec) -> Acted {
        let folder = match tempfile::tempdir() {
            Ok(folder) => folder,
            Err(error) => {
                let reason = format!("there is no place for a report: {error}");
                return Acted::because(Verdict::Infra, reason);
            }
        };
        let path = folder.path().join("report.jsonl");
        let mut call = call.clone();
        call.argv.extend(["--json".into(), path.clone().into()]);
        let ended = judge(&self.environment.supervisor.run(&call).termination);
        match (read(world, &path), ended) {
            (_, ended) if ended.interrupted => ended,
            (Err(_), ended) if ended.verdict != Verdict::Pass => ended,
            (Err(reason), _) => Acted::because(Verdict::Infra, reason),
            (Ok(world), ended) => {
                if let Some(reason) = self.is_not_whole(&world) {
                    return Acted {
                        world: Some(world),
                        ..Acted::because(Verdict::Infra, reason)
                    };
                }
                // An exit code that says less than the report does not count for more.
                let (verdict, reason) = match world.verdict() {
                    Verdict::Pass | Verdict::Skipped if ended.verdict != Verdict::Pass => {
                        (ended.verdict, ended.reason)
                    }
                    verdict => (verdict, world.reason()),
                };
                Acted {
                    verdict,
                    reason,
                    world: Some(world),
                    ..Acted::pass()
                }
            }
        }
    }
}

impl Work {
    /// Why the world does not tell of every scenario: one that was not played there has not held.
    fn is_not_whole(&self, world: &worlds::World) -> Option<String> {
        let scenarios = self.scenarios.as_ref().ok()?;
        let was_played = |name: &str| {
            let mut cases = world.cases.iter();
            cases.any(|case| case.scenario == name && case.verdict != Verdict::Skipped)
        };
        let left = scenarios
            .iter()
            .filter(|scenario| !was_played(&scenario.name));
        match left.clone().count() {
            0 if scenarios.is_empty() => Some("there is no scenario".to_owned()),
            0 => None,
            count => {
                let first = left.map(|scenario| &scenario.name).next()?;
                Some(format!(
                    "{count} scenarios were not played, `{first}` first"
                ))
            }
        }
    }
}

fn read(world: &str, path: &Path) -> Result<worlds::World, String> {
    let report =
        fs::read_to_string(path).map_err(|error| format!("the report cannot be read: {error}"))?;
    worlds::read(world, &report).map_err(|error| error.to_string())
}

/// What a program that ended so says of what it checked.
fn judge(termination: &Termination) -> Acted {
    let Some(cause) = termination.cause() else {
        return Acted::pass();
    };
    match termination {
        Termination::Interrupted | Termination::Exited { code: 130, .. } => Acted::interrupted(),
        Termination::Exited { code: 3 | 42, .. } => Acted::because(Verdict::Infra, cause),
        Termination::Exited { .. } => Acted::because(Verdict::Fail, cause),
        Termination::Signaled | Termination::TimedOut(_) | Termination::SpawnFailed(_) => {
            Acted::because(Verdict::Infra, cause)
        }
    }
}
