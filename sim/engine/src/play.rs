//! Plays a whole script on the host.

mod contract;

pub use contract::check_contract;

use std::ops::ControlFlow;

use lockstep_core::event::ButtonId;
use lockstep_core::ports::Decimal;
use lockstep_core::time::{Instant, RunTicks};
use thiserror::Error;

use self::contract::{check_boot_conditions, check_ports};
use crate::app_failure::{AppFailure, Ending};
use crate::dyn_runner::{DynRunner, Observer, Stretch};
use crate::registry::{AppEntry, Boot};
use crate::script::{BootCondition, Script, ScriptEvent};
use crate::trace::{MAX_LINES, Trace};

/// How many ticks are played between two calls of `watch`.
const STRIDE: u64 = 100_000;

/// Why a script was not played to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The app cannot start its tick counter at any other value than zero.
    #[error(
        "app `{app}` cannot start its tick counter at {}: it does not implement `App::starting_at`",
        .clock.0
    )]
    ClockNotSettable {
        /// The app.
        app: &'static str,
        /// Where its counter was to start.
        clock: Instant,
    },
    /// The app has no tasks that could be woken otherwise.
    #[error(
        "`--wake` needs an app with tasks, as Embassy firmware has, and `{app}` has none that are known"
    )]
    NoTasks {
        /// The app.
        app: &'static str,
    },
    /// The script moves a button that the app does not have.
    #[error("app `{app}` has {count} buttons, and the script moves number {}", .button.0)]
    NoSuchButton {
        /// The app.
        app: &'static str,
        /// The button, by its index.
        button: ButtonId,
        /// How many the app has.
        count: usize,
    },
    /// The script uses a port that the app does not have.
    #[error("app `{app}` has {count} {ports}, and the script uses number {index}")]
    NoSuchPort {
        /// The app.
        app: &'static str,
        /// What it has too few of: number inputs, or serial lines.
        ports: &'static str,
        /// The port, by its index.
        index: u8,
        /// How many the app has.
        count: usize,
    },
    /// The script sets a number input to what it cannot be.
    #[error(
        "at tick {}: `{input}` of app `{app}` cannot be {number}, expected {min} to {max}", .tick.0
    )]
    NumberOutOfRange {
        /// The app.
        app: &'static str,
        /// The tick.
        tick: RunTicks,
        /// The number input.
        input: &'static str,
        /// What it was to be.
        number: Decimal,
        /// The smallest number it can be.
        min: Decimal,
        /// The largest.
        max: Decimal,
    },
    /// The script comes up under a boot condition that the app does not declare.
    #[error("app `{app}` declares {count} boot conditions, and the script has number {}", .condition.0)]
    NoSuchBootCondition {
        /// The app.
        app: &'static str,
        /// The condition, by its number.
        condition: BootCondition,
        /// How many the app declares.
        count: usize,
    },
    /// The app panicked. What it would do on a board is not known.
    #[error("app `{app}` panicked at tick {}: {message}", .tick.0)]
    Panicked {
        /// The app.
        app: &'static str,
        /// The tick.
        tick: RunTicks,
        /// The message, as the [`PanicGuard`](crate::panic_guard::PanicGuard) of the app has it.
        message: String,
    },
    /// The app ended the process that it was played in.
    #[error("app `{app}` {ending} at tick {}", .tick.0)]
    Ended {
        /// The app.
        app: &'static str,
        /// The tick that it was at.
        tick: RunTicks,
        /// How it ended.
        ending: Ending,
    },
    /// The process that the app was to be played in could not be used.
    #[error("cannot play app `{app}` in a process of its own: {problem}")]
    Process {
        /// The app.
        app: &'static str,
        /// Why not.
        problem: String,
    },
    /// The app gave an output or a log that it does not declare.
    #[error("app `{app}` broke its contract at tick {}: {problem}", .tick.0)]
    ContractBroken {
        /// The app.
        app: &'static str,
        /// The tick.
        tick: RunTicks,
        /// What it did, and what it declares.
        problem: String,
    },
    /// The trace has more lines than can be kept.
    #[error("the trace of app `{app}` has more than {MAX_LINES} lines, the most that are kept")]
    TraceFull {
        /// The app.
        app: &'static str,
    },
    /// The caller stopped it.
    #[error("stopped at tick {}", .0.0)]
    Stopped(RunTicks),
}

/// Plays the script and gives its trace.
///
/// `watch` is called with the tick from time to time, and can stop the run.
///
/// # Errors
///
/// A [`PlayError`] if the script is not played to its end, or its trace cannot be trusted.
pub fn trace(
    app: &AppEntry,
    script: &Script,
    watch: &mut dyn FnMut(RunTicks) -> ControlFlow<()>,
) -> Result<Trace, PlayError> {
    let mut trace = Trace::new(app.descriptor());
    trace.set_clock(script.clock());
    play(app, script, &mut trace, watch)?;
    finish(app, script, &mut trace)?;
    Ok(trace)
}

