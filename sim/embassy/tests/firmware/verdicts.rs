//! Firmware that ends badly, and what is said of it.

use embassy_time::Timer;
use lockstep_core::app::AppDescriptor;
use lockstep_core::output::{Level, Output};
use lockstep_core::ports::SerialLine;
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::registry::{AppEntry, Registry};

use crate::support::{Test, verdict};

macro_rules! firmware {
    ($type:ident, $name:literal, $start:expr) => {
        struct $type;

        impl Firmware for $type {
            const DESCRIPTOR: AppDescriptor = AppDescriptor::new($name, "1.0.0")
                .with_buttons(&["A"])
                .with_serial_lines(&[SerialLine::new("uart")])
                .with_outputs(&[Output::digital("led")]);
            type Outputs = [Level; 1];

            fn start(ports: &Ports, spawner: Spawner) {
                let start: fn(&Ports, Spawner) = $start;
                start(ports, spawner);
            }
        }
    };
}

#[embassy_executor::task(pool_size = 2)]
async fn worker() {
    core::future::pending::<()>().await;
}

#[embassy_executor::task]
async fn greedy_task() {
    Timer::after_millis(7).await;
    spin();
}

async fn greedy() {
    Timer::after_millis(9).await;
    spin();
}

async fn sinks() {
    Timer::after_millis(11).await;
    assert!(sink(0) > 0);
}

fn spin() {
    loop {
        std::hint::spin_loop();
    }
}

#[allow(unconditional_recursion, reason = "a full stack is what is tested")]
#[inline(never)]
fn sink(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    sink(depth + 1) + room[7]
}

firmware!(FullPool, "full-pool", |_, spawner| {
    for _ in 0..3 {
        spawner.spawn(worker().unwrap());
    }
});
firmware!(OutputTwice, "output-twice", |ports, _| {
    let (_led, _again) = (ports.output("led"), ports.output("led"));
});
firmware!(InputTwice, "input-twice", |ports, _| {
    let (_button, _again) = (ports.input("A"), ports.input("A"));
});
firmware!(LineTwice, "line-twice", |ports, _| {
    let (_line, _again) = (ports.serial("uart").split(), ports.serial("uart"));
});
firmware!(Misspelt, "misspelt", |ports, _| {
    let _led = ports.output("lde");
});
firmware!(Greedy, "greedy", |_, spawner| spawn(spawner, greedy()));
firmware!(GreedyTask, "greedy-task", |_, spawner| {
    spawner.spawn(greedy_task().unwrap());
});
firmware!(Sinks, "sinks", |_, spawner| spawn(spawner, sinks()));

pub(crate) fn apps() -> [AppEntry; 8] {
    [
        lockstep_engine::app!(EmbassyApp<FullPool>),
        lockstep_engine::app!(EmbassyApp<OutputTwice>),
        lockstep_engine::app!(EmbassyApp<InputTwice>),
        lockstep_engine::app!(EmbassyApp<LineTwice>),
        lockstep_engine::app!(EmbassyApp<Misspelt>),
        lockstep_engine::app!(EmbassyApp<Greedy>),
        lockstep_engine::app!(EmbassyApp<GreedyTask>),
        lockstep_engine::app!(EmbassyApp<Sinks>),
    ]
}

pub(crate) const TESTS: [(&str, Test); 4] = [
    ("a pool that is full", full_pool),
    ("a pin that is used twice, or is not there", pins),
    ("a task that never yields is named", never_yields),
    (
        "a full stack of the firmware is told from other accesses",
        full_stack,
    ),
];

fn full_pool(apps: &Registry) {
    let verdict = verdict(apps, "full-pool");
    assert!(
        verdict.starts_with("app `full-pool` panicked at tick 0: ")
            && verdict.contains("Too many instances of this task are already running"),
        "{verdict}"
    );
}

fn pins(apps: &Registry) {
    for (app, problem) in [
        ("output-twice", "the pin of output `led` is taken already"),
        ("input-twice", "the pin of button `A` is taken already"),
        ("line-twice", "serial line `uart` is taken already"),
        ("misspelt", "the descriptor declares no output `lde`"),
    ] {
        let verdict = verdict(apps, app);
        let expected = format!("app `{app}` panicked at tick 0: {problem}");
        assert!(verdict.starts_with(&expected), "{verdict}");
    }
}

fn never_yields(apps: &Registry) {
    for (app, task, tick) in [("greedy", "greedy", 9), ("greedy-task", "greedy_task", 7)] {
        assert_eq!(
            verdict(apps, app),
            format!(
                "app `{app}` did not return within 2 s from task `firmware::verdicts::{task}` at tick \
                 {tick}"
            )
        );
    }
}

fn full_stack(apps: &Registry) {
    assert_eq!(
        verdict(apps, "sinks"),
        "app `sinks` overflowed its stack at tick 11"
    );
}
