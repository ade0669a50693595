//! The firmware with its ports, and what it does in them.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use embassy_time::Timer;
use libtest_mimic::{Arguments, Trial};
use lockstep_core::app::{AppDescriptor, LogKind};
use lockstep_core::event::ButtonId;
use lockstep_core::output::{Level, Output};
use lockstep_core::time::RunTicks;
use lockstep_embassy::i2c::{I2cBus, TemperatureSensor};
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::golden;
use lockstep_engine::idle_check;
use lockstep_engine::play;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::{Action, Script, SwitchState};
use lockstep_engine::timeline::Timeline;
use lockstep_isolation::{Settings, isolate};

use crate::fan_tasks::{Temperatures, measure, ventilate};
use crate::lamp_tasks::{Press, Presses, light, read_button};
use crate::support::{Test, go_on, left_alone, played, random_script, verdict};
use crate::{blocking, ports_played, provoked, verdicts};

struct LampTasks;

impl Firmware for LampTasks {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("lamp-tasks", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[Output::digital("lamp"), Output::digital("heartbeat")])
        .with_logs(&[LogKind::words("press", &["short", "long"])]);
    type Outputs = [Level; 2];

    fn start(ports: &Ports, spawner: Spawner) {
        // A static, as in most firmware.
        static PRESSES: Presses = Presses::new();
        let said = ports.log("press");
        let say = move |press| {
            said.word(match press {
                Press::Short => "short",
                Press::Long => "long",
            });
        };
        spawn(spawner, read_button(ports.input("A"), &PRESSES, say));
        let (lamp, heartbeat) = (ports.output("lamp"), ports.output("heartbeat"));
        spawn(spawner, light(lamp, heartbeat, &PRESSES));
    }
}

/// Of tasks with `#[task]`, one of which ends and one of which panics.
struct Macros;

#[embassy_executor::task(pool_size = 2)]
async fn count_down(from: u64, said: lockstep_embassy::Logger) {
    Timer::after_millis(from).await;
    said.number(i32::try_from(from).unwrap());
    assert!(from < 100, "too far to count");
}

impl Firmware for Macros {
    const DESCRIPTOR: AppDescriptor =
        AppDescriptor::new("macros", "1.0.0").with_logs(&[LogKind::number("done")]);
    type Outputs = [Level; 0];

    fn start(ports: &Ports, spawner: Spawner) {
        for from in [20, 100] {
            spawner.spawn(count_down(from, ports.log("done")).unwrap());
        }
    }
}

/// Measures a temperature that rises for a minute and falls for another.
struct Fan;

static TEMPERATURES: Temperatures = Temperatures::new();

#[embassy_executor::task]
async fn sensor_task(bus: I2cBus) {
    measure(bus, &TEMPERATURES).await;
}

#[embassy_executor::task]
async fn fan_task(fan: lockstep_embassy::Output) {
    ventilate(fan, &TEMPERATURES).await;
}

impl Firmware for Fan {
    const DESCRIPTOR: AppDescriptor =
        AppDescriptor::new("fan", "1.0.0").with_outputs(&[Output::digital("fan")]);
    type Outputs = [Level; 1];

    fn start(ports: &Ports, spawner: Spawner) {
        // From 20 to 40 degrees and back.
        let temperature = |ms: u64| {
            let part = i32::try_from(ms % 120_000).unwrap();
            20_000 + part.min(120_000 - part) / 3
        };
        let bus = I2cBus::new().with(TemperatureSensor::new(0x48, temperature));
        spawner.spawn(sensor_task(bus).unwrap());
        spawner.spawn(fan_task(ports.output("fan")).unwrap());
    }
}

fn registry() -> Registry {
    let mut apps = vec![
        lockstep_engine::app!(EmbassyApp<Fan>),
        lockstep_engine::app!(EmbassyApp<LampTasks>),
        lockstep_engine::app!(EmbassyApp<Macros>),
    ];
    apps.extend(blocking::apps());
    apps.extend(ports_played::apps());
    apps.extend(provoked::apps());
    apps.extend(verdicts::apps());
    Registry::new(apps).unwrap()
}