/// Plays the script for an observer.
///
/// # Errors
///
/// As [`trace()`], but whether the app kept its contract is not checked.
pub fn play(
    app: &AppEntry,
    script: &Script,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(RunTicks) -> ControlFlow<()>,
) -> Result<Box<dyn DynRunner>, PlayError> {
    let mut runner = start(app, script, observer)?;
    play_to(
        runner.as_mut(),
        script.events(),
        script.end(),
        observer,
        watch,
    )?;
    Ok(runner)
}

/// Powers the app up and plays tick 0 of the script.
///
/// # Errors
///
/// A [`PlayError`] if the app cannot start as the script asks, or panics.
pub fn start(
    app: &AppEntry,
    script: &Script,
    observer: &mut dyn Observer,
) -> Result<Box<dyn DynRunner>, PlayError> {
    check_ports(app, script)?;
    check_boot_conditions(app, script)?;
    power_up(
        app,
        script.clock(),
        script.condition(),
        script.events(),
        observer,
    )
}

/// Powers the app up and plays those of its events that are at tick 0.
///
/// # Errors
///
/// As [`start`].
pub(crate) fn power_up(
    app: &AppEntry,
    clock: Instant,
    condition: BootCondition,
    events: &[ScriptEvent],
    observer: &mut dyn Observer,
) -> Result<Box<dyn DynRunner>, PlayError> {
    let name = app.descriptor().name();
    let mut runner = app
        .start(Boot::PowerUp(clock), condition, observer)
        .map_err(|failure| PlayError::of(name, RunTicks::ZERO, failure))?
        .ok_or(PlayError::ClockNotSettable { app: name, clock })?;
    let at_zero = events.partition_point(|event| event.tick == RunTicks::ZERO);
    if at_zero > 0 {
        let stretch = Stretch::new(&events[..at_zero], RunTicks::ZERO);
        runner
            .play(&stretch, observer)
            .map_err(|failure| PlayError::of_runner(runner.as_ref(), failure))?;
    }
    Ok(runner)
}

/// Plays on from where the runner is, up to and including `tick`, with the events between.
///
/// # Errors
///
/// A [`PlayError`] if the app panics or the run is stopped.
pub fn play_to(
    runner: &mut dyn DynRunner,
    events: &[ScriptEvent],
    tick: RunTicks,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(RunTicks) -> ControlFlow<()>,
) -> Result<(), PlayError> {
    let mut events = between(events, runner.now(), tick);
    while runner.now() < tick {
        let next = runner.now().saturating_add(RunTicks(STRIDE)).min(tick);
        let due = events.partition_point(|event| event.tick <= next);
        let (now, later) = events.split_at(due);
        runner
            .play(&Stretch::new(now, next), observer)
            .map_err(|failure| PlayError::of_runner(runner, failure))?;
        events = later;
        if watch(next).is_break() {
            return Err(PlayError::Stopped(next));
        }
    }
    Ok(())
}

/// Plays one event at the present tick of the runner.
///
/// # Errors
///
/// A [`PlayError`] if the app panics or ends its process.
pub fn apply_now(
    runner: &mut dyn DynRunner,
    event: ScriptEvent,
    observer: &mut dyn Observer,
) -> Result<(), PlayError> {
    let now = runner.now();
    let event = ScriptEvent { tick: now, ..event };
    runner
        .play(&Stretch::new(&[event], now), observer)
        .map_err(|failure| PlayError::of_runner(runner, failure))
}

/// The state of the app as its `Debug` prints it, or why it could not be printed; `None` of an
/// app that has no `Debug`.
pub fn state_of(runner: &dyn DynRunner) -> Option<String> {
    runner.state().unwrap_or_else(|failure| {
        Some(match failure {
            AppFailure::Panicked(message) => format!("panicked: {message}"),
            AppFailure::Ended(ending) => ending.to_string(),
            AppFailure::Process(problem) => problem,
        })
    })
}

impl PlayError {
    /// The failure of an app at a tick.
    pub(crate) fn of(app: &'static str, tick: RunTicks, failure: AppFailure) -> Self {
        match failure {
            AppFailure::Panicked(message) => Self::Panicked { app, tick, message },
            AppFailure::Ended(ending) => Self::Ended { app, tick, ending },
            AppFailure::Process(problem) => Self::Process { app, problem },
        }
    }

    pub(crate) fn of_runner(runner: &dyn DynRunner, failure: AppFailure) -> Self {
        Self::of(runner.descriptor().name(), runner.now(), failure)
    }

    /// The tick at which the app failed; `None` where it is not the app that failed.
    #[must_use]
    pub const fn failed_at(&self) -> Option<RunTicks> {
        match self {
            Self::Panicked { tick, .. }
            | Self::Ended { tick, .. }
            | Self::ContractBroken { tick, .. } => Some(*tick),
            _ => None,
        }
    }
}

/// Completes a trace of the whole script, if it can be trusted.
///
/// # Errors
///
/// A [`PlayError`] if the trace is incomplete, or the app broke its contract.
pub fn finish(app: &AppEntry, script: &Script, trace: &mut Trace) -> Result<(), PlayError> {
    if trace.dropped() > 0 {
        return Err(PlayError::TraceFull {
            app: app.descriptor().name(),
        });
    }
    check_contract(app, trace.entries())?;
    trace.set_end(script.end());
    Ok(())
}

