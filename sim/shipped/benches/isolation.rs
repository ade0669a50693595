//! What a process of its own costs.
//!
//! `cargo bench -p sim --bench isolation` prints it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::fs;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

use lockstep_apps::lamp::Lamp;
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::timeline::Timeline;
use lockstep_sim::isolation::{Settings, isolate};

use support::{
    BREATHING, HOUR, Ticked, busy_hour, by_turns, heading, planned, play, ratio, row, timing::time,
};

/// The lamp, ticked, which can neither be copied nor printed.
struct Uncopied(Ticked);

impl App for Uncopied {
    const DESCRIPTOR: AppDescriptor = Lamp::DESCRIPTOR;
    type Outputs = [Level; 4];

    fn new() -> Self {
        Self(Ticked::new())
    }

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        self.0.handle(event, out);
    }

    fn outputs(&self) -> [Level; 4] {
        self.0.outputs()
    }
}

fn main() {
    // Before any thread is started.
    let apps = Registry::new(vec![lockstep_engine::app!(Uncopied)]).expect("the lamp is an app");
    let isolated = isolate(&apps, &Settings::default()).expect("this system can");
    let [plain, isolated] = [&apps, &isolated].map(|registry| registry.apps()[0].clone());

    heading();
    program();
    library(&plain, &isolated);
    jump(&isolated);
    throughput(&plain, &isolated);
}

/// A 10-tick scenario by the program, apart and in its own process.
fn program() {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let scenario = folder.path().join("short.scn");
    let text = "app lamp\npress A\nwait 10 ms\nexpect lamp is off\n";
    fs::write(&scenario, text).expect("there is room for a file");
    let scenario = scenario.to_str().expect("the path is UTF-8");
    let differences = (0..100).map(|_| {
        let plain = time(&mut || process::sim(&["run", "--in-process", scenario]));
        let isolated = time(&mut || process::sim(&["run", scenario]));
        isolated.saturating_sub(plain)
    });
    let median = sorted(differences)[50];
    row(
        "`sim run` - `sim run --in-process`, median of 100",
        &milliseconds(median),
        "<= 10 ms",
    );
}

/// The same by the library, when the process that forks is there.
fn library(plain: &AppEntry, isolated: &AppEntry) {
    let plan = planned("app lamp\npress A\nwait 10 ms\nexpect lamp is off\n");
    let monitor = |app: &AppEntry| {
        let trace = play(app, &plan.script);
        assert!(lockstep_engine::checker::check_trace(&plan.checks, &trace).is_empty());
    };
    let differences = (0..1_000).map(|_| {
        let here = time(&mut || monitor(plain));
        time(&mut || monitor(isolated)).saturating_sub(here)
    });
    let median = sorted(differences)[500];
    row(
        "10 ticks started, played and judged, beyond plain: median",
        &milliseconds(median),
        "<= 10 ms",
    );
}

fn jump(isolated: &AppEntry) {
    let timeline = Timeline::new(isolated, &busy_hour(HOUR, 100)).expect("the lamp plays");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let jumps = (0..1_000).map(|_| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let tick = RunTicks(random % HOUR.0);
        time(&mut || {
            black_box(timeline.branch().at(tick).expect("the lamp plays").now());
        })
    });
    row(
        "jump in an hour that cannot be copied, slowest of 1000",
        &milliseconds(sorted(jumps)[999]),
        "<= 50 ms",
    );
}

fn throughput(plain: &AppEntry, isolated: &AppEntry) {
    let plan = planned(&BREATHING.replace("wait 50 s", "wait 60 min"));
    let run = |app: &AppEntry| {
        let mut watch = |_| ControlFlow::Continue(());
        let runner = play::play(app, &plan.script, &mut (), &mut watch);
        black_box(runner.map(|runner| runner.now())).ok();
    };
    let [here, apart] = by_turns([&mut || run(plain), &mut || run(isolated)]);
    row(
        "an hour of it breathing, ticked, headless: here / apart",
        &format!("{:.2}", ratio(here, apart)),
        "",
    );
    let script = busy_hour(HOUR, 100);
    let run = |app: &AppEntry| {
        black_box(play(app, &script));
    };
    let [here, apart] = by_turns([&mut || run(plain), &mut || run(isolated)]);
    row(
        "an hour with 10 events a second, traced: here / apart",
        &format!("{:.2}", ratio(here, apart)),
        "",
    );
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
