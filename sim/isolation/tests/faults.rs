//! What only an app with `unsafe` code does, and the limits of what is isolated.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let trial = libtest_mimic::Trial::test("processes of their own (only on Linux)", || Ok(()));
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(true)]).exit_code()
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ops::ControlFlow;
    use std::process::ExitCode;
    use std::ptr;
    use std::thread;

    use libtest_mimic::{Arguments, Trial};
    use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
    use lockstep_core::event::{BootCondition, Event};
    use lockstep_core::output::{Level, Output};
    use lockstep_core::time::{Instant, RunTicks};
    use lockstep_engine::app_failure::{AppFailure, Ending};
    use lockstep_engine::dyn_runner::Stretch;
    use lockstep_engine::play::{self, PlayError};
    use lockstep_engine::registry::{AppEntry, Boot, Registry};
    use lockstep_engine::script::Script;
    use lockstep_isolation::{IsolationError, Settings, isolate};

    /// Reads what is not its own in tick 3.
    struct Wild(u32);

    /// Shows and says something in every tick, more than its memory has room for.
    struct Talker(u32);

    macro_rules! app {
        ($app:ident, $name:literal, $tick:expr) => {
            impl App for $app {
                const DESCRIPTOR: AppDescriptor = AppDescriptor::new($name, "1.0.0")
                    .with_outputs(&[Output::digital("led")])
                    .with_logs(&[LogKind::number("count")]);
                type Outputs = [Level; 1];

                fn new() -> Self {
                    Self(0)
                }

                fn handle(&mut self, event: Event, out: &mut dyn Sink) {
                    if event == Event::Tick {
                        self.0 += 1;
                        let tick: fn(u32, &mut dyn Sink) = $tick;
                        tick(self.0, out);
                    }
                }

                fn outputs(&self) -> [Level; 1] {
                    [(self.0 % 2 == 1).into()]
                }
            }
        };
    }

    app!(Wild, "wild", |tick, _| if tick == 3 {
        #[allow(
            unsafe_code,
            reason = "an access that ends the process is what is tested"
        )]
        // SAFETY: nothing is mapped there, so that the process ends, and nothing comes of it.
        unsafe {
            ptr::read_volatile(ptr::without_provenance::<u8>(0x1000));
        }
    });
    app!(Talker, "talker", |tick, out| {
        out.log(Log::new(LogId(0), i32::try_from(tick % 1_000).unwrap()));
    });

    struct Isolated {
        plain: Registry,
        all: Registry,
        /// Of at most four processes.
        few: Registry,
    }

    pub(crate) fn main() -> ExitCode {
        let arguments = Arguments::from_args();
        let apps = vec![lockstep_engine::app!(Wild), lockstep_engine::app!(Talker)];
        let plain = Registry::new(apps).unwrap();
        let mut few = Settings::default();
        few.max_processes = 4;
        // Before the runner of the tests starts threads.
        let isolated: &'static Isolated = Box::leak(Box::new(Isolated {
            all: isolate(&plain, &Settings::default()).unwrap(),
            few: isolate(&plain, &few).unwrap(),
            plain,
        }));
        type Test = fn(&Isolated);
        let tests: [(&str, Test); 5] = [
            ("a bad access is named with its address", bad_access),
            ("more is observed than there is room for", much_observed),
            ("the number of processes is bounded", bounded),
            ("processes are given back", given_back),
            ("a program with threads is not forked", with_threads),
        ];
        let trials = tests.map(|(name, test)| {
            Trial::test(name, move || {
                test(isolated);
                Ok(())
            })
        });
        libtest_mimic::run(&arguments, trials.into()).exit_code()
    }

    fn script(end: u64) -> Script {
        Script::new(BootCondition::OK, Instant::ZERO, Vec::new(), RunTicks(end)).unwrap()
    }

    fn go_on(_: RunTicks) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn find<'a>(registry: &'a Registry, name: &str) -> &'a AppEntry {
        registry.find(name).unwrap()
    }

    fn bad_access(isolated: &Isolated) {
        let played = play::trace(find(&isolated.all, "wild"), &script(10), &mut go_on);
        let expected = PlayError::Ended {
            app: "wild",
            tick: RunTicks(3),
            ending: Ending::BadAccess(0x1000),
        };
        assert_eq!(played.unwrap_err(), expected);
    }

    fn much_observed(isolated: &Isolated) {
        let [here, apart] = [&isolated.plain, &isolated.all].map(|registry| {
            play::trace(find(registry, "talker"), &script(50_000), &mut go_on).unwrap()
        });
        assert!(here.entries().len() > 100_000);
        assert!(here == apart);
    }

    fn bounded(isolated: &Isolated) {
        let start = || {
            let app = find(&isolated.few, "talker");
            app.start(Boot::PowerUp(Instant::ZERO), BootCondition::OK, &mut ())
        };
        let runners: Vec<_> = (0..4).map(|_| start().unwrap().unwrap()).collect();
        assert!(runners[0].copied().is_none());
        let refused = start().err();
        let problem = "there are as many processes as are allowed, 4".to_owned();
        assert_eq!(refused, Some(AppFailure::Process(problem)));
        drop(runners);
        assert!(start().is_ok());
    }

    fn given_back(isolated: &Isolated) {
        for round in 0..600 {
            let app = find(&isolated.all, "talker");
            let mut runner = app
                .start(Boot::PowerUp(Instant::ZERO), BootCondition::OK, &mut ())
                .unwrap()
                .unwrap();
            let until = RunTicks(round + 1);
            runner.play(&Stretch::new(&[], until), &mut ()).unwrap();
            let copy = runner.copied().unwrap();
            drop(runner);
            assert_eq!(copy.now(), until);
            assert_eq!(copy.levels(), [(until.0 % 2 == 1).into()]);
        }
    }

    fn with_threads(isolated: &Isolated) {
        thread::scope(|scope| {
            let isolated = scope.spawn(|| isolate(&isolated.plain, &Settings::default()));
            let refused = isolated.join().unwrap().err();
            assert!(matches!(refused, Some(IsolationError::SeveralThreads)));
        });
    }
}
