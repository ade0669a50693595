//! What numbers and bytes cost.
//!
//! `cargo bench -p sim --bench ports` prints it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/rows.rs"]
mod rows;
#[path = "support/timing.rs"]
mod timing;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

use lockstep_apps::thermostat::Thermostat;
use lockstep_core::event::{NumberId, SerialId};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Action, BootCondition, MAX_EVENTS, Script, ScriptEvent};
use rows::{heading, row};
use timing::by_turns;

const SECONDS_A_DAY: u64 = 24 * 3_600;
const SECOND: u64 = 1_000;

/// How many bytes a line of 115,200 baud carries in a tick of a millisecond.
const BYTES_A_TICK: u64 = 11;

fn main() {
    heading();
    let app = AppEntry::of::<Thermostat>();
    let measure = |what: &str, script: &Script, to_hold: &str| {
        let [time] = by_turns([&mut || headless(&app, script)]);
        row(what, &format!("{:.1} ms", milliseconds(time)), to_hold);
    };
    measure(
        "thermostat: 24 h with a temperature a second",
        &day(),
        "<= 50 ms",
    );
    measure(
        "1 MB through its console, headless",
        &megabyte(),
        "<= 1000 ms",
    );
}

/// A day in which the temperature goes up and down by ten degrees an hour, a sample a second.
fn day() -> Script {
    let events = (1..SECONDS_A_DAY).map(|second| {
        let phase = i32::try_from(second % 3_600).unwrap();
        let temperature = 150 + (phase - 1_800).abs() / 18;
        ScriptEvent {
            tick: RunTicks(second * SECOND),
            action: Action::Number(NumberId(0), temperature),
        }
    });
    script(events.collect(), RunTicks(SECONDS_A_DAY * SECOND))
}

/// As many bytes as a script can have, lines that are answered, as fast as the line carries them.
fn megabyte() -> Script {
    let bytes = b"status\nset 21.5\n".iter().cycle().take(MAX_EVENTS);
    let events = (0..).zip(bytes).map(|(place, byte)| ScriptEvent {
        tick: RunTicks(place / BYTES_A_TICK),
        action: Action::Byte(SerialId(0), *byte),
    });
    script(events.collect(), RunTicks(MAX_EVENTS as u64 / BYTES_A_TICK))
}

fn script(events: Vec<ScriptEvent>, end: RunTicks) -> Script {
    Script::new(BootCondition::OK, Instant::ZERO, events, end).unwrap()
}

fn headless(app: &AppEntry, script: &Script) {
    let mut watch = |_| ControlFlow::Continue(());
    black_box(play::play(app, script, &mut (), &mut watch).unwrap());
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
