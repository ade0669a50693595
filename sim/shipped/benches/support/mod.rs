//! What the benchmarks of the simulator share.

#[path = "busy_hour.rs"]
mod busy_hour;
#[path = "rows.rs"]
pub(crate) mod rows;
#[path = "timing.rs"]
pub(crate) mod timing;

use std::ops::ControlFlow;
use std::time::Duration;

use lockstep_apps::lamp::Lamp;
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::Level;
use lockstep_engine::play;
use lockstep_engine::registry::AppEntry;
use lockstep_engine::scenario::grammar;
use lockstep_engine::scenario::plan::{Plan, plan};
use lockstep_engine::script::Script;
use lockstep_engine::trace::Trace;

pub(crate) use busy_hour::{HOUR, busy_hour};
pub(crate) use rows::{heading, row};
pub(crate) use timing::by_turns;

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

    fn handle(&mut self, event: Event, out: &mut dyn Sink) {
        self.0.handle(event, out);
    }

    fn outputs(&self) -> [Level; 4] {
        self.0.outputs()
    }

    fn starting_at(now: lockstep_core::time::Instant) -> Option<Self> {
        Lamp::starting_at(now).map(Self)
    }
}

pub(crate) fn planned(text: &str) -> Plan {
    let scenario = grammar::parse(text).expect("the scenario is well-formed");
    plan(&scenario, AppEntry::of::<Lamp>().descriptor()).expect("the scenario fits the lamp")
}

pub(crate) fn play(app: &AppEntry, script: &Script) -> Trace {
    play::trace(app, script, &mut |_| ControlFlow::Continue(())).expect("the lamp plays")
}

pub(crate) fn ratio(reference: Duration, measured: Duration) -> f64 {
    reference.as_secs_f64() / measured.as_secs_f64()
}
