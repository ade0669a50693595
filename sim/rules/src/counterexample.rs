//! Scenarios that play what was found.

use lockstep_core::app::AppDescriptor;
use lockstep_core::runner::{Observation, Observer};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::scenario::Scenario;
use lockstep_engine::scenario::export::export;
use lockstep_engine::script::{Action, Script, ScriptError, ScriptEvent};
use lockstep_engine::trace::Trace;
use lockstep_search::settings::Path;

/// The script that plays a path.
///
/// # Errors
///
/// A [`ScriptError`] if it is longer than a script can be.
pub fn script_of(path: &Path) -> Result<Script, ScriptError> {
    let events = path.actions.iter().map(|(tick, action)| ScriptEvent {
        tick: RunTicks((*tick).into()),
        action: *action,
    });
    let end = RunTicks(path.end.into());
    Script::new(path.boot, Instant::ZERO, events.collect(), end)
}

/// The scenario that plays a script, and expects nothing.
#[must_use]
pub fn inputs_of(descriptor: &'static AppDescriptor, script: &Script) -> Scenario {
    let mut trace = Trace::new(descriptor);
    let boot = Action::Reset(script.condition());
    trace.observe(RunTicks::ZERO, Observation::Input(boot));
    for event in script.events() {
        trace.observe(event.tick, Observation::Input(event.action));
    }
    trace.set_end(script.end());
    export(descriptor, script, &trace)
}
