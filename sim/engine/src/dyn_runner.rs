//! A [`Runner`] of any app behind one type, with what only the host needs: the state as text,
//! and independent copies, of an app that can do either.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_core::app::{App, AppDescriptor};
use lockstep_core::contacts::Contacts;
use lockstep_core::event::ButtonId;
use lockstep_core::output::Level;
use lockstep_core::runner::Runner;
pub use lockstep_core::runner::{Observation, Observer};
use lockstep_core::time::{RunTicks, Ticks};
use lockstep_core::wakeup::Wakeup;
use serde::{Deserialize, Serialize};

use crate::app_failure::AppFailure;
use crate::capabilities::Capabilities;
use crate::panic_guard::PanicGuard;
use crate::script::ScriptEvent;

/// A running app of any type, in this process or in one of its own.
///
/// After an [`AppFailure`] the app is not played on; [`DynRunner::now`] says where it was.
pub trait DynRunner {
    /// What the app declares.
    fn descriptor(&self) -> &'static AppDescriptor;

    /// The tick that was played last.
    fn now(&self) -> RunTicks;

    /// Plays a stretch of a run.
    ///
    /// # Errors
    ///
    /// An [`AppFailure`], after everything that was observed before it.
    fn play(
        &mut self,
        stretch: &Stretch<'_>,
        observer: &mut dyn Observer,
    ) -> Result<(), AppFailure>;

    /// Reports the outputs that have changed and were not observed yet.
    ///
    /// # Errors
    ///
    /// An [`AppFailure`].
    fn flush_outputs(&mut self, observer: &mut dyn Observer) -> Result<(), AppFailure>;

    /// When the app says that it can change next by itself.
    ///
    /// # Errors
    ///
    /// An [`AppFailure`].
    fn next_wakeup(&self) -> Result<Wakeup, AppFailure>;

    /// The levels of all outputs.
    fn levels(&self) -> &[Level];

    /// The contacts of all buttons.
    fn contacts(&self) -> Contacts;

    /// Whether the contact of a button is closed.
    fn is_closed(&self, button: ButtonId) -> bool {
        self.contacts().is_closed(button)
    }

    /// What the number inputs are, as the app declares them.
    fn numbers(&self) -> &[i32];

    /// The state of the app, as its `Debug` prints it over several lines; `None` of an app that
    /// has none.
    ///
    /// # Errors
    ///
    /// An [`AppFailure`].
    fn state(&self) -> Result<Option<String>, AppFailure>;

    /// A number for the state of the app, counted from now, that others most likely do not have;
    /// `None` of an app that cannot be compared, or is played in a process of its own.
    fn situation(&self) -> Option<u64> {
        None
    }

    /// An independent copy; `None` where there is none to be had: then a run is played again.
    fn copied(&self) -> Option<Box<dyn DynRunner>>;

    /// How many copies of one run are worth keeping.
    fn max_copies(&self) -> usize;
}

/// A part of a run: the events from the present tick on, and how far time passes.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The events at the present tick and later, in order.
    pub events: &'a [ScriptEvent],
    /// The last tick, that of the last event or later.
    pub until: RunTicks,
    /// How time passes.
    pub pace: Pace,
    /// Whether the outputs that the events of the last tick change are left to be observed later.
    pub holds_outputs: bool,
    /// Where the app is told about while it runs.
    pub progress: Option<&'a Progress>,
}

/// How time passes in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Pace {
    /// Ticks in which the app says that nothing happens are passed over.
    Passing,
    /// Every tick is played.
    Ticking,
    /// As long as the app says that something can happen in the next tick, at least one tick.
    WhileBusy,
    /// As [`Pace::Passing`], up to the end of the first tick in which anything was observed.
    UntilObserved,
}

/// How far an app has come, for whoever watches it from outside: where neither changes, it is at
/// one tick or event all the time.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Progress {
    /// The tick that is being played.
    pub tick: AtomicU64,
    /// The events that were played.
    pub events: AtomicU64,
}

/// The most ticks that are passed over at once where a [`Progress`] is told of it. An app that counts
/// every one of them does so in milliseconds.
const STEP: Ticks = Ticks(1 << 12);

impl<'a> Stretch<'a> {
    /// Up to and including `until`, with these events.
    #[must_use]
    pub const fn new(events: &'a [ScriptEvent], until: RunTicks) -> Self {
        Self {
            events,
            until,
            pace: Pace::Passing,
            holds_outputs: false,
            progress: None,
        }
    }

    /// The same stretch, in which time passes so.
    #[must_use]
    pub const fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }
}

impl Progress {
    fn at(&self, tick: RunTicks) {
        self.tick.store(tick.0, Ordering::Relaxed);
    }

    fn at_event(&self) {
        // Nobody else writes it.
        let events = self.events.load(Ordering::Relaxed);
        self.events.store(events.wrapping_add(1), Ordering::Relaxed);
    }
}

/// A running app of one type in this process; `B` makes it as it is after a reset.
pub(crate) struct AppRunner<A: App, B> {
    pub(crate) runner: Runner<A, B>,
    pub(crate) capabilities: Capabilities<A>,
    pub(crate) panic_guard: PanicGuard,
}

