//! How fast Embassy firmware is played, in simulated seconds a second.
//!
//! `cargo bench -p lockstep-embassy` prints it.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use embassy_time::{Ticker, Timer};
use embedded_hal::digital::StatefulOutputPin;
use embedded_hal_async::digital::Wait;
use lockstep_core::app::AppDescriptor;
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::output::{Level, Output};
use lockstep_core::time::{Instant as Clock, RunTicks};
use lockstep_embassy::{EmbassyApp, Firmware, Ports, Spawner, spawn};
use lockstep_engine::play;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::script::{Action, Script, ScriptEvent, SwitchState};
use lockstep_engine::timeline::Timeline;
use lockstep_isolation::{Settings, isolate};

/// A switch with a debounce, and a heartbeat.
struct TwoTasks;

async fn switch(mut button: impl Wait, mut led: impl StatefulOutputPin) {
    loop {
        button.wait_for_rising_edge().await.ok();
        Timer::after_millis(5).await;
        led.toggle().ok();
    }
}

async fn beat(mut led: impl StatefulOutputPin) {
    let mut ticker = Ticker::every(embassy_time::Duration::from_millis(500));
    loop {
        ticker.next().await;
        led.toggle().ok();
    }
}

impl Firmware for TwoTasks {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("two-tasks", "1.0.0")
        .with_buttons(&["A"])
        .with_outputs(&[Output::digital("led"), Output::digital("heartbeat")]);
    type Outputs = [Level; 2];

    fn start(ports: &Ports, spawner: Spawner) {
        spawn(spawner, switch(ports.input("A"), ports.output("led")));
        spawn(spawner, beat(ports.output("heartbeat")));
    }
}

const ROUNDS: usize = 7;
const HOUR: RunTicks = RunTicks(3_600_000);

fn main() {
    let apps = Registry::new(vec![lockstep_engine::app!(EmbassyApp<TwoTasks>)]).unwrap();
    // Before any thread is started.
    let isolated = isolate(&apps, &Settings::default()).unwrap();
    let app = &isolated.apps()[0];

    row("", "measured", "to hold");
    rate(
        "idle with its heartbeat",
        app,
        &script(HOUR, None),
        ">= 500000",
    );
    rate(
        "20 edges a second",
        app,
        &script(HOUR, Some(50)),
        ">= 30000",
    );
    let short = script(RunTicks(10), Some(5));
    let starts = (0..1_000).map(|_| time(|| play_through(app, &short)));
    row(
        "a process to the end of 10 ticks, median of 1000",
        &milliseconds(sorted(starts)[500]),
        "<= 15 ms",
    );
    jump(app);
}

/// A press or release every so many ticks.
fn script(end: RunTicks, every: Option<u64>) -> Script {
    let ticks = every.map(|every| (1..).map(move |index| RunTicks(index * every)));
    let ticks = ticks.into_iter().flatten().take_while(|tick| *tick < end);
    let events = ticks.enumerate().map(|(index, tick)| ScriptEvent {
        tick,
        action: Action::Button(
            ButtonId(0),
            match index % 2 {
                0 => SwitchState::Closed,
                _ => SwitchState::Open,
            },
        ),
    });
    Script::new(BootCondition::OK, Clock::ZERO, events.collect(), end).unwrap()
}

fn play_through(app: &AppEntry, script: &Script) {
    let mut watch = |_| ControlFlow::Continue(());
    black_box(play::trace(app, script, &mut watch).unwrap());
}

fn rate(what: &str, app: &AppEntry, script: &Script, to_hold: &str) {
    let times = (0..ROUNDS).map(|_| time(|| play_through(app, script)));
    let best = times.min().unwrap_or_default();
    let seconds = script.end().0 as f64 / 1_000.0;
    let rate = seconds / best.as_secs_f64();
    row(what, &format!("{rate:.0} s/s"), to_hold);
}

fn jump(app: &AppEntry) {
    let timeline = Timeline::new(app, &script(HOUR, Some(50))).unwrap();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let jumps = (0..1_000).map(|_| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let tick = RunTicks(random % HOUR.0);
        time(|| drop(black_box(timeline.branch().at(tick).unwrap())))
    });
    row(
        "any point of a played hour, slowest of 1000",
        &milliseconds(sorted(jumps)[999]),
        "<= 50 ms",
    );
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn row(what: &str, measured: &str, to_hold: &str) {
    println!("{what:<52} {measured:>14} {to_hold:>12}");
}
