//! Holds what an app with tasks shows against the same app with its tasks woken otherwise.
//!
//! A task may be polled at any time, whether something woke it or not, and has no claim to a wake-up
//! that it does not wait for. One that takes a poll for a wake-up, or is woken by luck alone, works
//! until something else in the firmware changes.

use std::fmt;
use std::ops::ControlFlow;

use lockstep_core::app::App;
use lockstep_core::time::RunTicks;
use serde::{Deserialize, Serialize};

use crate::play::{self, PlayError};
use crate::registry::AppEntry;
use crate::script::Script;
use crate::trace::{Entry, Line, Trace};

/// How the tasks of an app are woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[non_exhaustive]
pub enum WakeupFault {
    /// Every task is also polled where nothing woke it.
    Spurious,
    /// A timer that the task did not ask for again when it was last polled does not wake it.
    Lost,
}

/// What is done otherwise, by the option that asks for it, as the beginning of a sentence.
impl fmt::Display for WakeupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spurious => "with `--wake spurious`",
            Self::Lost => "with `--wake lost`",
        })
    }
}

impl WakeupFault {
    /// What an app does whose trace is another one with it.
    const fn cause(self) -> &'static str {
        match self {
            Self::Spurious => "a task takes any poll for the wake-up that it waits for",
            Self::Lost => "a task relies on a wake-up that it does not wait for",
        }
    }
}

/// An app with tasks, which can be woken in more than one way.
pub trait FaultyWakeups: App {
    /// The app as [`App::new`] makes it, its tasks woken so.
    fn with_fault(fault: WakeupFault) -> Self;
}

/// Plays the script with the tasks of the app woken otherwise. It must show what it shows as usual:
/// `trace`, of the same script.
///
/// `watch` is called with the tick from time to time, and can stop the run.
///
/// # Errors
///
/// [`PlayError::ContractBroken`] at the first difference, [`PlayError::NoTasks`], and those of
/// [`play::trace`].
pub fn check(
    app: &AppEntry,
    script: &Script,
    trace: &Trace,
    fault: WakeupFault,
    watch: &mut dyn FnMut(RunTicks) -> ControlFlow<()>,
) -> Result<(), PlayError> {
    let name = app.descriptor().name();
    let provoked = app
        .with_wakeup_fault(fault)
        .ok_or(PlayError::NoTasks { app: name })?;
    let broken = |tick, problem| PlayError::ContractBroken {
        app: name,
        tick,
        problem,
    };
    let other = match play::trace(&provoked, script, watch) {
        Ok(other) => other,
        Err(error) => {
            return Err(match error.failed_at() {
                Some(tick) => broken(tick, format!("{fault}: {error}")),
                None => error,
            });
        }
    };
    let (usual, other) = (trace.entries(), other.entries());
    let differs = |index: &usize| usual.get(*index) != other.get(*index);
    let Some(first) = (0..usual.len().max(other.len())).find(differs) else {
        return Ok(());
    };
    let (usual, other) = (usual.get(first), other.get(first));
    let tick = [usual, other].into_iter().flatten().map(|entry| entry.tick);
    // What comes earlier has no counterpart.
    let tick = tick.min().unwrap_or(script.end());
    let shown = |entry: Option<&Entry>| match entry {
        Some(entry) if entry.tick == tick => {
            format!("`{}`", Line::new(app.descriptor(), entry))
        }
        Some(_) => "nothing yet".to_owned(),
        None => "nothing".to_owned(),
    };
    Err(broken(
        tick,
        format!(
            "{fault} it gives {}, in the usual run {}: {}",
            shown(other),
            shown(usual),
            fault.cause()
        ),
    ))
}
