//! An hour with many inputs.

use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};

pub(crate) const HOUR: RunTicks = RunTicks(3_600_000);

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
    Script::new(BootCondition::OK, Instant::ZERO, events, end).expect("the script is playable")
}
