//! The host as a world: every scenario is played in this process and held to its golden.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::golden;
use lockstep_engine::registry::Registry;

use super::worlds::{Played, World};
use lockstep_hil::bench::plan::Scenario;
use lockstep_hil::verdict::Verdict;

/// The name of this world.
pub const NAME: &str = "host";

/// Plays scenarios; those whose turn does not come before an interruption are left out.
#[must_use]
pub fn play(registry: &Registry, scenarios: &[Scenario], interrupted: &AtomicBool) -> World {
    let turns = scenarios
        .iter()
        .take_while(|_| !interrupted.load(Ordering::Relaxed));
    let cases = turns.map(|scenario| {
        let started = Instant::now();
        let held = hold(registry, &scenario.path);
        Played {
            scenario: scenario.name.clone(),
            verdict: match held {
                Ok(()) => Verdict::Pass,
                Err(_) => Verdict::Fail,
            },
            took: started.elapsed(),
            reason: held.err(),
        }
    });
    World {
        name: NAME.to_owned(),
        cases: cases.collect(),
    }
}

fn hold(registry: &Registry, path: &Path) -> Result<(), String> {
    let trace = golden::play_file(registry, path).map_err(|error| error_chain(&error))?;
    let golden = path.with_extension(golden::GOLDEN_EXTENSION);
    let kept = golden::read(&golden)
        .map_err(|error| format!("cannot read `{}`: {error}", golden.display()))?;
    match kept.trim_end() == golden::render(&trace).trim_end() {
        true => Ok(()),
        false => Err(format!("the trace is not that of `{}`", golden.display())),
    }
}
