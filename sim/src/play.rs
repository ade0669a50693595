//! Plays a whole script on the host.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use firmware_core::contract::LogValues;
use firmware_core::time::{Instant, Ticks};
use thiserror::Error;

use crate::catalog::AppEntry;
use crate::engine::{Observation, Observer, Player};
use crate::script::{Script, Timed};
use crate::trace::{Entry, Line, MAX_LINES, Trace};

/// How many ticks are played between two looks at whoever watches.
const STRIDE: u32 = 100_000;

/// Why a script was not played to its end.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
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
    /// The app panicked: what it would do on a board nobody can say.
    #[error("app `{app}` panicked at tick {}: {message}", .tick.0)]
    Panicked {
        /// Which app.
        app: &'static str,
        /// At which tick.
        tick: Ticks,
        /// The message, and the place in its source where that is known.
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
    let mut trace = Trace::new(app.interface());
    trace.set_clock(script.clock());
    play(app, script, &mut trace, watch)?;
    if trace.dropped() > 0 {
        return Err(PlayError::TraceFull {
            app: app.interface().name,
        });
    }
    if let Some(error) = trace.entries().iter().find_map(|entry| broken(app, *entry)) {
        return Err(error);
    }
    trace.set_end(script.end());
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
) -> Result<Box<dyn Player>, PlayError> {
    let name = app.interface().name;
    let mut player = guarded(name, Ticks::ZERO, || {
        app.start(script.clock(), script.conditions(), observer)
    })?
    .ok_or(PlayError::ClockNotSettable {
        app: name,
        clock: script.clock(),
    })?;
    check_output_count(app, player.as_ref())?;

    let played = panic_guard(|| play_events(player.as_mut(), script, observer, watch));
    match played {
        Ok(ControlFlow::Continue(())) => Ok(player),
        Ok(ControlFlow::Break(())) => Err(PlayError::Stopped(player.now())),
        Err(message) => Err(PlayError::Panicked {
            app: name,
            tick: player.now(),
            message,
        }),
    }
}

fn play_events(
    player: &mut dyn Player,
    script: &Script,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for same_tick in script.events().chunk_by(|a, b| a.tick == b.tick) {
        advance(player, same_tick[0].tick, observer, watch)?;
        for &Timed { action, .. } in same_tick {
            player.act(action, observer);
        }
        player.settle(observer);
    }
    advance(player, script.end(), observer, watch)
}

fn advance(
    player: &mut dyn Player,
    tick: Ticks,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(Ticks) -> ControlFlow<()>,
) -> ControlFlow<()> {
    while player.now() < tick {
        let next = player.now().saturating_add(Ticks(STRIDE)).min(tick);
        player.advance(next, observer);
        watch(next)?;
    }
    ControlFlow::Continue(())
}

fn check_output_count(app: &AppEntry, player: &dyn Player) -> Result<(), PlayError> {
    let declared = app.interface().outputs.len();
    let shown = player.levels().len();
    if declared == shown {
        return Ok(());
    }
    Err(PlayError::ContractBroken {
        app: app.interface().name,
        tick: Ticks::ZERO,
        problem: format!("it declares {declared} outputs and shows {shown}"),
    })
}

/// What is wrong with something the app showed or said.
fn broken(app: &AppEntry, entry: Entry) -> Option<PlayError> {
    let interface = app.interface();
    let problem = match entry.what {
        Observation::Input(_) => None,
        Observation::Output(index, level) => {
            let output = interface.outputs.get(usize::from(index))?;
            (level > output.range.max()).then(|| {
                format!(
                    "output `{}` is at {}, above the {} it declares",
                    output.name,
                    level.0,
                    output.range.max().0
                )
            })
        }
        Observation::Log(log) => match interface.logs.get(usize::from(log.id.0)) {
            None => Some(format!(
                "it said log {}, and declares {}",
                log.id.0,
                interface.logs.len()
            )),
            Some(kind) => match kind.values {
                LogValues::Words(words) if usize::from(log.value) >= words.len() => Some(format!(
                    "log `{}` has value {}, and declares {} words",
                    Line::new(interface, entry).name,
                    log.value,
                    words.len()
                )),
                LogValues::Words(_) | LogValues::Number => None,
            },
        },
    }?;
    Some(PlayError::ContractBroken {
        app: interface.name,
        tick: entry.tick,
        problem,
    })
}

fn guarded<T>(app: &'static str, tick: Ticks, run: impl FnOnce() -> T) -> Result<T, PlayError> {
    panic_guard(run).map_err(|message| PlayError::Panicked { app, tick, message })
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs an app's code; a panic becomes its message and place instead of unwinding.
fn panic_guard<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    keep_the_place_of_guarded_panics();
    let outer = GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(outer);
    outcome.map_err(|payload| {
        let message = panic_message(payload.as_ref());
        match PLACE.take() {
            Some(place) => format!("{message} ({place})"),
            None => message.to_owned(),
        }
    })
}

/// Only the panic hook is told where a panic happened. Panics of guarded code are kept
/// for the error; all others go to the hook that was there before.
fn keep_the_place_of_guarded_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                PLACE.set(info.location().map(ToString::to_string));
            } else {
                previous(info);
            }
        }));
    });
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
