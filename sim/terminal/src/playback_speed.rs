//! How fast firmware time goes by: the speed that is set, and the speed that is achieved.

use std::fmt;
use std::time::Duration;

use lockstep_core::time::{RunTicks, TickPeriod};

/// The place of real time among the multiples.
const REAL_TIME: usize = 6;

/// How long the ticks of one frame may take to play at unlimited speed: a key waits
/// no longer than this and a frame.
const BUDGET: Duration = Duration::from_millis(6);

/// The fewest ticks played in a frame at unlimited speed.
const MIN_CHUNK: u64 = 100;

/// The most ticks played in a frame at unlimited speed. Moving through a recorded stretch
/// takes no time, so that how long it took says nothing about how long playing takes.
const MAX_CHUNK: u64 = 1_000_000;

/// The time over which the achieved speed is averaged.
const AVERAGED: Duration = Duration::from_millis(500);

/// Turns real time into ticks.
#[derive(Clone, Debug)]
pub(super) struct PlaybackSpeed {
    /// How long a tick is.
    tick: TickPeriod,
    /// The place among the multiples.
    index: usize,
    /// The fraction of a tick that is due and not played yet.
    owed: f64,
    /// The ticks of a frame at unlimited speed.
    chunk: u64,
    window: (Duration, u64),
    achieved: Option<f64>,
}

impl PlaybackSpeed {
    /// Multiples of real time, in ascending order; after the last one comes "unlimited".
    pub(super) const MULTIPLES: [f64; 16] = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0,
        1_000.0,
    ];
    const UNLIMITED: usize = Self::MULTIPLES.len();

    pub(super) fn real_time(tick: TickPeriod) -> Self {
        Self::at(REAL_TIME, tick)
    }

    /// The same speed, for ticks of another length.
    pub(super) fn of_ticks(&self, tick: TickPeriod) -> Self {
        Self {
            tick,
            ..self.clone()
        }
    }

    /// The speed that is this multiple of real time, if it is one of [`Self::MULTIPLES`].
    pub(super) fn of_multiple(multiple: f64, tick: TickPeriod) -> Option<Self> {
        let is_it = |known: &f64| (known - multiple).abs() < f64::EPSILON;
        let index = Self::MULTIPLES.iter().position(is_it)?;
        Some(Self::at(index, tick))
    }

    fn at(index: usize, tick: TickPeriod) -> Self {
        Self {
            tick,
            index,
            owed: 0.0,
            chunk: MIN_CHUNK,
            window: (Duration::ZERO, 0),
            achieved: None,
        }
    }

    pub(super) fn faster(&mut self) {
        self.set(self.index + 1);
    }

    pub(super) fn slower(&mut self) {
        self.set(self.index.saturating_sub(1));
    }

    pub(super) fn unlimited(&mut self) {
        self.set(Self::UNLIMITED);
    }

    pub(super) fn reset_to_real_time(&mut self) {
        self.set(REAL_TIME);
    }

    fn set(&mut self, index: usize) {
        self.index = index.min(Self::UNLIMITED);
        self.restart_measurement();
    }

    /// Starts a new measurement, as after a pause.
    pub(super) fn restart_measurement(&mut self) {
        self.owed = 0.0;
        self.window = (Duration::ZERO, 0);
        self.achieved = None;
    }

    /// The ticks to play for this much real time.
    pub(super) fn due(&mut self, elapsed: Duration) -> RunTicks {
        let Some(multiple) = Self::MULTIPLES.get(self.index) else {
            return RunTicks(self.chunk);
        };
        self.owed += elapsed.as_secs_f64() * per_second(self.tick) * multiple;
        let whole = self.owed.floor().min(2_f64.powi(53));
        self.owed -= whole;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 2^53"
        )]
        RunTicks(whole as u64)
    }

    /// Records how many ticks were played in how much real time, and how long playing took.
    pub(super) fn record(&mut self, ticks: RunTicks, elapsed: Duration, took: Duration) {
        self.window.0 += elapsed;
        self.window.1 += ticks.0;
        if self.window.0 >= AVERAGED {
            self.achieved = Some(ratio(self.window) / per_second(self.tick));
            self.window = (Duration::ZERO, 0);
        }
        if self.index == Self::UNLIMITED {
            self.chunk = if took > BUDGET {
                (self.chunk / 2).max(MIN_CHUNK)
            } else if took < BUDGET / 2 {
                self.chunk.saturating_mul(2).min(MAX_CHUNK)
            } else {
                self.chunk
            };
        }
    }

    /// The measured speed, as a multiple of real time.
    pub(super) fn achieved(&self) -> Option<f64> {
        self.achieved
    }
}

#[expect(clippy::cast_precision_loss, reason = "only shown, and rounded")]
fn ratio((elapsed, ticks): (Duration, u64)) -> f64 {
    ticks as f64 / elapsed.as_secs_f64()
}

/// The ticks of this length in a second.
pub(super) fn per_second(tick: TickPeriod) -> f64 {
    1e6 / f64::from(tick.as_us())
}

/// The speed that is set: `0.5x`, `max`.
impl fmt::Display for PlaybackSpeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::MULTIPLES.get(self.index) {
            Some(multiple) => write!(f, "{multiple}x"),
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
        let mut speed = PlaybackSpeed::real_time(TickPeriod::MILLISECOND);
        let third = SECOND / 3;
        let ticks: u64 = (0..3).map(|_| speed.due(third).0).sum();
        assert!((999..=1_000).contains(&ticks), "{ticks}");
    }

    #[test]
    fn the_slowest_speed_still_goes_on() {
        let mut speed = PlaybackSpeed::real_time(TickPeriod::MILLISECOND);
        (0..100).for_each(|_| speed.slower());
        assert_eq!(speed.to_string(), "0.01x");
        let frame = Duration::from_millis(10);
        let ticks: u64 = (0..100).map(|_| speed.due(frame).0).sum();
        assert!((9..=10).contains(&ticks), "{ticks}");
    }

    #[test]
    fn unlimited_speed_plays_what_fits_in_a_frame() {
        let mut speed = PlaybackSpeed::real_time(TickPeriod::MILLISECOND);
        speed.unlimited();
        assert_eq!(speed.to_string(), "max");
        let frame = Duration::from_millis(16);
        for _ in 0..30 {
            let ticks = speed.due(frame);
            // A machine that plays 100 ticks a microsecond.
            speed.record(ticks, frame, Duration::from_micros(ticks.0 / 100));
        }
        let ticks = speed.due(frame).0;
        assert!((300_000..=600_000).contains(&ticks), "{ticks}");
    }

    #[test]
    fn real_time_has_as_many_ticks_as_the_app_has_in_a_second() {
        for (us, ticks) in [(1, 1_000_000), (250, 4_000), (100_000, 10)] {
            let mut speed = PlaybackSpeed::real_time(TickPeriod::from_us(us));
            assert_eq!(speed.due(SECOND), RunTicks(ticks));
            speed.record(RunTicks(ticks), SECOND, Duration::ZERO);
            assert_eq!(speed.achieved(), Some(1.0));
        }
    }

    #[test]
    fn the_achieved_speed_is_measured_and_not_the_one_asked_for() {
        let mut speed = PlaybackSpeed::real_time(TickPeriod::MILLISECOND);
        speed.record(RunTicks(1_000), SECOND, SECOND);
        assert_eq!(speed.achieved(), Some(1.0));
        speed.record(RunTicks(250), SECOND, SECOND);
        assert_eq!(speed.achieved(), Some(0.25));
    }
}
