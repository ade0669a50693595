//! The numbers the project holds itself to, as ratios from one run.
//!
//! `cargo bench -p sim` prints them. Machines are noisy, so the two sides of a ratio are
//! measured by turns and the best of each counts; nothing here fails a build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::Path;

use lockstep_apps::lamp::Lamp;
use lockstep_core::app::{App, Log};
use lockstep_core::event::Event;
use lockstep_core::time::RunTicks;
use lockstep_engine::play;
use lockstep_engine::recording::Recording;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Action, BootCondition, Script, SwitchState};
use lockstep_engine::timeline::Timeline;
use lockstep_engine::trace::vcd;

use support::{
    BREATHING, HOUR, Ticked, busy_hour, by_turns, heading, planned, play, ratio, row, timing::time,
};

fn main() {
    heading();
    headless();
    traced();
    scenarios();
    cold_start();
    recording();
    jump();
    same_bytes();
}

fn headless() {
    let plan = planned(BREATHING);
    let app = AppEntry::of::<Ticked>();
    let ticks = plan.script.end();
    let [bare, engine] = by_turns([&mut || bare_loop(&plan.script), &mut || {
        let mut watch = |_| ControlFlow::Continue(());
        let runner = play::play(&app, &plan.script, &mut (), &mut watch);
        black_box(runner.map(|runner| runner.now())).ok();
    }]);
    let rate = ticks.0 as f64 / engine.as_secs_f64() / 1e6;
    row(
        &format!("headless, no trace kept / bare loop ({rate:.0} M ticks/s)"),
        &format!("{:.2}", ratio(bare, engine)),
        ">= 0.9",
    );
}

fn traced() {
    let plan = planned(BREATHING);
    let app = AppEntry::of::<Ticked>();
    let [bare, traced] = by_turns([&mut || bare_loop(&plan.script), &mut || {
        let trace = play(&app, &plan.script);
        let mut waveform = Vec::new();
        vcd::write(&trace, &mut waveform).expect("memory can be written");
        black_box(waveform);
    }]);
    row(
        "with trace and VCD written / bare loop",
        &format!("{:.2}", ratio(bare, traced)),
        ">= 0.5",
    );
}

/// What the engine is measured against: the same events, and nobody looking.
fn bare_loop(script: &Script) {
    let mut lamp = Lamp::new();
    let mut events = script.events().iter().peekable();
    let log = &mut |log: Log| {
        black_box(log);
    };
    lamp.handle(Event::Init(BootCondition::OK), log);
    for tick in 1..=script.end().0 {
        lamp.handle(Event::Tick, log);
        while let Some(event) = events.next_if(|event| event.tick.0 <= tick) {
            match event.action {
                Action::Button(button, SwitchState::Closed) => {
                    lamp.handle(Event::Press(button), log);
                }
                Action::Button(button, SwitchState::Open) => {
                    lamp.handle(Event::Release(button), log);
                }
                Action::Reset(_) => lamp = Lamp::new(),
                // The lamp has neither.
                Action::Number(..) | Action::Byte(..) => {}
            }
        }
    }
    black_box(&lamp);
}

fn scenarios() {
    const TEXT: &str = "app lamp\npress A\nwait 10 ms\nexpect lamp is off\n";
    const COUNT: u32 = 20_000;
    let app = AppEntry::of::<Lamp>();
    let [time] = by_turns([&mut || {
        for _ in 0..COUNT {
            let plan = planned(black_box(TEXT));
            let trace = play(&app, &plan.script);
            assert!(lockstep_engine::checker::check_trace(&plan.checks, &trace).is_empty());
        }
    }]);
    let rate = f64::from(COUNT) / time.as_secs_f64();
    row(
        "10-tick scenarios read, played and judged, one core",
        &format!("{rate:.0} /s"),
        ">= 300000",
    );
}

fn cold_start() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/scenarios/toggle/board-that-did-not-come-up.scn");
    let scenario = scenario.to_str().expect("the path is UTF-8");
    let mut differences: Vec<_> = (0..100)
        .map(|_| {
            let version = time(&mut || process::sim(&["--version"]));
            let run = time(&mut || process::sim(&["run", scenario]));
            run.as_secs_f64() - version.as_secs_f64()
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let median = differences[differences.len() / 2] * 1e3;
    row(
        "cold `sim run` to verdict - `sim --version`, median of 100",
        &format!("{median:.2} ms"),
        "<= 2 ms",
    );
}

fn recording() {
    let descriptor = AppEntry::of::<Lamp>().descriptor();
    let size = |script: &Script| {
        Recording::of(descriptor, script)
            .expect("the lamp can be recorded")
            .encode()
            .len()
    };
    let empty = size(&busy_hour(RunTicks::ZERO, 0));
    let busy = busy_hour(HOUR, 100);
    let bytes = (size(&busy) - empty) as f64 / busy.events().len() as f64;
    row(
        "recording: bytes an event, a press or release every 100 ms",
        &format!("{bytes:.2} B"),
        "< 4 B",
    );
    let idle = size(&busy_hour(HOUR, 0)) - empty;
    row(
        "recording: bytes for an hour in which nothing happens",
        &format!("{idle} B"),
        "0 a tick",
    );
}

fn jump() {
    let app = AppEntry::of::<Lamp>();
    let before = resident_kib();
    let timeline = Timeline::new(&app, &busy_hour(HOUR, 100)).expect("the lamp plays");
    let history = resident_kib().saturating_sub(before);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut jumps: Vec<_> = (0..1_000)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let tick = RunTicks(random % HOUR.0);
            time(&mut || {
                black_box(timeline.branch().at(tick).expect("the lamp plays").now());
            })
        })
        .collect();
    jumps.sort();
    row(
        "jump in an hour with 10 events a second, slowest of 1000",
        &format!("{:.2} ms", jumps[jumps.len() - 1].as_secs_f64() * 1e3),
        "<= 16 ms",
    );
    row(
        "memory of that hour",
        &format!("{:.1} MiB", history as f64 / 1024.0),
        "< 64 MiB",
    );
}

/// What the process has in memory, as Linux tells it; 0 elsewhere.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

fn same_bytes() {
    let plan = planned(BREATHING);
    let run = || {
        let app = AppEntry::of::<Lamp>();
        let trace = play(&app, &plan.script);
        let mut bytes = Recording::of(app.descriptor(), &plan.script)
            .expect("the lamp can be recorded")
            .encode();
        vcd::write(&trace, &mut bytes).expect("memory can be written");
        lockstep_engine::trace::text::write(&trace, &mut bytes).expect("memory can be written");
        bytes
    };
    let first = run();
    let same = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .all(|thread| thread.join().is_ok_and(|bytes| bytes == first))
    });
    row(
        "5 runs on 4 threads: trace, VCD and recording",
        if same { "identical" } else { "DIFFERENT" },
        "identical",
    );
}
