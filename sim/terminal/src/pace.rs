//! How fast firmware time goes by, asked for and achieved.

use std::fmt;
use std::time::Duration;

use lockstep_core::time::Ticks;

/// Speeds as multiples of real time; beyond the last one there is no limit.
const SPEEDS: [f64; 16] = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0,
];
const REAL_TIME: usize = 6;

/// How long the ticks of one frame may take to play at unlimited speed: a key must not
/// wait longer than that and a frame.
const BUDGET: Duration = Duration::from_millis(6);

/// The fewest ticks that are played in a frame at unlimited speed.
const MIN_CHUNK: u32 = 100;

/// The most: going over what is known takes no time, and tells nothing of how long playing
/// takes.
const MAX_CHUNK: u32 = 1_000_000;

/// Over how much time the achieved speed is averaged.
const AVERAGED: Duration = Duration::from_millis(500);

/// Turns real time into ticks.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    speed: usize,
    /// The part of a tick that real time has brought and that was not played yet.
    owed: f64,
    /// The ticks of a frame at unlimited speed.
    chunk: u32,
    window: (Duration, u64),
    achieved: Option<f64>,
}

impl Pace {
    pub(super) fn real_time() -> Self {
        Self {
            speed: REAL_TIME,
            owed: 0.0,
            chunk: MIN_CHUNK,
            window: (Duration::ZERO, 0),
            achieved: None,
        }
    }

    pub(super) fn faster(&mut self) {
        self.set(self.speed + 1);
    }

    pub(super) fn slower(&mut self) {
        self.set(self.speed.saturating_sub(1));
    }

    pub(super) fn unlimited(&mut self) {
        self.set(SPEEDS.len());
    }

    pub(super) fn normal(&mut self) {
        self.set(REAL_TIME);
    }

    fn set(&mut self, speed: usize) {
        self.speed = speed.min(SPEEDS.len());
        self.forget();
    }

    /// Begins to measure anew, as when the run stood still.
    pub(super) fn forget(&mut self) {
        self.owed = 0.0;
        self.window = (Duration::ZERO, 0);
        self.achieved = None;
    }

    /// The ticks that this much real time is worth.
    pub(super) fn due(&mut self, elapsed: Duration) -> Ticks {
        let Some(speed) = SPEEDS.get(self.speed) else {
            return Ticks(self.chunk);
        };
        self.owed += elapsed.as_secs_f64() * 1_000.0 * speed;
        let whole = self.owed.floor().min(f64::from(u32::MAX));
        self.owed -= whole;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to u32::MAX"
        )]
        Ticks(whole as u32)
    }

    /// Notes what was played in how much real time, and how long playing it took.
    pub(super) fn played(&mut self, ticks: Ticks, elapsed: Duration, took: Duration) {
        self.window.0 += elapsed;
        self.window.1 += u64::from(ticks.0);
        if self.window.0 >= AVERAGED {
            self.achieved = Some(ratio(self.window));
            self.window = (Duration::ZERO, 0);
        }
        if self.speed == SPEEDS.len() {
            self.chunk = if took > BUDGET {
                (self.chunk / 2).max(MIN_CHUNK)
            } else if took < BUDGET / 2 {
                self.chunk.saturating_mul(2).min(MAX_CHUNK)
            } else {
                self.chunk
            };
        }
    }

    /// The speed that was reached, as a multiple of real time.
    pub(super) fn achieved(&self) -> Option<f64> {
        self.achieved
    }
}

#[expect(clippy::cast_precision_loss, reason = "only shown, and rounded")]
fn ratio((elapsed, ticks): (Duration, u64)) -> f64 {
    ticks as f64 / (elapsed.as_secs_f64() * 1_000.0)
}

/// The speed that was asked for: `0.5x`, `max`.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SPEEDS.get(self.speed) {
            Some(speed) => write!(f, "{speed}x"),
            None => f.write_str("max"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn real_time_is_a_tick_a_millisecond_and_nothing_is_lost() {
        let mut pace = Pace::real_time();
        let third = SECOND / 3;
        let ticks: u32 = (0..3).map(|_| pace.due(third).0).sum();
        assert!((999..=1_000).contains(&ticks), "{ticks}");
    }

    #[test]
    fn the_slowest_speed_still_goes_on() {
        let mut pace = Pace::real_time();
        (0..100).for_each(|_| pace.slower());
        assert_eq!(pace.to_string(), "0.01x");
        let frame = Duration::from_millis(10);
        let ticks: u32 = (0..100).map(|_| pace.due(frame).0).sum();
        assert!((9..=10).contains(&ticks), "{ticks}");
    }

    #[test]
    fn unlimited_speed_plays_what_fits_in_a_frame() {
        let mut pace = Pace::real_time();
        pace.unlimited();
        assert_eq!(pace.to_string(), "max");
        let frame = Duration::from_millis(16);
        for _ in 0..30 {
            let ticks = pace.due(frame);
            // A machine that plays 100 ticks a microsecond.
            pace.played(
                ticks,
                frame,
                Duration::from_micros(u64::from(ticks.0) / 100),
            );
        }
        let ticks = pace.due(frame).0;
        assert!((300_000..=600_000).contains(&ticks), "{ticks}");
    }

    #[test]
    fn the_achieved_speed_is_measured_and_not_the_one_asked_for() {
        let mut pace = Pace::real_time();
        pace.played(Ticks(1_000), SECOND, SECOND);
        assert_eq!(pace.achieved(), Some(1.0));
        pace.played(Ticks(250), SECOND, SECOND);
        assert_eq!(pace.achieved(), Some(0.25));
    }
}
