//! Scripts for the tests of this crate.

use std::ops::ControlFlow;

use lockstep_apps::keypad::Keypad;
use lockstep_apps::lamp::Lamp;
use lockstep_apps::snake::Snake;
use lockstep_apps::thermostat::Thermostat;
use lockstep_apps::toggle;
use lockstep_core::app::Log;
use lockstep_core::event::ButtonId;
use lockstep_core::short::{self, ShortBytes};
use lockstep_core::time::{Instant, RunTicks};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::dyn_runner::Observation;
use crate::play;
use crate::registry::AppEntry;
use crate::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use crate::trace::{Entry, EntryKind, Trace};

/// The shipped apps.
pub(crate) fn shipped() -> Vec<AppEntry> {
    vec![
        AppEntry::of::<Lamp>(),
        AppEntry::of::<toggle::Toggle>(),
        AppEntry::of::<Thermostat>(),
        AppEntry::of::<Keypad>(),
        AppEntry::of::<Snake>(),
    ]
}

/// The trace of `toggle` playing this script.
pub(crate) fn trace_of(script: &Script) -> Trace {
    let app = AppEntry::of::<toggle::Toggle>();
    play::trace(&app, script, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// What was observed for a trace to have these entries.
pub(crate) fn observations(entries: &[Entry]) -> Vec<(RunTicks, Observation)> {
    let mut observed = Vec::new();
    for Entry { tick, what } in entries {
        let mut observe = |what| observed.push((*tick, what));
        match what {
            EntryKind::Input(action) => observe(Observation::Input(*action)),
            EntryKind::Received(line, bytes) => bytes
                .iter()
                .for_each(|byte| observe(Observation::Input(Action::Byte(*line, *byte)))),
            EntryKind::Output(output, level) => observe(Observation::Output(*output, *level)),
            EntryKind::Sent(line, bytes) => bytes
                .chunks(short::MAX)
                .for_each(|bytes| observe(Observation::Sent(*line, ShortBytes::new(bytes)))),
            EntryKind::Row(matrix, row, packed) => {
                observe(Observation::Row(*matrix, *row, ShortBytes::new(packed)));
            }
            EntryKind::Log(id, number) => observe(Observation::Log(Log::new(*id, *number))),
            EntryKind::Text(id, text) => {
                let text = str::from_utf8(text).unwrap();
                observe(Observation::Log(Log::text(*id, text)));
            }
        }
    }
    observed
}

/// A press at tick 2, held through a reset at tick 3, released at tick 6.
pub(crate) fn press_and_reset() -> Script {
    let button = |contact| Action::Button(ButtonId(0), contact);
    let events = [
        (2, button(SwitchState::Closed)),
        (3, Action::Reset(BootCondition(2))),
        (6, button(SwitchState::Open)),
    ];
    let timed = events.map(|(tick, action)| ScriptEvent {
        tick: RunTicks(tick),
        action,
    });
    Script::new(
        BootCondition::OK,
        Instant::ZERO,
        timed.to_vec(),
        RunTicks(9),
    )
    .unwrap()
}

/// Any script for this many buttons.
pub(crate) fn scripts(buttons: u8) -> impl Strategy<Value = Script> {
    let gap = prop_oneof![4 => 0_u64..4, 1 => 0_u64..20_000];
    let resets = 0..3_u8;
    let what = prop_oneof![
        1 => resets.clone().prop_map(|index| Err(BootCondition(index))),
        4 => (0..buttons).prop_map(Ok),
    ];
    let clock = prop_oneof![Just(0), any::<u32>()];
    (resets, clock, vec((gap, what), 0..40), 0_u64..1_000).prop_map(
        |(conditions, clock, steps, rest)| {
            let mut tick = 0;
            let mut events: Vec<ScriptEvent> = Vec::new();
            for (gap, what) in steps {
                tick += gap;
                let action = match what {
                    Err(conditions) => Action::Reset(conditions),
                    Ok(button) => Action::Button(ButtonId(button), next_contact(&events, button)),
                };
                if !events.iter().any(|event| clashes(*event, tick, action)) {
                    events.push(ScriptEvent {
                        tick: RunTicks(tick),
                        action,
                    });
                }
            }
            let conditions = BootCondition(conditions);
            Script::new(conditions, Instant(clock), events, RunTicks(tick + rest)).unwrap()
        },
    )
}

fn next_contact(events: &[ScriptEvent], button: u8) -> SwitchState {
    let moves =
        |event: &&ScriptEvent| matches!(event.action, Action::Button(id, _) if id.0 == button);
    if events.iter().filter(moves).count() % 2 == 0 {
        SwitchState::Closed
    } else {
        SwitchState::Open
    }
}

/// Whether the event excludes this action at this tick.
fn clashes(event: ScriptEvent, tick: u64, action: Action) -> bool {
    event.tick.0 == tick
        && match (event.action, action) {
            (Action::Reset(_), Action::Reset(_)) => true,
            (Action::Button(one, _), Action::Button(other, _)) => one == other,
            _ => false,
        }
}