impl<A: App + 'static, B: Fn() -> A + Clone + 'static> AppRunner<A, B> {
    fn play_stretch(&mut self, stretch: &Stretch<'_>, observer: &mut dyn Observer) {
        let last = stretch.events.last().map(|event| event.tick);
        for same_tick in stretch.events.chunk_by(|a, b| a.tick == b.tick) {
            self.advance(same_tick[0].tick, stretch, observer);
            for event in same_tick {
                if let Some(progress) = stretch.progress {
                    progress.at_event();
                }
                self.runner.apply(event.action, observer);
            }
            if !stretch.holds_outputs || Some(same_tick[0].tick) != last {
                self.runner.flush_outputs(observer);
            }
        }
        self.advance(stretch.until, stretch, observer);
    }

    fn advance(&mut self, until: RunTicks, stretch: &Stretch<'_>, observer: &mut dyn Observer) {
        match (stretch.pace, stretch.progress) {
            (Pace::Passing, None) => self.runner.advance(until, observer),
            (Pace::UntilObserved, _) => {
                let observed = Cell::new(false);
                let mut watched = Watched {
                    observer,
                    observed: &observed,
                };
                self.advance_by_steps(until, stretch, &mut watched, || observed.get());
            }
            _ => self.advance_by_steps(until, stretch, observer, || false),
        }
    }

    fn advance_by_steps(
        &mut self,
        until: RunTicks,
        stretch: &Stretch<'_>,
        observer: &mut dyn Observer,
        is_done: impl Fn() -> bool,
    ) {
        while self.runner.now() < until && !is_done() {
            let idle = match stretch.pace {
                Pace::Ticking => Ticks::ZERO,
                Pace::Passing | Pace::WhileBusy | Pace::UntilObserved => self.runner.idle_ticks(),
            };
            if idle == Ticks::ZERO {
                if let Some(progress) = stretch.progress {
                    progress.at(self.runner.now().saturating_add(RunTicks(1)));
                }
                self.runner.tick(observer);
            } else if stretch.pace == Pace::WhileBusy {
                break;
            } else {
                let left = until.saturating_sub(self.runner.now()).0;
                let left = Ticks(u32::try_from(left).unwrap_or(u32::MAX));
                let passed = idle.min(left).min(STEP);
                if let Some(progress) = stretch.progress {
                    progress.at(self.runner.now().saturating_add(passed.into()));
                }
                self.runner.pass(passed);
            }
        }
    }
}

/// Notes whether anything was observed.
struct Watched<'a> {
    observer: &'a mut dyn Observer,
    observed: &'a Cell<bool>,
}

impl Observer for Watched<'_> {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        self.observed.set(true);
        self.observer.observe(tick, what);
    }
}

impl<A: App + 'static, B: Fn() -> A + Clone + 'static> DynRunner for AppRunner<A, B> {
    fn descriptor(&self) -> &'static AppDescriptor {
        const { &A::DESCRIPTOR }
    }

    fn now(&self) -> RunTicks {
        self.runner.now()
    }

    fn play(
        &mut self,
        stretch: &Stretch<'_>,
        observer: &mut dyn Observer,
    ) -> Result<(), AppFailure> {
        let guard = self.panic_guard;
        let played = guard.run(|| self.play_stretch(stretch, observer));
        played.map_err(AppFailure::Panicked)
    }

    fn flush_outputs(&mut self, observer: &mut dyn Observer) -> Result<(), AppFailure> {
        let guard = self.panic_guard;
        let flushed = guard.run(|| self.runner.flush_outputs(observer));
        flushed.map_err(AppFailure::Panicked)
    }

    fn next_wakeup(&self) -> Result<Wakeup, AppFailure> {
        let wakeup = self.panic_guard.run(|| self.runner.app().next_wakeup());
        wakeup.map_err(AppFailure::Panicked)
    }

    fn levels(&self) -> &[Level] {
        self.runner.levels()
    }

    fn contacts(&self) -> Contacts {
        *self.runner.contacts()
    }

    fn numbers(&self) -> &[i32] {
        self.runner.numbers()
    }

    fn state(&self) -> Result<Option<String>, AppFailure> {
        let guard = self.panic_guard;
        let state = guard.run(|| self.capabilities.state_of(self.runner.app()));
        state.map_err(AppFailure::Panicked)
    }

    fn situation(&self) -> Option<u64> {
        let guard = self.panic_guard;
        let situation = guard.run(|| self.capabilities.situation_of(self.runner.app()));
        situation.ok().flatten()
    }

    fn copied(&self) -> Option<Box<dyn DynRunner>> {
        let runner = self
            .runner
            .copy_with(|app| self.capabilities.copy_of(app))?;
        Some(Box::new(Self { runner, ..*self }))
    }

    fn max_copies(&self) -> usize {
        MAX_COPIES
    }
}

/// Of 4 KB each, they take 4 MB.
const MAX_COPIES: usize = 1024;
