//! What it brings that an app says how long it is idle, as ratios from one run.
//!
//! `cargo bench -p sim --bench wakeups` prints them. Both sides play the same script on the lamp:
//! one passes over idle ticks, the other takes every tick, because its lamp does not say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

mod support;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Duration;

use lockstep_apps::lamp::Lamp;
use lockstep_apps::toggle;
use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use support::{Ticked, busy_hour, by_turns, heading, planned, ratio, row};

/// How many ticks random scripts have altogether.
const RANDOM_TICKS: u64 = 1_000_000_000;

fn main() {
    heading();
    compare(
        "idle, with its heartbeat",
        &busy_hour(support::HOUR, 0),
        ">= 300",
    );
    compare("breathing", &planned(support::BREATHING).script, "");
    compare(
        "20 edges a second",
        &busy_hour(RunTicks(600_000), 50),
        ">= 8",
    );
    no_timer();
    random_scripts();
}

/// Plays a script in both ways.
fn compare(what: &str, script: &Script, to_hold: &str) {
    let (passing, ticking) = (AppEntry::of::<Lamp>(), AppEntry::of::<Ticked>());
    let [passing, ticking] = by_turns([&mut || headless(&passing, script), &mut || {
        headless(&ticking, script);
    }]);
    let what = format!("lamp {what}, against ticking");
    row(&what, &format!("{:.0} x", ratio(ticking, passing)), to_hold);
}

fn no_timer() {
    let week = RunTicks(7 * 24 * 3_600_000);
    let script = Script::new(BootCondition::OK, Instant::ZERO, Vec::new(), week).unwrap();
    let app = AppEntry::of::<toggle::Toggle>();
    let [time] = by_turns([&mut || headless(&app, &script)]);
    let shown = format!("{:.2} ms", milliseconds(time));
    row("toggle, which has no timer, for 7 days", &shown, "<= 5 ms");
}

/// The same random scripts in both ways: how many traces differ.
fn random_scripts() {
    let (passing, ticking) = (AppEntry::of::<Lamp>(), AppEntry::of::<Ticked>());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut ticks, mut scripts, mut differences) = (0, 0, 0);
    while ticks < RANDOM_TICKS {
        let script = random_script(&mut random);
        ticks += script.end().0;
        scripts += 1;
        let (passing, ticking) = (
            support::play(&passing, &script),
            support::play(&ticking, &script),
        );
        differences += u32::from(passing != ticking);
    }
    row(
        &format!(
            "{scripts} random scripts of {:.1e} ticks: differences",
            ticks as f64
        ),
        &differences.to_string(),
        "0",
    );
}

/// Presses and resets, with anything from a bounce to a quarter of an hour between them.
fn random_script(random: &mut u64) -> Script {
    let mut next = |below: u64| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random % below
    };
    let mut closed = [false; 2];
    let (mut tick, mut events) = (0, Vec::new());
    for _ in 0..60 {
        tick += 1 + match next(20) {
            0..=9 => next(40),
            10..=16 => next(1_000),
            17 | 18 => next(5_000),
            _ => next(900_000),
        };
        let action = match next(25) {
            0 => Action::Reset(BootCondition(u8::try_from(next(3)).unwrap())),
            move_ => {
                let button = usize::from(move_ % 2 == 0);
                closed[button] = !closed[button];
                let contact = match closed[button] {
                    true => SwitchState::Closed,
                    false => SwitchState::Open,
                };
                Action::Button(ButtonId(u8::from(button == 1)), contact)
            }
        };
        events.push(ScriptEvent {
            tick: RunTicks(tick),
            action,
        });
    }
    // Every clock wraps on the way.
    let clock = Instant(u32::MAX - u32::try_from(next(tick)).unwrap());
    Script::new(BootCondition::OK, clock, events, RunTicks(tick + 1_000)).unwrap()
}

fn headless(app: &AppEntry, script: &Script) {
    let mut watch = |_| ControlFlow::Continue(());
    let runner = play::play(app, script, &mut (), &mut watch);
    black_box(runner.map(|runner| runner.now())).ok();
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
