//! What the tests of a firmware share.

use std::ops::ControlFlow;

use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::checker::check_trace;
use lockstep_engine::load::{InputFormat, LoadedScript};
use lockstep_engine::play::{self, PlayError};
use lockstep_engine::registry::Registry;
use lockstep_engine::script::{Action, Script, ScriptEvent, SwitchState};
use lockstep_engine::trace::Trace;

pub(crate) type Test = fn(&Registry);

pub(crate) fn go_on(_: RunTicks) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(crate) fn loaded(apps: &Registry, scenario: &str) -> LoadedScript {
    let loaded = InputFormat::Scenario.load(apps, scenario.as_bytes(), None);
    loaded.unwrap_or_else(|error| panic!("{error:?}"))
}

/// Plays a scenario, which must hold.
pub(crate) fn played(apps: &Registry, scenario: &str) -> Trace {
    let loaded = loaded(apps, scenario);
    let trace = play::trace(&loaded.app, &loaded.script, &mut go_on).unwrap();
    assert_eq!(check_trace(&loaded.checks, &trace), []);
    trace
}

/// Plays an app that nobody touches for so many ticks.
pub(crate) fn left_alone(apps: &Registry, app: &str, end: u64) -> Result<Trace, PlayError> {
    let app = apps.find(app).unwrap();
    let script = Script::new(BootCondition::OK, Instant::ZERO, Vec::new(), RunTicks(end));
    play::trace(app, &script.unwrap(), &mut go_on)
}

/// Why an app that nobody touches is not played to its end.
pub(crate) fn verdict(apps: &Registry, app: &str) -> String {
    left_alone(apps, app, 200).unwrap_err().to_string()
}

/// Presses and releases of the first button, in random ticks.
pub(crate) fn random_script(seed: u64) -> Script {
    let mut random = 0x2545_f491_4f6c_dd1d ^ (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut tick = RunTicks(next(5));
    let mut events = Vec::new();
    for index in 0..next(40) {
        let contact = match index % 2 {
            0 => SwitchState::Closed,
            _ => SwitchState::Open,
        };
        let action = Action::Button(ButtonId(0), contact);
        events.push(ScriptEvent { tick, action });
        let most = [30, 900, 5_000][usize::try_from(next(3)).unwrap()];
        tick = tick.saturating_add(RunTicks(1 + next(most)));
    }
    Script::new(BootCondition::OK, Instant::ZERO, events, tick).unwrap()
}