const TESTS: [(&str, Test); 9] = [
    (
        "tasks, timers and a channel do what they say",
        does_what_it_says,
    ),
    (
        "a heartbeat is late while a long press blinks",
        late_heartbeat,
    ),
    (
        "#[task] with a pool, one that ends and one that panics",
        macros,
    ),
    (
        "idle time is passed over, and nothing is missed",
        passed_over,
    ),
    (
        "1,000 random scripts, twice, in any number of jobs",
        random_scripts,
    ),
    ("any point of an hour can be gone back to", going_back),
    ("branches of one past with statics are compared", branches),
    ("a reset starts over", reset),
    ("#[task]s, a static channel and a sensor on I2C", ventilated),
];

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Before the runner of the tests starts threads.
    let mut settings = Settings::default();
    settings.tick_limit = std::time::Duration::from_secs(2);
    let isolated = isolate(&registry(), &settings).unwrap();
    let tests = TESTS.into_iter().chain(blocking::TESTS);
    let tests = tests.chain(ports_played::TESTS);
    let tests = tests.chain(provoked::TESTS).chain(verdicts::TESTS);
    let trials = tests.map(|(name, test)| {
        let isolated = isolated.clone();
        Trial::test(name, move || {
            test(&isolated);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn does_what_it_says(apps: &Registry) {
    let trace = played(
        apps,
        "app lamp-tasks\nwait 100 ms\npress A\nwait 10 ms\nrelease A\nexpect no log press for 1 s\n\
         wait 1 s\ntap A for 300 ms\nexpect log press short\nexpect lamp is on\nwait 1 s\n\
         tap A for 50 ms\nexpect lamp is off\nwait 1 s\nexpect heartbeat repeats every 1 s within 3 s\n\
         wait 3 s\n",
    );
    assert!(golden::render(&trace).contains("log  press      short"));
}

/// What the firmware does wrong: its heartbeat waits for the blinking.
fn late_heartbeat(apps: &Registry) {
    played(
        apps,
        "app lamp-tasks\npress A\nexpect lamp becomes on within 800 ms\nwait 800 ms\n\
         expect log press long\nexpect heartbeat stays for 599 ms\nwait 599 ms\n\
         expect heartbeat becomes off within 2 ms\nwait 1 s\n",
    );
}

fn macros(apps: &Registry) {
    let trace = left_alone(apps, "macros", 99).unwrap();
    assert!(golden::render(&trace).contains("      20  log  done   20\n"));
    let refused = verdict(apps, "macros");
    assert!(
        refused.contains("app `macros` panicked at tick 100: too far to count"),
        "{refused}"
    );
}

/// 30 degrees are there after 30 s, 28 degrees again after 96 s.
fn ventilated(apps: &Registry) {
    played(
        apps,
        "app fan\nexpect fan stays off for 29 s\nwait 29 s\nexpect fan becomes on within 2 s\nwait 2 s\n\
         expect fan stays on for 64 s\nwait 64 s\nexpect fan becomes off within 2 s\nwait 2 s\nreset\n\
         expect fan stays off for 29 s\nwait 29 s\nexpect fan becomes on within 2 s\nwait 2 s\n",
    );
}

fn passed_over(apps: &Registry) {
    let app = apps.find("lamp-tasks").unwrap();
    let mut passed = 0;
    for seed in 0..200 {
        let script = random_script(seed);
        let checked = idle_check::check(app, &script, script.end(), &mut go_on);
        passed += checked
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"))
            .0;
    }
    assert!(passed > 1_000_000, "{passed}");
}

/// The same seeds in one job and in four give the same bytes.
fn random_scripts(apps: &Registry) {
    const SCRIPTS: u64 = 1_000;
    let app = apps.find("lamp-tasks").unwrap();
    let rendered = |seed| {
        let trace = play::trace(app, &random_script(seed), &mut go_on).unwrap();
        golden::render(&trace)
    };
    let in_jobs = |jobs: u64| -> Vec<String> {
        let next = AtomicU64::new(0);
        let work = || {
            let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            let seeds = seeds.take_while(|seed| *seed < SCRIPTS);
            seeds.map(|seed| (seed, rendered(seed))).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = thread::scope(|scope| {
            let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            let played = jobs.into_iter().flat_map(|job| job.join().unwrap());
            played.collect()
        });
        all.sort();
        all.into_iter().map(|(_, text)| text).collect()
    };
    let alone = in_jobs(1);
    let others = in_jobs(4);
    assert_eq!(alone.len(), 1_000);
    for (seed, (one, other)) in alone.iter().zip(&others).enumerate() {
        assert!(one == other, "seed {seed}");
    }
    // They are not all the same script.
    assert!(alone.iter().collect::<BTreeSet<_>>().len() > 900);
}

fn going_back(apps: &Registry) {
    let app = apps.find("lamp-tasks").unwrap();
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(3_600_000)).unwrap();
    for tick in [1_234_567, 499, 500, 3_599_999] {
        let there = timeline.branch().at(RunTicks(tick)).unwrap();
        assert_eq!(there.levels()[1], Level::from(tick / 500 % 2 == 1));
    }
}

/// The channel is a static: what one branch has in it, no other one has.
fn branches(apps: &Registry) {
    let app = apps.find("lamp-tasks").unwrap();
    let lamp_at = |timeline: &Timeline, tick| {
        let there = timeline.branch().at(RunTicks(tick)).unwrap();
        there.levels()[0]
    };
    let (on, off) = (Level::from(true), Level::OFF);
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(10_000)).unwrap();
    // A short press in the past switches the lamp on, in a branch of its own.
    for (tick, contact) in [(1_000, SwitchState::Closed), (1_300, SwitchState::Open)] {
        let action = Action::Button(ButtonId(0), contact);
        timeline.apply(RunTicks(tick), action).unwrap();
        timeline.advance(RunTicks(tick + 300)).unwrap();
    }
    timeline.advance(RunTicks(5_000)).unwrap();
    let pressed = timeline.current();
    assert_eq!(
        [1_299, 1_300, 5_000].map(|tick| lamp_at(&timeline, tick)),
        [off, on, on]
    );
    assert_eq!(timeline.compare(0, pressed).unwrap().tick, RunTicks(1_000));
    timeline.switch(0);
    assert_eq!(
        [1_300, 9_999].map(|tick| lamp_at(&timeline, tick)),
        [off, off]
    );
    timeline.switch(pressed);
    assert_eq!(lamp_at(&timeline, 4_999), on);
}

fn reset(apps: &Registry) {
    played(
        apps,
        "app lamp-tasks\ntap A for 300 ms\nexpect lamp is on\nwait 350 ms\nreset\nexpect lamp is off\n\
         wait 499 ms\nexpect heartbeat is off\nwait 2 ms\nexpect heartbeat is on\ntap A for 300 ms\n\
         expect lamp is on\n",
    );
}
