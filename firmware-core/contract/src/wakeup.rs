//! How long nothing happens by itself, so that a world can pass over idle time.
//!
//! The pieces of this crate say when they are due, and an app says the earliest of its own:
//!
//! ```
//! use lockstep_core::time::{Instant, Ticks};
//! use lockstep_core::timer::{Periodic, Timer};
//! use lockstep_core::wakeup::Wakeup;
//!
//! let now = Instant(100);
//! let mut auto_off = Timer::stopped();
//! let heartbeat = Periodic::starting(now, Ticks(500));
//! assert_eq!(auto_off.next_wakeup(now), Wakeup::NEVER);
//!
//! auto_off.start(now, Ticks(30));
//! let earliest = auto_off.next_wakeup(now).min(heartbeat.next_wakeup(now));
//! assert_eq!(earliest, Wakeup::after(Ticks(30)));
//! assert_eq!(earliest.idle_ticks(), Ticks(29));
//! ```

use crate::time::Ticks;

/// When something can happen next by itself. The earliest of two is their [`Ord::min`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wakeup(Ticks);

impl Wakeup {
    /// At the next tick: what whoever keeps no count of time says.
    pub const NEXT_TICK: Self = Self(Ticks(1));

    /// Not before the next input.
    pub const NEVER: Self = Self(Ticks::MAX);

    /// At this tick from now, and at none before it. 0 and 1 are both the next tick.
    ///
    /// [`Ticks::MAX`] is one tick earlier: whoever is asked again then says one more.
    #[must_use]
    pub const fn after(ticks: Ticks) -> Self {
        match ticks {
            Ticks::ZERO => Self::NEXT_TICK,
            Ticks::MAX => Self(Ticks(u32::MAX - 1)),
            ticks => Self(ticks),
        }
    }

    /// How many ticks can be passed over before the one at which something can happen.
    #[must_use]
    pub const fn idle_ticks(self) -> Ticks {
        match self {
            Self::NEVER => Ticks::MAX,
            Self(ticks) => ticks.saturating_sub(Ticks(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_at_which_something_can_happen_is_not_idle() {
        for (wakeup, idle) in [
            (Wakeup::after(Ticks::ZERO), 0),
            (Wakeup::NEXT_TICK, 0),
            (Wakeup::after(Ticks(2)), 1),
            (Wakeup::after(Ticks::MAX), u32::MAX - 2),
            (Wakeup::NEVER, u32::MAX),
        ] {
            assert_eq!(wakeup.idle_ticks(), Ticks(idle), "{wakeup:?}");
        }
    }

    #[test]
    fn the_earliest_of_two_is_the_smaller() {
        let in_ten = Wakeup::after(Ticks(10));
        assert_eq!(in_ten.min(Wakeup::NEVER), in_ten);
        assert_eq!(in_ten.min(Wakeup::NEXT_TICK), Wakeup::NEXT_TICK);
    }
}
