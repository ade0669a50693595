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

/// How many ticks are played between two looks at whoever watches.
const STRIDE: u32 = 100_000;

/// Why a script was not played to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The app cannot start with its tick counter anywhere but at zero.
    #[error(
        "app `{app}` cannot start its tick counter at {}: it does not implement `App::starting_at`",
        .clock.0
    )]
    ClockNotSettable {
        /// Which app.
        app: &'static str,
        /// Where its counter should start.
        clock: Instant,
    },
    /// The script moves a button that the app does not have.
    #[error("app `{app}` has {count} buttons, and the script moves number {}", .button.0)]
    NoSuchButton {
        /// Which app.
        app: &'static str,
        /// The button, by its place.
        button: ButtonId,
        /// How many the app has.
        count: usize,
    },
    /// The script comes up under a boot condition that the app does not declare.
    #[error("app `{app}` declares {count} boot conditions, and the script has number {}", .condition.0)]
    NoSuchBootCondition {
        /// Which app.
        app: &'static str,
        /// The condition, by its place counted from 1.
        condition: BootCondition,
        /// How many the app declares.
        count: usize,
    },
    /// The app panicked: what it would do on a board nobody can say.
    #[error("app `{app}` panicked at tick {}: {message}", .tick.0)]
    Panicked {
        /// Which app.
        app: &'static str,
        /// At which tick.
        tick: Ticks,
        /// The message, as the [`PanicGuard`](crate::panic_guard::PanicGuard) of the app has it.
        message: String,
    },
    /// The app showed or said something that it does not declare.
    #[error("app `{app}` broke its contract at tick {}: {problem}", .tick.0)]
    ContractBroken {
        /// Which app.
        app: &'static str,
        /// At which tick.
        tick: Ticks,
        /// What it did.
        problem: String,
    },
    /// More happened than a trace can keep.
    #[error("the trace of app `{app}` has more than {MAX_LINES} lines, the most that are kept")]
    TraceFull {
        /// Which app.
        app: &'static str,
    },
    /// Whoever watched asked to stop.
    #[error("stopped at tick {}", .0.0)]
    Stopped(Ticks),
}

/// Plays the script and keeps everything that happened.
///
/// `watch` sees the tick every now and then, and may stop the run.
///
/// # Errors
///
/// A [`PlayError`] when the run did not come to its end, or when what was seen cannot be
/// trusted.
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

/// Plays the script and shows `observer` everything that happens.
///
/// # Errors
///
/// As [`trace`], but what was observed is the caller's to judge.
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
/// A [`PlayError`] when the app cannot start as the script asks, or panics.
pub fn start(
    app: &AppEntry,
    script: &Script,
    observer: &mut dyn Observer,
) -> Result<Box<dyn DynRunner>, PlayError> {
    let name = app.descriptor().name();
    check_buttons(app, script)?;
    check_boot_conditions(app, script)?;
    let panicked = |message| PlayError::Panicked {
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
        .map_err(panicked)?
        .ok_or(PlayError::ClockNotSettable {
            app: name,
            clock: script.clock(),
        })?;
    Ok(runner)
}

/// Plays on from where the runner is, up to and with `tick`; of the events, those that lie
/// between are played.
///
/// # Errors
///
/// A [`PlayError`] when the app panics or the run is stopped.
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

/// Does this to the app at the tick where the runner is.
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

/// The app's state as its `Debug` writes it, or what it panicked with there.
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

/// Closes a trace of the whole script, if what it holds can be trusted.
///
/// # Errors
///
/// A [`PlayError`] when it does not hold everything, or the app broke its contract.
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

/// Whether the app showed and said only what it declares.
///
/// # Errors
///
/// [`PlayError::ContractBroken`] for the first entry that is anything else.
pub fn check_contract(app: &AppEntry, entries: &[Entry]) -> Result<(), PlayError> {
    match entries.iter().find_map(|entry| broken(app, *entry)) {
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

/// The events after one tick, up to and with another.
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

/// What is wrong with something the app showed or said.
fn broken(app: &AppEntry, entry: Entry) -> Option<PlayError> {
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
                "it said log {}, and declares {}",
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
