//! Every scenario on every bench, with both ways to press a button, as a test of its own. What
//! one is called and what it needs is known without touching any hardware.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../support/machine.rs"]
mod machine;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_engine::project::Project;
use lockstep_engine::registry::Registry;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::find;
use lockstep_hil::bench::lock::{LockHolder, folder};
use lockstep_hil::bench::overrides::Overrides;
use lockstep_hil::bench::plan::{self, Scenario, Test, plan};
use lockstep_hil::bench::required::REQUIRE;
use lockstep_hil::bench::{Bench, Probe};
use lockstep_hil::report::text;
use lockstep_hil::suite::acquire::acquire;
use lockstep_hil::suite::bench_session::BenchSession;
use lockstep_hil::suite::board_image::BoardImage;
use lockstep_hil::suite::prepare::{images, prepare};
use lockstep_hil::suite::run::{Images, Job, Settings, play_case};
use lockstep_hil::verdict::{Suite, Verdict};
use lockstep_hil_cli::emulated_board::EmulatedBoard;
use lockstep_images::board::boards;
use lockstep_virtual_board::machine::ClockMode;
use shipped_apps::shipped;
use support::trial::{ignored, required};

/// Says that the suite is played by somebody else in this run, such as `hil run`.
const ELSEWHERE: &str = "LOCKSTEP_SUITE";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let plan = Plan::read();
    libtest_mimic::run(&arguments, plan.trials()).exit_code()
}

/// All that tests are made of. It lives as long as the process.
struct Plan {
    inputs: Vec<BoardPins>,
    benches: Vec<Bench>,
    scenarios: Vec<Scenario>,
    /// By bench.
    sessions: Mutex<BTreeMap<String, Sessions>>,
    given_back: Condvar,
}

/// The sessions of a bench: a test borrows one, with the image that is loaded.
#[derive(Default)]
struct Sessions {
    free: Vec<BenchSession<'static>>,
    is_acquired: bool,
    /// Why the bench cannot be acquired: what was waited for once is not waited for again.
    refused: Option<String>,
}

