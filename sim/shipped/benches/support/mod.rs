//! What the benchmarks of the simulator share.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use lockstep_apps::lamp::Lamp;
use lockstep_core::app::{App, AppDescriptor, Log};
use lockstep_core::event::{ButtonId, Event};
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::{Plan, plan};
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use lockstep_engine::trace::Trace;

const ROUNDS: u32 = 7;

pub(crate) const HOUR: RunTicks = RunTicks(3_600_000);

/// The lamp is switched on, and breathes.
pub(crate) const BREATHING: &str = "app lamp\ntap A for 50 ms\nwait 400 ms\ntap B for 850 ms\nwait 1 s\n\
                         tap B for 850 ms\nwait 50 s\n";

/// The lamp without its answer to when it wakes next: every tick is taken.
#[derive(Clone, Debug)]
pub(crate) struct Ticked(Lamp);

impl App for Ticked {
    const DESCRIPTOR: AppDescriptor = Lamp::DESCRIPTOR;
    type Outputs = [Level; 4];

    fn new() -> Self {
        Self(Lamp::new())
    }

    fn handle(&mut self, event: Event, log: &mut dyn FnMut(Log)) {
        self.0.handle(event, log);
    }

    fn outputs(&self) -> [Level; 4] {
        self.0.outputs()
    }

    fn starting_at(now: lockstep_core::time::Instant) -> Option<Self> {
        Lamp::starting_at(now).map(Self)
    }
}

pub(crate) fn heading() {
    row("", "measured", "to hold");
}

pub(crate) fn row(what: &str, measured: &str, to_hold: &str) {
    println!("{what:<58} {measured:>12} {to_hold:>12}");
}

/// An hour in which A and B change by turns every so many ticks; never for 0.
pub(crate) fn busy_hour(end: RunTicks, every: u64) -> Script {
    let moves = [
        (0, SwitchState::Closed),
        (0, SwitchState::Open),
        (1, SwitchState::Closed),
        (1, SwitchState::Open),
    ];
    let ticks = (1..end.0).filter(|tick| every > 0 && tick % every == 0);
    let events = ticks
        .zip(moves.into_iter().cycle())
        .map(|(tick, (button, contact))| ScriptEvent {
            tick: RunTicks(tick),
            action: Action::Button(ButtonId(button), contact),
        })
        .collect();
    let clock = lockstep_core::time::Instant::ZERO;
    Script::new(BootCondition::OK, clock, events, end).expect("the script is playable")
}

pub(crate) fn planned(text: &str) -> Plan {
    let scenario = grammar::parse(text).expect("the scenario is well-formed");
    plan(&scenario, AppEntry::of::<Lamp>().descriptor()).expect("the scenario fits the lamp")
}

pub(crate) fn play(app: &AppEntry, script: &Script) -> Trace {
    play::trace(app, script, &mut |_| ControlFlow::Continue(())).expect("the lamp plays")
}

/// The best time of each, measured by turns.
pub(crate) fn by_turns<const N: usize>(mut sides: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (side, best) in sides.iter_mut().zip(&mut best) {
            *best = time(side).min(*best);
        }
    }
    best
}

pub(crate) fn time(run: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

pub(crate) fn ratio(reference: Duration, measured: Duration) -> f64 {
    reference.as_secs_f64() / measured.as_secs_f64()
}
