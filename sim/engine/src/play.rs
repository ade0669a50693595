//! Plays a whole script on the host.

use std::ops::ControlFlow;

use lockstep_core::app::LogValues;
use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, Ticks};
use thiserror::Error;

use crate::dyn_runner::{DynRunner, Observation, Observer};
use crate::registry::AppEntry;
use crate::script::{Action, BootCondition, Script, ScriptEvent};
use crate::trace::{Entry, Line, MAX_LINES, Trace};

/// How many ticks are played between two calls of `watch`.
const STRIDE: u32 = 100_000;

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
        tick: Ticks,
        /// The message, as the [`PanicGuard`](crate::panic_guard::PanicGuard) of the app has it.
        message: String,
    },
    /// The app gave an output or a log that it does not declare.
    #[error("app `{app}` broke its contract at tick {}: {problem}", .tick.0)]
    ContractBroken {
        /// The app.
        app: &'static str,
        /// The tick.
        tick: Ticks,
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
    Stopped(Ticks),
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
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
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
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
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
    let name = app.descriptor().name();
    check_buttons(app, script)?;
    check_boot_conditions(app, script)?;
    let panic_error = |message| PlayError::Panicked {
        app: name,
        tick: Ticks::ZERO,
        message,
    };
    let started = app.panic_guard().run(|| {
        let mut runner = app.start(script.clock(), script.condition(), observer)?;
        let at_zero = script
            .events()
            .partition_point(|event| event.tick == Ticks::ZERO);
        apply(runner.as_mut(), &script.events()[..at_zero], observer);
        Some(runner)
    });
    let runner = started
        .map_err(panic_error)?
        .ok_or(PlayError::ClockNotSettable {
            app: name,
            clock: script.clock(),
        })?;
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
    tick: Ticks,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
) -> Result<(), PlayError> {
    let events = between(events, runner.now(), tick);
    guarded(runner, |runner| {
        for same_tick in events.chunk_by(|a, b| a.tick == b.tick) {
            advance(runner, same_tick[0].tick, observer, watch)?;
            apply(runner, same_tick, observer);
        }
        advance(runner, tick, observer, watch)
    })
}

/// Plays one event at the present tick of the runner.
///
/// # Errors
///
/// [`PlayError::Panicked`].
pub fn apply_now(
    runner: &mut dyn DynRunner,
    event: ScriptEvent,
    observer: &mut dyn Observer,
) -> Result<(), PlayError> {
    guarded(runner, |runner| {
        apply(runner, &[event], observer);
        ControlFlow::Continue(())
    })
}

/// The state of the app as its `Debug` prints it, or the message of its panic.
pub fn state_of(runner: &dyn DynRunner) -> String {
    let state = runner.panic_guard().run(|| runner.state());
    state.unwrap_or_else(|message| format!("panicked: {message}"))
}

fn guarded(
    runner: &mut dyn DynRunner,
    run: impl FnOnce(&mut dyn DynRunner) -> ControlFlow<()>,
) -> Result<(), PlayError> {
    match runner.panic_guard().run(|| run(runner)) {
        Ok(ControlFlow::Continue(())) => Ok(()),
        Ok(ControlFlow::Break(())) => Err(PlayError::Stopped(runner.now())),
        Err(message) => Err(PlayError::Panicked {
            app: runner.descriptor().name(),
            tick: runner.now(),
            message,
        }),
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

/// Makes sure that the app gave only outputs and logs that it declares.
///
/// # Errors
///
/// [`PlayError::ContractBroken`] for the first entry that is anything else.
pub fn check_contract(app: &AppEntry, entries: &[Entry]) -> Result<(), PlayError> {
    match entries.iter().find_map(|entry| contract_error(app, *entry)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn check_buttons(app: &AppEntry, script: &Script) -> Result<(), PlayError> {
    let descriptor = app.descriptor();
    let unknown = script.events().iter().find_map(|event| match event.action {
        Action::Button(button, _) if usize::from(button.0) >= descriptor.buttons().len() => {
            Some(button)
        }
        Action::Button(..) | Action::Reset(_) => None,
    });
    match unknown {
        Some(button) => Err(PlayError::NoSuchButton {
            app: descriptor.name(),
            button,
            count: descriptor.buttons().len(),
        }),
        None => Ok(()),
    }
}

fn check_boot_conditions(app: &AppEntry, script: &Script) -> Result<(), PlayError> {
    let descriptor = app.descriptor();
    let resets = script
        .events()
        .iter()
        .filter_map(|event| match event.action {
            Action::Reset(condition) => Some(condition),
            Action::Button(..) => None,
        });
    let mut conditions = resets.chain([script.condition()]);
    match conditions.find(|condition| descriptor.boot_condition_name(*condition).is_none()) {
        None => Ok(()),
        Some(condition) => Err(PlayError::NoSuchBootCondition {
            app: descriptor.name(),
            condition,
            count: descriptor.boot_conditions().len(),
        }),
    }
}

/// The events after one tick, up to and including another.
pub(crate) fn between(events: &[ScriptEvent], after: Ticks, until: Ticks) -> &[ScriptEvent] {
    let first = events.partition_point(|event| event.tick <= after);
    let last = events.partition_point(|event| event.tick <= until);
    &events[first..last.max(first)]
}

fn apply(runner: &mut dyn DynRunner, events: &[ScriptEvent], observer: &mut dyn Observer) {
    for &ScriptEvent { action, .. } in events {
        runner.apply(action, observer);
    }
    if !events.is_empty() {
        runner.flush_outputs(observer);
    }
}

fn advance(
    runner: &mut dyn DynRunner,
    tick: Ticks,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
) -> ControlFlow<()> {
    while runner.now() < tick {
        let next = runner.now().saturating_add(Ticks(STRIDE)).min(tick);
        runner.advance(next, observer);
        watch(next)?;
    }
    ControlFlow::Continue(())
}

/// How an entry breaks the contract of the app, if it does.
fn contract_error(app: &AppEntry, entry: Entry) -> Option<PlayError> {
    let descriptor = app.descriptor();
    let problem = match entry.what {
        Observation::Input(_) => None,
        Observation::Output(index, level) => {
            let output = descriptor.outputs().get(usize::from(index))?;
            (level > output.range().max()).then(|| {
                format!(
                    "output `{}` is at {}, above the {} it declares",
                    output.name(),
                    level.0,
                    output.range().max().0
                )
            })
        }
        Observation::Log(log) => match descriptor.logs().get(usize::from(log.id.0)) {
            None => Some(format!(
                "it logged kind {}, and declares {} kinds",
                log.id.0,
                descriptor.logs().len()
            )),
            Some(kind) => match kind.values() {
                LogValues::Words(words) if usize::from(log.value) >= words.len() => Some(format!(
                    "log `{}` has value {}, and declares {} words",
                    Line::new(descriptor, entry).name,
                    log.value,
                    words.len()
                )),
                LogValues::Words(_) | LogValues::Number => None,
            },
        },
    }?;
    Some(PlayError::ContractBroken {
        app: descriptor.name(),
        tick: entry.tick,
        problem,
    })
}