/// The events after one tick, up to and including another.
pub(crate) fn between(events: &[ScriptEvent], after: RunTicks, until: RunTicks) -> &[ScriptEvent] {
    let first = events.partition_point(|event| event.tick <= after);
    let last = events.partition_point(|event| event.tick <= until);
    &events[first..last.max(first)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dyn_runner::Observation;
    use crate::script::{Action, SwitchState};
    use crate::testing::{press_and_reset, trace_of};
    use lockstep_apps::toggle;
    use lockstep_core::output::Level;

    fn toggle() -> AppEntry {
        AppEntry::of::<toggle::Toggle>()
    }

    fn event(tick: u64, button: u8, contact: SwitchState) -> ScriptEvent {
        ScriptEvent {
            tick: RunTicks(tick),
            action: Action::Button(ButtonId(button), contact),
        }
    }

    fn script(events: Vec<ScriptEvent>, end: u64) -> Script {
        Script::new(BootCondition::OK, Instant::ZERO, events, RunTicks(end)).unwrap()
    }

    fn go_on(_: RunTicks) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn events_lie_between_ticks_exclusive_and_inclusive() {
        let events = [2, 3, 3, 6].map(|tick| event(tick, 0, SwitchState::Closed));
        let ticks = |after, until| -> Vec<u64> {
            let between = between(&events, RunTicks(after), RunTicks(until));
            between.iter().map(|event| event.tick.0).collect()
        };
        assert_eq!(ticks(0, 9), [2, 3, 3, 6]);
        assert_eq!(ticks(2, 6), [3, 3, 6]);
        assert!(ticks(3, 5).is_empty());
        assert!(ticks(6, 2).is_empty());
    }

    #[test]
    fn playing_in_parts_is_playing_at_once() {
        let script = press_and_reset();
        let mut trace = Trace::new(toggle().descriptor());
        let mut runner = start(&toggle(), &script, &mut trace).unwrap();
        for tick in [2, 2, 5, script.end().0] {
            let (events, tick) = (script.events(), RunTicks(tick));
            play_to(runner.as_mut(), events, tick, &mut trace, &mut go_on).unwrap();
            assert_eq!(runner.now(), tick);
        }
        finish(&toggle(), &script, &mut trace).unwrap();
        assert_eq!(trace, trace_of(&script));
    }

    #[test]
    fn an_event_at_tick_0_is_played_with_the_power_up() {
        let script = script(vec![event(0, 0, SwitchState::Closed)], 0);
        let runner = start(&toggle(), &script, &mut ()).unwrap();
        assert_eq!(runner.now(), RunTicks::ZERO);
        assert!(runner.is_closed(ButtonId(0)));
        assert_eq!(runner.levels(), [Level(1)]);
    }

    #[test]
    fn a_copy_does_not_follow_the_original() {
        let mut runner = start(&toggle(), &Script::default(), &mut ()).unwrap();
        let copy = runner.copied().unwrap();
        let press = event(0, 0, SwitchState::Closed);
        apply_now(runner.as_mut(), press, &mut ()).unwrap();
        assert_eq!((runner.levels()[0], copy.levels()[0]), (Level(1), Level(0)));
    }

    #[test]
    fn watching_sees_every_stride_and_can_stop_the_run() {
        let end = 2 * STRIDE + 1;
        let mut seen = Vec::new();
        let mut watch = |tick: RunTicks| {
            seen.push(tick.0);
            ControlFlow::Continue(())
        };
        trace(&toggle(), &script(Vec::new(), end), &mut watch).unwrap();
        assert_eq!(seen, [STRIDE, 2 * STRIDE, end]);
        let stopped = trace(&toggle(), &script(Vec::new(), end), &mut |_| {
            ControlFlow::Break(())
        });
        assert_eq!(stopped, Err(PlayError::Stopped(RunTicks(STRIDE))));
    }

    #[test]
    fn a_button_that_the_app_does_not_have_is_refused_before_anything_is_played() {
        let script = script(vec![event(5, 1, SwitchState::Closed)], 9);
        let mut observed = Trace::new(toggle().descriptor());
        let refused = play(&toggle(), &script, &mut observed, &mut go_on).err();
        assert_eq!(
            refused,
            Some(PlayError::NoSuchButton {
                app: "toggle",
                button: ButtonId(1),
                count: 1,
            })
        );
        assert_eq!(observed.entries(), []);
    }

    #[test]
    fn a_trace_that_lacks_lines_is_not_finished() {
        let mut full = Trace::new(toggle().descriptor());
        for _ in 0..=MAX_LINES {
            full.observe(RunTicks::ZERO, Observation::Output(0, Level::OFF));
        }
        let refused = finish(&toggle(), &Script::default(), &mut full);
        assert_eq!(refused, Err(PlayError::TraceFull { app: "toggle" }));
    }
}
