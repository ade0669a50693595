//! Firmware that blocks in the middle of a task: time goes on, and nothing else does.

use embassy_time::{Duration, Instant, Ticker, Timer, block_for};
use embedded_hal::delay::DelayNs as _;
use embedded_hal::digital::{OutputPin as _, StatefulOutputPin as _};
use embedded_io::{Read as _, Write as _};
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::SerialLine;
use lockstep_core::time::RunTicks;
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::golden;
use lockstep_engine::idle_check;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::Script;
use lockstep_engine::timeline::Timeline;

use crate::support::{Test, go_on, left_alone, loaded, played};

/// Blocks for 20 ms of every 100, in the ways there are, beside a task that wants to run every 5 ms.
struct Blocker;

impl Firmware for Blocker {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("blocker", "1.0.0").with_outputs(&[
        Output::digital("blocks"),
        Output::digital("runs"),
        Output::digital("booted"),
    ]);
    type Outputs = [Level; 3];

    fn start(ports: &Ports, spawner: Spawner) {
        let mut booted = ports.output("booted");
        let (mut blocks, mut runs) = (ports.output("blocks"), ports.output("runs"));
        let mut delay = ports.delay();
        // Also before there is a task.
        delay.delay_ms(7);
        booted.set_high().unwrap();
        spawn(spawner, async move {
            for round in 0.. {
                Timer::after_millis(80).await;
                blocks.set_high().unwrap();
                match round % 4 {
                    0 => block_for(Duration::from_millis(20)),
                    // A loop that shows something while it waits.
                    3 => {
                        let start = Instant::now();
                        while start.elapsed() < Duration::from_millis(20) {
                            blocks.set_high().unwrap();
                        }
                    }
                    1 => embassy_time::Delay.delay_us(20_000),
                    _ => delay.delay_ns(20_000_000),
                }
                blocks.set_low().unwrap();
            }
        });
        spawn(spawner, async move {
            let mut ticker = Ticker::every(Duration::from_millis(5));
            loop {
                ticker.next().await;
                runs.toggle().unwrap();
            }
        });
    }
}

/// Waits for the async delays of this crate, which hold nothing up.
struct Sleeper;

impl Firmware for Sleeper {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("sleeper", "1.0.0")
        .with_outputs(&[Output::digital("slow"), Output::digital("fast")]);
    type Outputs = [Level; 2];

    fn start(ports: &Ports, spawner: Spawner) {
        for (output, ms) in [("slow", 50), ("fast", 1)] {
            let (mut led, mut delay) = (ports.output(output), ports.delay());
            spawn(spawner, async move {
                loop {
                    embedded_hal_async::delay::DelayNs::delay_ms(&mut delay, ms).await;
                    led.toggle().unwrap();
                }
            });
        }
    }
}

/// Answers lines with blocking reads, and beats as long as it reads nothing.
struct Parrot;

impl Firmware for Parrot {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("parrot", "1.0.0")
        .with_serial_lines(&[SerialLine::new("uart")])
        .with_outputs(&[Output::digital("beat")]);
    type Outputs = [Level; 1];

    fn start(ports: &Ports, spawner: Spawner) {
        let (mut uart, mut beat) = (ports.serial("uart"), ports.output("beat"));
        spawn(spawner, async move {
            Timer::after_millis(25).await;
            let mut byte = [0];
            loop {
                uart.read_exact(&mut byte).unwrap();
                uart.write_all(&byte).unwrap();
                if byte == *b"\n" {
                    return;
                }
            }
        });
        spawn(spawner, async move {
            let mut ticker = Ticker::every(Duration::from_millis(10));
            loop {
                ticker.next().await;
                beat.toggle().unwrap();
            }
        });
    }
}

pub(crate) fn apps() -> [AppEntry; 3] {
    [
        lockstep_engine::app!(EmbassyApp<Blocker>),
        lockstep_engine::app!(EmbassyApp<Sleeper>),
        lockstep_engine::app!(EmbassyApp<Parrot>),
    ]
}

pub(crate) const TESTS: [(&str, Test); 5] = [
    ("time goes on while a task blocks", time_goes_on),
    ("a task that blocks can be gone back into", going_back),
    ("blocking passes over nothing", passed_over),
    ("async delays hold nothing up", sleeping),
    ("a blocking read waits for what comes in", reading),
];

fn time_goes_on(apps: &Registry) {
    played(
        apps,
        "app blocker\nexpect booted becomes on within 7 ms\nwait 7 ms\n\
         expect blocks becomes on within 80 ms\nwait 80 ms\n\
         expect blocks stays on for 19 ms\nexpect runs stays for 19 ms\nwait 19 ms\n\
         expect blocks becomes off within 1 ms\nwait 1 ms\n\
         expect runs becomes on within 6 ms\n\
         wait 79 ms\nexpect blocks becomes on within 1 ms\nwait 1 ms\n\
         expect blocks stays on for 19 ms\nwait 19 ms\nexpect blocks becomes off within 1 ms\nwait 80 ms\n\
         expect blocks becomes on within 1 ms\nwait 1 ms\nexpect blocks stays on for 19 ms\nwait 19 ms\n\
         expect blocks becomes off within 1 ms\nwait 1 ms\n",
    );
}

fn going_back(apps: &Registry) {
    let app = apps.find("blocker").unwrap();
    let mut timeline = Timeline::new(app, &Script::default()).unwrap();
    timeline.advance(RunTicks(3_000)).unwrap();
    // Ticks 87 to 106 of each hundred: it blocks then.
    for tick in [2_095, 90, 1_106, 2_990, 7] {
        let there = timeline.branch().at(RunTicks(tick)).unwrap();
        let blocks = matches!(tick % 100, 0..=6 | 87..) && tick > 7;
        assert_eq!(there.levels()[0], Level::from(blocks), "{tick}");
    }
}

fn passed_over(apps: &Registry) {
    for (app, least) in [("blocker", 100), ("sleeper", 0), ("parrot", 900)] {
        let scenario = format!("app {app}\nwait 1 s\n");
        let loaded = loaded(apps, &scenario);
        let end = loaded.script.end();
        let passed = idle_check::check(&loaded.app, &loaded.script, end, &mut go_on).unwrap();
        assert!(passed.0 >= least, "{app}: {passed:?}");
    }
}

fn sleeping(apps: &Registry) {
    let trace = left_alone(apps, "sleeper", 100).unwrap();
    let toggles = |name| {
        let text = golden::render(&trace);
        let lines = text.lines().filter(|line| line.contains(name));
        // Of power-up, one line.
        lines.count() - 1
    };
    assert_eq!((toggles("slow"), toggles("fast")), (2, 100));
}

fn reading(apps: &Registry) {
    played(
        apps,
        "app parrot\nwait 30 ms\nexpect beat stays for 200 ms\nwait 200 ms\nsend uart \"ab\\n\"\n\
         expect uart says \"ab\\n\"\nwait 5 ms\nexpect beat repeats every 20 ms within 100 ms\nwait 200 ms\n",
    );
}
