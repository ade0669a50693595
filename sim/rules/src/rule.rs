//! A rule, and the automaton that judges it.

use lockstep_engine::diagnostic::Span;
use lockstep_search::Moment;

use crate::expression::{Expression, Memory};

/// A rule of a file.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, or else its sentence.
    pub name: String,
    /// Its sentence.
    pub text: String,
    /// Where it is written.
    pub span: Span,
    pub(crate) scope: Scope,
    pub(crate) kind: RuleKind,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    /// This holds at no moment.
    Never(Expression),
    /// This holds at every moment.
    Always(Expression),
    /// Where the first holds, the second does too.
    Together(Expression, Expression),
    /// The second holds within so many ticks of each moment at which the first does.
    Response(Expression, Expression, u32),
    /// This holds again and again, at least every so many ticks.
    Recurrence(Expression, u32),
    /// The second holds for so many ticks from each moment on at which the first does.
    Stability(Expression, Expression, u32),
    /// The second holds at no moment for so many ticks after each at which the first does.
    Absence(Expression, Expression, u32),
    /// This holds at some time.
    Reached(Expression),
    /// However things stand, this can be reached, within so many ticks if that is said.
    AlwaysPossible(Expression, Option<u32>),
}

/// When a rule asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// It opens after a moment at which this holds; without it, when the board comes up.
    pub(crate) opens: Option<Expression>,
    /// It closes before a moment at which this holds.
    pub(crate) closes: Option<Expression>,
    /// It is shut at moments at which this does not hold.
    pub(crate) while_holds: Option<Expression>,
}

/// What a rule says of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) is_broken: bool,
    pub(crate) is_reached: bool,
    /// Something was asked.
    pub(crate) is_exercised: bool,
}

/// No time is being counted. Else there are the ticks that are left, and 1.
const NOTHING: u32 = 0;

const OPEN: u32 = 1;

impl Rule {
    /// What it remembers: whether its scope is open, and the ticks that are left.
    pub(crate) fn word_count(&self) -> usize {
        usize::from(self.scope.is_remembered()) + usize::from(self.kind.counts())
    }

    /// Whether only all behaviours together can tell.
    #[must_use]
    pub fn is_of_all_behaviours(&self) -> bool {
        matches!(
            self.kind,
            RuleKind::Reached(_) | RuleKind::AlwaysPossible(..)
        )
    }

    /// Whether there can be behaviours in which nothing is asked.
    pub(crate) fn asks_sometimes(&self) -> bool {
        self.scope.is_conditional() || self.kind.has_trigger()
    }

    /// Forgets what happened before the board came up.
    pub(crate) fn restart(&self, words: &mut [u32]) {
        words.fill(NOTHING);
        if self.scope.is_remembered()
            && self.scope.opens.is_none()
            && let Some(word) = words.first_mut()
        {
            *word = OPEN;
        }
    }

    /// Takes the next moment.
    pub(crate) fn step(
        &self,
        words: &mut [u32],
        moment: &Moment<'_>,
        memory: &Memory,
        remembered: &[u32],
    ) -> Verdict {
        let holds = |it: &Expression| it.holds(moment, memory, remembered);
        let (scope_words, count) = words.split_at_mut(usize::from(self.scope.is_remembered()));
        let is_open = match scope_words.first_mut() {
            Some(word) => self.scope.is_open(word, holds),
            None => true,
        };
        let is_active = is_open && self.scope.while_holds.as_ref().is_none_or(holds);
        let mut none = NOTHING;
        let left = count.first_mut().unwrap_or(&mut none);
        *left = match *left {
            NOTHING => NOTHING,
            left => left.saturating_sub(moment.elapsed).max(1),
        };
        if !is_active {
            *left = NOTHING;
            return Verdict::default();
        }
        let mut verdict = self.kind.step(left, moment, holds);
        // A scope that opens is what something is asked of.
        verdict.is_exercised |= self.scope.is_conditional() && !self.kind.has_trigger();
        verdict
    }

    /// The ticks that are left.
    pub(crate) fn ticks_left(&self, words: &[u32]) -> Option<u32> {
        let word = words.get(usize::from(self.scope.is_remembered()));
        match word.copied().filter(|_| self.kind.counts()) {
            None | Some(NOTHING) => None,
            Some(left) => Some(left - 1),
        }
    }
}

impl Scope {
    fn is_remembered(&self) -> bool {
        self.opens.is_some() || self.closes.is_some()
    }

    fn is_conditional(&self) -> bool {
        self.opens.is_some() || self.while_holds.is_some()
    }

    /// Whether it is open at this moment; it may open after it.
    fn is_open(&self, word: &mut u32, holds: impl Fn(&Expression) -> bool) -> bool {
        if self.closes.as_ref().is_some_and(&holds) {
            *word = NOTHING;
        }
        let is_open = *word == OPEN;
        if self.opens.as_ref().is_some_and(&holds) {
            *word = OPEN;
        }
        is_open
    }
}

impl RuleKind {
    /// Whether it counts ticks.
    const fn counts(&self) -> bool {
        matches!(
            self,
            Self::Response(..) | Self::Recurrence(..) | Self::Stability(..) | Self::Absence(..)
        )
    }

    /// Whether it asks for something only where something else holds.
    const fn has_trigger(&self) -> bool {
        matches!(
            self,
            Self::Together(..) | Self::Response(..) | Self::Stability(..) | Self::Absence(..)
        )
    }

    fn step(
        &self,
        left: &mut u32,
        moment: &Moment<'_>,
        holds: impl Fn(&Expression) -> bool,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        match self {
            Self::Never(it) => verdict.is_broken = holds(it),
            Self::Always(it) => verdict.is_broken = !holds(it),
            Self::Together(trigger, other) => {
                verdict.is_exercised = holds(trigger);
                verdict.is_broken = verdict.is_exercised && !holds(other);
            }
            Self::Response(trigger, response, within) => {
                verdict.is_exercised = holds(trigger);
                if holds(response) {
                    *left = NOTHING;
                } else if *left == NOTHING && verdict.is_exercised {
                    *left = within.saturating_add(1);
                }
                verdict.is_broken = is_over(*left, moment);
            }
            Self::Recurrence(it, within) => {
                if *left == NOTHING || holds(it) {
                    *left = within.saturating_add(1);
                }
                verdict.is_broken = is_over(*left, moment);
            }
            Self::Stability(trigger, it, length) => {
                verdict.is_exercised = holds(trigger);
                if verdict.is_exercised {
                    *left = length.saturating_add(1);
                }
                verdict.is_broken = *left != NOTHING && !holds(it);
                close_if_over(left, moment);
            }
            Self::Absence(trigger, it, length) => {
                verdict.is_broken = *left != NOTHING && holds(it);
                close_if_over(left, moment);
                verdict.is_exercised = holds(trigger);
                if verdict.is_exercised {
                    *left = length.saturating_add(1);
                }
            }
            Self::Reached(it) | Self::AlwaysPossible(it, _) => verdict.is_reached = holds(it),
        }
        verdict
    }
}

/// Whether the time is over: a window ends before the inputs of its last tick.
const fn is_over(left: u32, moment: &Moment<'_>) -> bool {
    left == 1 && moment.elapsed > 0
}

const fn close_if_over(left: &mut u32, moment: &Moment<'_>) {
    if is_over(*left, moment) {
        *left = NOTHING;
    }
}
