//! Which tick each frame of a cast shows.

use std::time::Duration;

use lockstep_core::time::RunTicks;

use super::ScreenshotError;

/// The longest cast.
pub const LONGEST: Duration = Duration::from_secs(10 * 60);

/// The most frames a second.
pub const MAX_FPS: u32 = 60;

/// The timing of a cast.
#[derive(Clone, Copy, Debug)]
pub(super) struct CastTiming {
    /// Ticks of the run in a second of the cast.
    pub(super) per_second: f64,
    pub(super) fps: u32,
    /// The longest time without an event.
    pub(super) idle: RunTicks,
}

/// What a cast shows of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct CastContent {
    /// The ticks of events, in order.
    pub(super) events: Vec<RunTicks>,
    /// When buttons go down and come up, in order.
    pub(super) presses: Vec<(RunTicks, RunTicks)>,
    pub(super) end: RunTicks,
}

/// The tick of each frame, from the first to the last.
pub(super) fn frames(
    run: &CastContent,
    flow: CastTiming,
) -> Result<Vec<RunTicks>, ScreenshotError> {
    let step = flow.per_second / f64::from(flow.fps);
    let most = usize::try_from(LONGEST.as_secs() * u64::from(flow.fps)).unwrap_or(usize::MAX);
    let mut frames = vec![RunTicks::ZERO];
    let mut position = 0.0;
    let mut seen = RunTicks::ZERO;
    while seen < run.end {
        if frames.len() > most {
            return Err(ScreenshotError::TooLong);
        }
        position = skip_idle(run, flow.idle, position + step);
        let now = whole(position).min(run.end);
        let shown = unseen_press(&run.presses, seen, now).unwrap_or(now);
        frames.push(shown);
        seen = now;
    }
    Ok(frames)
}

/// Leaves out the middle of a time without events that is too long.
fn skip_idle(run: &CastContent, idle: RunTicks, position: f64) -> f64 {
    let now = whole(position);
    let next = run.events.partition_point(|event| *event <= now);
    let before = next
        .checked_sub(1)
        .map_or(RunTicks::ZERO, |last| run.events[last]);
    let after = run
        .events
        .get(next)
        .copied()
        .unwrap_or(run.end)
        .min(run.end);
    let quiet = after.saturating_sub(before);
    let half = RunTicks(idle.0 / 2);
    if quiet > idle && now.saturating_sub(before) >= half {
        position.max(after.saturating_sub(half).0 as f64)
    } else {
        position
    }
}

/// A press that begins and ends between two frames, to be shown in the second one: otherwise
/// the cast would not show why an output changes.
fn unseen_press(
    presses: &[(RunTicks, RunTicks)],
    seen: RunTicks,
    now: RunTicks,
) -> Option<RunTicks> {
    let begun = presses.partition_point(|(from, _)| *from <= now);
    presses[..begun]
        .iter()
        .rev()
        .take_while(|(from, _)| *from > seen)
        .find(|(_, to)| *to <= now)
        .map(|(from, _)| *from)
}

fn whole(position: f64) -> RunTicks {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never below 0, and saturates after the end"
    )]
    RunTicks(position as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL_TIME: CastTiming = CastTiming {
        per_second: 1_000.0,
        fps: 20,
        idle: RunTicks(2_000),
    };

    fn run(events: &[u64], end: u64) -> CastContent {
        CastContent {
            events: events.iter().copied().map(RunTicks).collect(),
            presses: Vec::new(),
            end: RunTicks(end),
        }
    }

    #[test]
    fn frames_are_as_far_apart_as_they_should_and_the_last_is_the_end() {
        let frames = frames(&run(&[0, 100], 120), REAL_TIME).unwrap();
        assert_eq!(frames, [0, 50, 100, 120].map(RunTicks));
    }

    #[test]
    fn the_middle_of_a_long_quiet_time_is_left_out() {
        let frames = frames(&run(&[0, 10_000], 10_100), REAL_TIME).unwrap();
        assert_eq!(frames.len(), 1 + (10_100 - 8_000) / 50);
        assert!(frames.contains(&RunTicks(950)) && frames.contains(&RunTicks(9_050)));
        assert!(!frames.iter().any(|tick| (1_001..9_000).contains(&tick.0)));
    }

    #[test]
    fn no_press_is_too_short_to_be_seen() {
        let mut run = run(&[0, 60, 70], 200);
        run.presses = vec![(RunTicks(60), RunTicks(70))];
        let frames = frames(&run, REAL_TIME).unwrap();
        assert_eq!(frames, [0, 50, 60, 150, 200].map(RunTicks));
    }

    #[test]
    fn ten_minutes_are_enough() {
        let every_second: Vec<_> = (0..601).map(|second| second * 1_000).collect();
        assert!(frames(&run(&every_second, 600_000), REAL_TIME).is_ok());
        let error = frames(&run(&every_second, 600_100), REAL_TIME).unwrap_err();
        assert!(matches!(error, ScreenshotError::TooLong));
    }
}
