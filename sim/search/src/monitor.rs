//! What is asked of the behaviours of an app, as an automaton that is stepped from moment to moment.

use lockstep_core::action::Action;
use lockstep_core::app::Log;
use lockstep_core::contacts::Contacts;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;

/// A half of a tick, as everything stands at its end: time has passed, or the inputs of the tick
/// were applied.
///
/// A tick without inputs has one moment, and so has power-up. What happened in the same half before
/// a reset belongs to no moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// The ticks since the moment before: 0 where inputs are applied.
    pub elapsed: u32,
    /// How the board came up in this half, if it did.
    pub boot: Option<BootCondition>,
    /// What was done to the app, numbers that it is told after it came up left out.
    pub inputs: &'a [Action],
    /// What it said.
    pub logs: &'a [Log],
    /// The levels of all outputs before this half, and now. They are equal at power-up.
    pub levels_before: &'a [Level],
    /// The levels of all outputs.
    pub levels: &'a [Level],
    /// The contacts of all buttons.
    pub contacts: Contacts,
    /// What the number inputs were before this half.
    pub numbers_before: &'a [i32],
    /// What the number inputs are.
    pub numbers: &'a [i32],
}

/// Some of the rules of a [`Monitor`], by their places: at most 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RuleSet(pub u64);

impl RuleSet {
    /// The most rules.
    pub const MAX: usize = 64;

    /// No rule.
    pub const NONE: Self = Self(0);

    /// The first so many rules.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        if count >= Self::MAX {
            return Self(u64::MAX);
        }
        Self((1 << count) - 1)
    }

    /// Whether a rule is in it.
    #[must_use]
    pub const fn contains(self, rule: usize) -> bool {
        rule < Self::MAX && self.0 & (1 << rule) != 0
    }

    /// Adds a rule; one beyond [`RuleSet::MAX`] is none.
    pub const fn insert(&mut self, rule: usize) {
        if rule < Self::MAX {
            self.0 |= 1 << rule;
        }
    }

    /// Takes a rule out.
    pub const fn remove(&mut self, rule: usize) {
        if rule < Self::MAX {
            self.0 &= !(1 << rule);
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rules of both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rules, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::MAX).filter(move |rule| self.contains(*rule))
    }
}

/// What a moment means for the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonitorVerdict {
    /// Those that it breaks.
    pub broken: RuleSet,
    /// Those whose goal is reached in it.
    pub reached: RuleSet,
    /// Those of which something was asked in it: whose `whenever` or `after` came about.
    pub exercised: RuleSet,
}

/// Judges behaviours, moment by moment. What it remembers of one is a few words, counted from now:
/// equal words mean equal verdicts on equal futures.
pub trait Monitor: Send + Sync {
    /// How many words it remembers.
    fn word_count(&self) -> usize;

    /// What it remembers before the first moment, in words that are zero.
    fn start(&self, memory: &mut [u32]);

    /// Takes the next moment. Rules outside of `asked` are not judged, and remember nothing.
    fn step(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> MonitorVerdict;

    /// How many ticks in which nothing happens can be taken as one moment, at least 1: none of
    /// those before the last would be judged otherwise.
    fn idle_ticks(&self, memory: &[u32]) -> u32;
}

/// Asks nothing.
impl Monitor for () {
    fn word_count(&self) -> usize {
        0
    }

    fn start(&self, _: &mut [u32]) {}

    fn step(&self, _: &mut [u32], _: &Moment<'_>, _: RuleSet) -> MonitorVerdict {
        MonitorVerdict::default()
    }

    fn idle_ticks(&self, _: &[u32]) -> u32 {
        u32::MAX
    }
}
