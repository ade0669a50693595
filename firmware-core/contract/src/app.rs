//! The contract between an app and every world that runs it.
//!
//! An app is a plain state machine. Its world builds it, tells it what happens, and
//! looks at what it shows:
//!
//! ```
//! use lockstep_core::app::App;
//! use lockstep_core::event::{BootCondition, Event};
//!
//! fn first_outputs<A: App>() -> A::Outputs {
//!     let mut app = A::new();
//!     app.handle(Event::Init(BootCondition::OK), &mut ());
//!     app.handle(Event::Tick, &mut ());
//!     app.outputs()
//! }
//! ```
//!
//! Any type can be one. What it can do beyond the trait makes more possible: one that is `Clone`
//! is set back by a copy instead of being played again, one that is `Debug` shows its state, and
//! one that says when it wakes next ([`App::next_wakeup`]) is played a million times faster than
//! life.

use core::fmt::Debug;

pub use crate::descriptor::AppDescriptor;
use crate::event::Event;
pub use crate::log::{Log, LogId, LogKind, LogValue, LogValues};
use crate::output::Level;
pub use crate::sink::Sink;
use crate::time::{Instant, Ticks};
use crate::wakeup::Wakeup;

/// Firmware that any world can run.
///
/// What the types cannot enforce and every world relies on: the state changes only in
/// [`App::handle`], [`App::outputs`] depends on the state alone, and neither panics.
pub trait App: Sized {
    /// The names of everything the app has: the one list that panels, scenarios,
    /// waveforms and pin maps are derived from.
    const DESCRIPTOR: AppDescriptor;

    /// The levels of all outputs, in the order [`AppDescriptor::outputs`] declares them:
    /// `[Level; N]`, and no other type, so that the number of outputs cannot change.
    type Outputs: Levels;

    /// The app as it is after a reset, before its first event.
    fn new() -> Self;

    /// Takes one event, and says through `out` what happened, and what it sends.
    fn handle(&mut self, event: Event, out: &mut dyn Sink);

    /// What the app shows now.
    fn outputs(&self) -> Self::Outputs;

    /// When the app can change next by itself, if nobody touches anything.
    ///
    /// Until that tick neither outputs nor logs change, whatever the world does not do: the ticks
    /// before it are passed over, by [`App::pass`]. The app is asked after each event, and again
    /// where a stretch ended before its time. The pieces of this crate answer the same question,
    /// so that an app gives the earliest of their answers. One that does not say is ticked.
    fn next_wakeup(&self) -> Wakeup {
        Wakeup::NEXT_TICK
    }

    /// Lets so many ticks pass at once: fewer than [`App::next_wakeup`] just said.
    ///
    /// The app is afterwards as if it had taken [`Event::Tick`] as often. One that counts ticks
    /// adds them to its counter.
    fn pass(&mut self, ticks: Ticks) {
        for _ in 0..ticks.0 {
            self.handle(Event::Tick, &mut ());
        }
    }

    /// The app with all its times counted from now: as if its tick counter had just been zero.
    ///
    /// Two apps that are equal so go on equally, whenever they came there, which is how a situation
    /// is recognised. The pieces of this crate are counted from now by a method of their own. An
    /// app that cannot say leaves this as it is.
    #[must_use]
    fn counted_from_now(self) -> Option<Self> {
        None
    }

    /// The app as [`App::new`] makes it, but with its tick counter at `now`.
    ///
    /// Scenarios use it to come near the wrap of the counter without waiting 49 days.
    /// An app that keeps no counter, or lets nobody set it, leaves this as it is.
    #[must_use]
    fn starting_at(now: Instant) -> Option<Self> {
        let _ = now;
        None
    }
}

/// The levels of a fixed number of outputs: `[Level; N]`.
pub trait Levels: Copy + Debug + Eq + AsRef<[Level]> + AsMut<[Level]> + sealed::Sealed {
    /// How many outputs there are.
    const COUNT: usize;
    /// All of them off.
    const OFF: Self;
}

impl<const N: usize> Levels for [Level; N] {
    const COUNT: usize = N;
    const OFF: Self = [Level::OFF; N];
}

mod sealed {
    use crate::output::Level;

    pub trait Sealed {}

    impl<const N: usize> Sealed for [Level; N] {}
}
