//! The host as a world: every scenario is played in this process and held to its golden.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use sim::catalog::Catalog;
use sim::goldens;

use super::worlds::{Played, World};
use crate::bench::plan::Scenario;
use crate::verdict::Verdict;

/// The name of this world.
pub const NAME: &str = "host";

/// Plays scenarios; those whose turn does not come before an interruption are left out.
#[must_use]
pub fn play(catalog: &Catalog, scenarios: &[Scenario], interrupted: &AtomicBool) -> World {
    let turns = scenarios
        .iter()
        .take_while(|_| !interrupted.load(Ordering::Relaxed));
    let cases = turns.map(|scenario| {
        let started = Instant::now();
        let held = hold(catalog, &scenario.path);
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

fn hold(catalog: &Catalog, path: &Path) -> Result<(), String> {
    let trace = goldens::play_file(catalog, path)?;
    let golden = path.with_extension(goldens::GOLDEN);
    let kept = goldens::kept(&golden)
        .map_err(|error| format!("cannot read `{}`: {error}", golden.display()))?;
    match kept.trim_end() == goldens::golden(&trace).trim_end() {
        true => Ok(()),
        false => Err(format!("the trace is not that of `{}`", golden.display())),
    }
}
