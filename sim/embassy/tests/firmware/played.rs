//! The firmware with its ports, and what it does in them.

use std::ops::ControlFlow;
use std::process::ExitCode;

use embassy_time::Timer;
use libtest_mimic::{Arguments, Trial};
use lockstep_core::app::{AppDescriptor, LogKind};
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_embassy::i2c::{I2cBus, TemperatureSensor};
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::checker::check_trace;
use lockstep_engine::golden;
use lockstep_engine::load::InputFormat;
use lockstep_engine::play;
use lockstep_engine::registry::Registry;
use lockstep_engine::script::{Action, Script, ScriptEvent, SwitchState};
use lockstep_engine::timeline::Timeline;
use lockstep_engine::trace::Trace;
use lockstep_engine::wakeups;
use lockstep_isolation::{Settings, isolate};

use crate::fan_tasks::{Temperatures, measure, ventilate};
use crate::lamp_tasks::{Press, Presses, light, read_button};

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

/// Waits by reading the clock in a loop, which stands still meanwhile.
struct Blocker;

impl Firmware for Blocker {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("blocker", "1.0.0");
    type Outputs = [Level; 0];

    fn start(_: &Ports, spawner: Spawner) {
        spawn(spawner, async {
            Timer::after_millis(7).await;
            embassy_time::block_for(embassy_time::Duration::from_millis(1));
        });
    }
}

fn registry() -> Registry {
    let apps = vec![
        lockstep_engine::app!(EmbassyApp<Blocker>),
        lockstep_engine::app!(EmbassyApp<Fan>),
        lockstep_engine::app!(EmbassyApp<LampTasks>),
        lockstep_engine::app!(EmbassyApp<Macros>),
    ];
    Registry::new(apps).unwrap()
}

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Before the runner of the tests starts threads.
    let mut settings = Settings::default();
    settings.tick_limit = std::time::Duration::from_secs(2);
    let isolated = isolate(&registry(), &settings).unwrap();
    type Test = fn(&Registry);
    let tests: [(&str, Test); 8] = [
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
        ("any point of an hour can be gone back to", going_back),
        ("a reset starts over", reset),
        ("a task that blocks never returns", blocked),
        ("#[task]s, a static channel and a sensor on I2C", ventilated),
    ];
    let trials = tests.map(|(name, test)| {
        let isolated = isolated.clone();
        Trial::test(name, move || {
            test(&isolated);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn played(apps: &Registry, scenario: &str) -> Trace {
    let loaded = InputFormat::Scenario.load(apps, scenario.as_bytes(), None);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error:?}"));
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(&loaded.app, &loaded.script, &mut watch).unwrap();
    assert_eq!(check_trace(&loaded.checks, &trace), []);
    trace
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
    let app = apps.find("macros").unwrap();
    let end = |end| Script::new(BootCondition::OK, Instant::ZERO, Vec::new(), RunTicks(end));
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(app, &end(99).unwrap(), &mut watch).unwrap();
    assert!(golden::render(&trace).contains("      20  log  done   20\n"));
    let refused = play::trace(app, &end(200).unwrap(), &mut watch).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("app `macros` panicked at tick 100: too far to count"),
        "{refused}"
    );
}

fn blocked(apps: &Registry) {
    let app = apps.find("blocker").unwrap();
    let script = Script::new(BootCondition::OK, Instant::ZERO, Vec::new(), RunTicks(20)).unwrap();
    let mut watch = |_| ControlFlow::Continue(());
    let refused = play::trace(app, &script, &mut watch)
        .unwrap_err()
        .to_string();
    assert_eq!(refused, "app `blocker` did not return within 2 s at tick 7");
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

/// Presses and releases, in random ticks.
fn script(seed: u64) -> Script {
    let mut random = 0x2545_f491_4f6c_dd1d ^ (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut tick = RunTicks(next(5));
    let mut events = Vec::new();
    for index in 0..next(40) {
        let contact = match index % 2 {
            0 => SwitchState::Closed,
            _ => SwitchState::Open,
        };
        let action = Action::Button(ButtonId(0), contact);
        events.push(ScriptEvent { tick, action });
        let most = [30, 900, 5_000][usize::try_from(next(3)).unwrap()];
        tick = tick.saturating_add(RunTicks(1 + next(most)));
    }
    Script::new(BootCondition::OK, Instant::ZERO, events, tick).unwrap()
}

fn passed_over(apps: &Registry) {
    let app = apps.find("lamp-tasks").unwrap();
    let mut passed = 0;
    for seed in 0..200 {
        let script = script(seed);
        let mut watch = |_| ControlFlow::Continue(());
        let checked = wakeups::check(app, &script, script.end(), &mut watch);
        passed += checked
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"))
            .0;
        let [one, other] = [(); 2].map(|()| play::trace(app, &script, &mut watch).unwrap());
        assert!(one == other, "seed {seed}");
    }
    assert!(passed > 1_000_000, "{passed}");
}

fn going_back(apps: &Registry) {
    let app = apps.find("lamp-tasks").unwrap();
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(3_600_000)).unwrap();
    for tick in [1_234_567, 499, 500, 3_599_999] {
        let there = timeline.branch().at(RunTicks(tick)).unwrap();
        assert_eq!(there.levels()[1], Level::from(tick / 500 % 2 == 1));
    }
    timeline
        .apply(
            RunTicks(1_000),
            Action::Button(ButtonId(0), SwitchState::Closed),
        )
        .unwrap();
    timeline.advance(RunTicks(5_000)).unwrap();
    assert_eq!(timeline.compare(0, 1).unwrap().tick, RunTicks(1_000));
}

fn reset(apps: &Registry) {
    played(
        apps,
        "app lamp-tasks\ntap A for 300 ms\nexpect lamp is on\nwait 350 ms\nreset\nexpect lamp is off\n\
         wait 499 ms\nexpect heartbeat is off\nwait 2 ms\nexpect heartbeat is on\ntap A for 300 ms\n\
         expect lamp is on\n",
    );
}
