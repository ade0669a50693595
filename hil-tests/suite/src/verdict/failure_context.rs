//! What helps to see why a case is no pass.

use lockstep_core::time::RunTicks;
use lockstep_engine::shell::quoted_path;

use super::{Case, PinSample};

/// The most samples that are shown on each side of the place.
const SHOWN: usize = 6;

/// What was seen around the place where a board went wrong, and how to play it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureContext {
    /// What was seen of the outputs around it.
    pub pins: Vec<PinSample>,
    /// The command that plays the scenario on the host.
    pub replay: String,
    /// The command that opens the board's run in the terminal simulator, or the scenario where
    /// the run was not kept.
    pub open: String,
}

impl FailureContext {
    /// That of the decisive attempt, with commands for the simulator of its project.
    /// None where the board sent nothing, and none of a case that is green or skipped.
    #[must_use]
    pub fn of(case: &Case) -> Option<Self> {
        let attempt = case.decisive_attempt()?;
        attempt.trace.as_ref()?;
        let cause = case.cause()?;
        let divergence = case.divergence().map(|found| found.tick);
        let recording = attempt.recording.as_deref().unwrap_or(&case.path);
        Some(Self {
            pins: match divergence.or(cause.tick) {
                Some(tick) => around(&attempt.pins, tick).to_vec(),
                None => Vec::new(),
            },
            replay: format!("{} run {}", case.simulator, quoted_path(&case.path)),
            open: format!("{} open {}", case.simulator, quoted_path(recording)),
        })
    }
}

/// The samples before and after the tick that are nearest to it.
fn around(samples: &[PinSample], at: RunTicks) -> &[PinSample] {
    let before = samples.iter().rposition(|sample| sample.tick < at);
    let before = before.map_or(0, |index| index + 1);
    let from = before.saturating_sub(SHOWN);
    let to = samples.len().min(before + SHOWN);
    &samples[from..to]
}
