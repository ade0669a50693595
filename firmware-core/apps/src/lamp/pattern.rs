//! How the light changes by itself.

use super::context::Context;
use super::messages;
use super::tuning::Tuning;
use lockstep_core::app::Log;
use lockstep_core::time::Instant;
use lockstep_core::timer::Periodic;
use lockstep_core::wakeup::Wakeup;

/// A pattern and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    phase: Phase,
    /// `None` when nothing moves.
    beat: Option<Periodic>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Steady,
    Blink { bright: bool },
    Breathe { step: u8, rising: bool },
}

const BLINK: Phase = Phase::Blink { bright: true };
const BREATHE: Phase = Phase::Breathe {
    step: 0,
    rising: true,
};

impl Pattern {
    /// The names of what [`Pattern::phase`] gives.
    pub(super) const PHASES: &'static [&'static str] = &[
        "steady",
        "blink-bright",
        "blink-dark",
        "breathe-up",
        "breathe-down",
    ];

    /// How it stands, as a place in [`Pattern::PHASES`].
    pub(super) const fn phase(&self) -> usize {
        match self.phase {
            Phase::Steady => 0,
            Phase::Blink { bright: true } => 1,
            Phase::Blink { bright: false } => 2,
            Phase::Breathe { rising: true, .. } => 3,
            Phase::Breathe { rising: false, .. } => 4,
        }
    }

    pub(super) const fn steady() -> Self {
        Self {
            phase: Phase::Steady,
            beat: None,
        }
    }

    /// Goes on to the next pattern, at its beginning, and names it.
    pub(super) fn choose_next(&mut self, now: Instant, tuning: &Tuning) -> Log {
        let (phase, name) = match self.phase {
            Phase::Steady => (BLINK, messages::PATTERN_BLINK),
            Phase::Blink { .. } => (BREATHE, messages::PATTERN_BREATHE),
            Phase::Breathe { .. } => (Phase::Steady, messages::PATTERN_STEADY),
        };
        self.phase = phase;
        self.start(now, tuning);
        name
    }

    /// Sets the pattern moving, from its beginning: a pattern that is not moving stands
    /// there.
    pub(super) fn start(&mut self, now: Instant, tuning: &Tuning) {
        self.beat = match self.phase {
            Phase::Steady => None,
            Phase::Blink { .. } => Some(Periodic::starting(now, tuning.blink_half_period)),
            Phase::Breathe { .. } => Some(Periodic::starting(now, tuning.breathe_step)),
        };
    }

    /// Goes back to the beginning of the pattern and stands still.
    pub(super) const fn stop(&mut self) {
        self.beat = None;
        self.phase = match self.phase {
            Phase::Steady => Phase::Steady,
            Phase::Blink { .. } => BLINK,
            Phase::Breathe { .. } => BREATHE,
        };
    }

    /// True when the pattern has moved.
    pub(super) fn poll(&mut self, context: &Context<'_>) -> bool {
        let moved = self
            .beat
            .as_mut()
            .is_some_and(|beat| beat.poll(context.now));
        if moved {
            self.phase = next(self.phase, context.tuning.breathe_steps);
        }
        moved
    }

    pub(super) fn counted_from(self, now: Instant) -> Self {
        Self {
            beat: self.beat.map(|beat| beat.counted_from(now)),
            ..self
        }
    }

    pub(super) fn next_wakeup(&self, now: Instant) -> Wakeup {
        self.beat
            .map_or(Wakeup::NEVER, |beat| beat.next_wakeup(now))
    }

    /// What the pattern leaves of `brightness` now.
    pub(super) fn apply(&self, brightness: u8, tuning: &Tuning) -> u16 {
        let brightness = u16::from(brightness);
        match self.phase {
            Phase::Steady | Phase::Blink { bright: true } => brightness,
            Phase::Blink { bright: false } => 0,
            Phase::Breathe { step, .. } => (brightness * u16::from(step))
                .checked_div(u16::from(tuning.breathe_steps))
                .unwrap_or(0),
        }
    }
}

const fn next(phase: Phase, steps: u8) -> Phase {
    match phase {
        Phase::Steady => Phase::Steady,
        Phase::Blink { bright } => Phase::Blink { bright: !bright },
        Phase::Breathe { step, rising } => {
            let rising = step == 0 || (rising && step < steps);
            let step = if rising {
                step.saturating_add(1)
            } else {
                step.saturating_sub(1)
            };
            Phase::Breathe { step, rising }
        }
    }
}
