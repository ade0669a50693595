//! How fast behaviours are explored, against stateright on the same model in the same run.
//!
//! `cargo bench -p sim --bench search` prints it. The model is the whole lamp, both buttons moving
//! at every tick, its times scaled down so that its behaviours are finite in a short time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that meets the unexpected should stop there"
)]

#[path = "support/timing.rs"]
mod timing;

use std::path::Path;
use std::time::Duration;

use lockstep_apps::lamp::{Lamp, Tuning};
use lockstep_core::app::App;
use lockstep_core::event::{BootCondition, ButtonId, Event};
use lockstep_core::time::Ticks;
use lockstep_engine::files;
use lockstep_engine::search::state_space::{AppSpace, StateSpace};
use lockstep_engine::search::{Exploration, InputModel, Settings};
use stateright::{Checker, Model, Property};
use timing::{by_turns, heading, row, time};

/// The lamp with its times scaled down.
static SCALED: Tuning = Tuning {
    debounce: Ticks(1),
    long_press: Ticks(4),
    double_press: Ticks(2),
    lock_hold: Ticks(5),
    auto_off: Ticks(9),
    heartbeat: Ticks(2),
    blink_half_period: Ticks(2),
    breathe_step: Ticks(1),
    breathe_steps: 2,
    fault_on: Ticks(1),
    fault_off: Ticks(1),
    fault_pause: Ticks(2),
    ..Tuning::SHIPPED
};

/// The same behaviours, as stateright takes them.
struct StaterightLamp {
    buttons: u8,
}

type Situation = (Lamp, u8);

impl StaterightLamp {
    fn acted(&self, (lamp, contacts): &Situation, moves: u8, ticks: bool) -> Situation {
        let mut lamp = lamp.clone();
        if ticks {
            lamp.handle(Event::Tick, &mut ());
        }
        for button in (0..self.buttons).filter(|button| moves & (1 << button) != 0) {
            lamp.handle(
                match contacts & (1 << button) {
                    0 => Event::Press(ButtonId(button)),
                    _ => Event::Release(ButtonId(button)),
                },
                &mut (),
            );
        }
        (lamp.counted_from_now().unwrap(), contacts ^ moves)
    }
}

impl Model for StaterightLamp {
    type State = Situation;
    type Action = u8;

    fn init_states(&self) -> Vec<Situation> {
        let mut lamp = Lamp::with_tuning(&SCALED);
        lamp.handle(Event::Init(BootCondition::OK), &mut ());
        let begun = (lamp, 0);
        (0..1 << self.buttons)
            .map(|moves| self.acted(&begun, moves, false))
            .collect()
    }

    fn actions(&self, _: &Situation, actions: &mut Vec<u8>) {
        actions.extend(0..1 << self.buttons);
    }

    fn next_state(&self, state: &Situation, moves: u8) -> Option<Situation> {
        Some(self.acted(state, moves, true))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let is_bright = |_: &Self, (lamp, _): &Situation| lamp.outputs()[0].0 <= 100;
        vec![Property::always("at most full brightness", is_bright)]
    }
}

fn main() {
    heading();
    let (states, transitions) = counts(&explored(2, 1));
    let (other_states, other_transitions) = with_stateright();
    let [one, two, other] = by_turns([
        &mut || {
            explored(2, 1);
        },
        &mut || {
            explored(2, 2);
        },
        &mut || {
            with_stateright();
        },
    ]);
    let rate = |count: u64, time: Duration| count as f64 / time.as_secs_f64() / 1e6;
    row("states of the scaled lamp", &states.to_string(), "");
    row("the same, stateright", &other_states.to_string(), "");
    let (ours, theirs) = (rate(transitions, one), rate(other_transitions, other));
    row(
        "million transitions a second, one core",
        &format!("{ours:.2}"),
        "",
    );
    row("stateright, one core", &format!("{theirs:.2}"), "");
    row(
        "against stateright",
        &format!("{:.1} x", ours / theirs),
        ">= 3",
    );
    let gain = one.as_secs_f64() / two.as_secs_f64();
    row("two cores against one", &format!("{gain:.2} x"), ">= 1.7");
    let whole = format!("{:.2} s", two.as_secs_f64());
    row(
        "whole lamp, both buttons, times scaled, two cores",
        &whole,
        "<= 1 s",
    );
    let single = time(&mut || {
        explored(1, 1);
    });
    let single = format!("{:.2} s", single.as_secs_f64());
    row("one button of it, one core", &single, "");
    margins();
}

/// The situations that stateright finds, and how many it generates.
fn with_stateright() -> (u64, u64) {
    let checker = StaterightLamp { buttons: 2 }.checker().threads(1);
    let checker = checker.spawn_bfs().join();
    assert!(checker.discoveries().is_empty());
    (
        checker.unique_state_count() as u64,
        checker.state_count() as u64,
    )
}

fn explored(buttons: usize, jobs: usize) -> Exploration {
    let mut inputs = InputModel::free(buttons, &[], 0);
    inputs.resets.clear();
    let space = AppSpace::new(|| Lamp::with_tuning(&SCALED), None);
    space.explore(&Settings {
        jobs,
        ..Settings::new(&inputs, &())
    })
}

fn counts(explored: &Exploration) -> (u64, u64) {
    (explored.progress.states, explored.progress.transitions)
}

/// The program, over all scenarios of the lamp.
fn margins() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scenarios = root.join("fixtures/scenarios/lamp");
    let count = files::below(&scenarios, "scn").unwrap().len();
    let time = time(&mut || {
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_sim"))
            .arg("margin")
            .arg(&scenarios)
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success());
    });
    let what = format!("margins of {count} scenarios of the lamp");
    row(&what, &format!("{:.1} s", time.as_secs_f64()), "<= 5 s");
}
