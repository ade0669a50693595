//! How benchmarks measure.

use std::time::{Duration, Instant};

const ROUNDS: u32 = 7;

/// The best time of each, measured by turns.
pub(crate) fn by_turns<const N: usize>(mut sides: [&mut dyn FnMut(); N]) -> [Duration; N] {
    let mut best = [Duration::MAX; N];
    for _ in 0..ROUNDS {
        for (side, best) in sides.iter_mut().zip(&mut best) {
            *best = time(side).min(*best);
        }
    }
    best
}

pub(crate) fn time(run: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}
