//! A run apart is the run in the program: random scripts, resets and all.

use std::ops::ControlFlow;

use libtest_mimic::Trial;
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_sim::isolation::isolate;
use lockstep_sim::play;
use lockstep_sim::registry::{AppEntry, Registry};
use lockstep_sim::script::{Action, Script, ScriptEvent, SwitchState};

const SCRIPTS: u64 = 300;

/// The shipped apps in the program, and apart.
pub(crate) fn apps() -> [Registry; 2] {
    let plain = Registry::new(shipped_apps::shipped()).unwrap();
    let apart = isolate(&plain, &Default::default()).unwrap();
    [plain, apart]
}

pub(crate) fn trials(apps: &[Registry; 2]) -> Vec<Trial> {
    let trials = ["lamp", "toggle"].map(|name| {
        let apps = apps.each_ref().map(|apps| apps.find(name).unwrap().clone());
        Trial::test(
            format!("equal: random scripts of {name} with resets"),
            move || {
                random_scripts(&apps);
                Ok(())
            },
        )
    });
    trials.into()
}

/// Presses, releases and resets, several of them in one tick now and then.
fn script(seed: u64, buttons: u8) -> Script {
    let mut random = 0x2545_f491_4f6c_dd1d ^ (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut closed = [false; 2];
    let mut tick = RunTicks(next(3));
    let mut events = Vec::new();
    for _ in 0..next(60) {
        for button in 0..buttons {
            if next(2) == 0 {
                let closed = &mut closed[usize::from(button)];
                *closed = !*closed;
                let contact = match closed {
                    true => SwitchState::Closed,
                    false => SwitchState::Open,
                };
                let action = Action::Button(ButtonId(button), contact);
                events.push(ScriptEvent { tick, action });
            }
        }
        if next(5) == 0 {
            let condition = match buttons {
                2 => BootCondition(u8::try_from(next(3)).unwrap()),
                _ => BootCondition::OK,
            };
            let action = Action::Reset(condition);
            events.push(ScriptEvent { tick, action });
        }
        let length = if next(4) == 0 { 5_000 } else { 400 };
        tick = tick.saturating_add(RunTicks(1 + next(length)));
    }
    Script::new(BootCondition::OK, Instant::ZERO, events, tick).unwrap()
}

fn random_scripts([plain, apart]: &[AppEntry; 2]) {
    let mut resets = 0;
    for seed in 0..SCRIPTS {
        let buttons = u8::try_from(plain.descriptor().buttons().len()).unwrap();
        let script = script(seed, buttons);
        let is_reset = |event: &&ScriptEvent| matches!(event.action, Action::Reset(_));
        resets += script.events().iter().filter(is_reset).count();
        let [here, there] = [plain, apart].map(|app| {
            let mut watch = |_| ControlFlow::Continue(());
            play::trace(app, &script, &mut watch).unwrap()
        });
        assert!(here == there, "seed {seed}");
    }
    assert!(resets > 300, "{resets}");
}
