//! The host as a world: plays every scenario in this process and compares it with its golden.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::golden;
use lockstep_engine::registry::Registry;

use super::world_report::{ScenarioResult, WorldReport};
use lockstep_hil::bench::plan::Scenario;
use lockstep_hil::verdict::Verdict;

/// The name of this world.
pub const NAME: &str = "host";

/// Plays scenarios. After an interrupt the rest of them is missing in the report.
#[must_use]
pub fn play(registry: &Registry, scenarios: &[Scenario], interrupted: &AtomicBool) -> WorldReport {
    let scenarios = scenarios
        .iter()
        .take_while(|_| !interrupted.load(Ordering::Relaxed));
    let results = scenarios.map(|scenario| {
        let started = Instant::now();
        let compared = compare(registry, &scenario.path);
        ScenarioResult {
            scenario: scenario.name.clone(),
            verdict: match compared {
                Ok(()) => Verdict::Pass,
                Err(_) => Verdict::Fail,
            },
            duration: started.elapsed(),
            reason: compared.err(),
        }
    });
    WorldReport {
        world: NAME.to_owned(),
        results: results.collect(),
    }
}

fn compare(registry: &Registry, path: &Path) -> Result<(), String> {
    let trace = golden::play_file(registry, path).map_err(|error| error_chain(&error))?;
    let golden = path.with_extension(golden::GOLDEN_EXTENSION);
    let kept = golden::read(&golden)
        .map_err(|error| format!("cannot read `{}`: {error}", golden.display()))?;
    match kept.trim_end() == golden::render(&trace).trim_end() {
        true => Ok(()),
        false => Err(format!("the trace differs from `{}`", golden.display())),
    }
}