impl Plan {
    fn read() -> &'static Self {
        let project = Project::read(&support::root()).unwrap();
        let inputs = boards(&project.boards().unwrap()).unwrap();
        let inputs: Vec<_> = inputs
            .into_iter()
            .map(|board| BoardPins::read(board).unwrap())
            .collect();
        let config = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.or_else(|| Some(env::home_dir()?.join(".config")));
        let of_user = config.map(|config| config.join("lockstep/benches"));
        let benches = project.benches().unwrap().into_iter();
        let folders: Vec<_> = benches.chain(of_user).collect();
        let found = find(&folders, &inputs).unwrap();
        assert!(found.unusable.is_empty(), "{:?}", found.unusable);
        let mut benches = found.benches;
        let overrides = Overrides::read(|variable| env::var_os(variable)).unwrap();
        for bench in &mut benches {
            overrides.apply(bench);
        }
        let registry = Registry::new(shipped()).unwrap();
        let folders = project.scenarios().unwrap().into_iter();
        let read = |folder: PathBuf| plan::scenarios(&folder, &registry).unwrap();
        let scenarios: Vec<_> = folders.flat_map(read).collect();
        Box::leak(Box::new(Self {
            inputs,
            benches,
            scenarios,
            sessions: Mutex::default(),
            given_back: Condvar::new(),
        }))
    }

    fn trials(&'static self) -> Vec<Trial> {
        let tests = plan(&self.benches, &self.inputs, &self.scenarios);
        let missing: BTreeMap<_, _> = self
            .inputs
            .iter()
            .map(|inputs| {
                (
                    inputs.board.name.clone(),
                    support::missing(&inputs.board.target),
                )
            })
            .collect();
        let trials = tests.into_iter().map(|test| self.trial(test, &missing));
        trials.chain(self.unknown()).collect()
    }

    /// A failure for each bench that must be there and is not known.
    fn unknown(&self) -> Vec<Trial> {
        let required = required();
        let is_unknown = |name: &&str| self.benches.iter().all(|bench| bench.name != *name);
        required
            .iter()
            .filter(is_unknown)
            .map(|name| {
                let message = format!("{REQUIRE} names `{name}`, and there is no such bench");
                Trial::test(format!("{name}/is-a-bench"), || Err(message.into()))
            })
            .collect()
    }

    fn trial(
        &'static self,
        test: Test<'static>,
        missing: &BTreeMap<String, Option<String>>,
    ) -> Trial {
        let name = test.to_string();
        let reason = test.skip.as_ref().map(ToString::to_string);
        let elsewhere = env::var(ELSEWHERE).ok();
        match (&test.bench.probe, reason, elsewhere) {
            // What a bench says it cannot do is not missing.
            (_, Some(reason), _) => ignored(&name, &reason),
            (_, None, Some(elsewhere)) => ignored(&name, &format!("{ELSEWHERE} says: {elsewhere}")),
            (Probe::Real(_), None, None) if !required().contains(&test.bench.name) => {
                let reason = format!("{REQUIRE}={} plays it, on hardware", test.bench.name);
                ignored(&name, &reason)
            }
            (Probe::Real(_), None, None) => {
                let missing = missing[&test.bench.board.name].clone();
                Trial::test(name, move || match missing {
                    Some(reason) => Err(reason.into()),
                    None => self.play(&test),
                })
            }
            (Probe::Virtual, None, None) => {
                let missing = missing[&test.bench.board.name]
                    .clone()
                    .or_else(machine::missing);
                support::trial(name, missing, move || self.play(&test))
            }
        }
    }

    fn play(&'static self, test: &Test<'static>) -> Result<(), Failed> {
        let registry = Registry::new(shipped())?;
        let prepared = prepare(test.scenario, &registry)?;
        let settings = Settings {
            images: self.images(test.bench),
            attempts: 1,
            cancelled: &|| false,
            keep: &|_, _| None,
        };
        let mut borrowed = self.borrow(test.bench)?;
        let job = Job {
            index: 0,
            prepared: &prepared,
            bench: test.bench,
            stimulus: test.stimulus,
            skip: None,
        };
        let Some(session) = &mut borrowed.session else {
            return Err("there is no session".into());
        };
        let case = play_case(&job, session, &settings).0;
        if case.verdict() == Verdict::Pass {
            return Ok(());
        }
        let suite = Suite {
            cases: vec![case],
            ..Suite::default()
        };
        Err(text::render(&suite).into())
    }

    /// A session of the bench: there are as many virtual boards as tests at the same time, and one
    /// real board, for which the others wait.
    fn session(&'static self, bench: &'static Bench) -> Result<BenchSession<'static>, Failed> {
        let mut sessions = self.sessions.lock().unwrap();
        loop {
            let of_bench = sessions.entry(bench.name.clone()).or_default();
            if let Some(free) = of_bench.free.pop() {
                return Ok(free);
            }
            match (&bench.probe, &of_bench.refused) {
                (Probe::Virtual, _) => {
                    let board = Box::new(EmulatedBoard::new(ClockMode::Unthrottled));
                    return Ok(BenchSession::new(bench, board));
                }
                (Probe::Real(_), Some(refused)) => return Err(refused.into()),
                (Probe::Real(probe), None) if !of_bench.is_acquired => {
                    let runtime = env::var_os("XDG_RUNTIME_DIR").map(Into::into);
                    let locks = folder(runtime, &env::temp_dir());
                    let acquired = acquire(bench, probe, &locks, &owner(), &|| false);
                    of_bench.is_acquired = acquired.is_ok();
                    of_bench.refused = acquired.as_ref().err().map(ToString::to_string);
                    return Ok(acquired?);
                }
                (Probe::Real(_), None) => sessions = self.given_back.wait(sessions).unwrap(),
            }
        }
    }

    fn borrow(&'static self, bench: &'static Bench) -> Result<Borrowed, Failed> {
        Ok(Borrowed {
            session: Some(self.session(bench)?),
            bench: &bench.name,
            plan: self,
        })
    }

    /// The images of a board, built when the first test wants one.
    fn images(&'static self, bench: &Bench) -> &'static Images {
        static BUILT: OnceLock<Mutex<BTreeMap<String, Arc<OnceLock<Images>>>>> = OnceLock::new();
        let built = BUILT.get_or_init(Mutex::default);
        let of_board = Arc::clone(
            built
                .lock()
                .unwrap()
                .entry(bench.board.name.clone())
                .or_default(),
        );
        let of_board: &'static OnceLock<Images> = Box::leak(Box::new(of_board));
        of_board.get_or_init(|| {
            let apps = self.scenarios.iter().map(|scenario| scenario.app).collect();
            let registry = Registry::new(shipped()).unwrap();
            let built = images(
                &support::environment(),
                &support::root(),
                &bench.board,
                &apps,
                &registry,
            );
            let keyed = |firmware: BoardImage| {
                (
                    (bench.board.name.clone(), firmware.app.descriptor().name()),
                    firmware,
                )
            };
            built
                .expect("the images are built")
                .into_iter()
                .map(keyed)
                .collect()
        })
    }
}

/// This process, as others are told who has a probe.
fn owner() -> LockHolder {
    LockHolder {
        pid: std::process::id(),
        command: "the tests of the hardware suite".to_owned(),
        since: 0,
    }
}

/// A session in use by one test. It is given back however that ends, also by a panic: others wait
/// for it.
struct Borrowed {
    session: Option<BenchSession<'static>>,
    bench: &'static str,
    plan: &'static Plan,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let sessions = self.plan.sessions.lock();
        let mut sessions = sessions.unwrap_or_else(PoisonError::into_inner);
        let of_bench = sessions.entry(self.bench.to_owned()).or_default();
        of_bench.free.extend(self.session.take());
        self.plan.given_back.notify_all();
    }
}
