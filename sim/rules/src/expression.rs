//! What is asked of a moment: states and events, joined by `and` and `or`.

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::app::{LogId, LogValue};
use lockstep_core::event::{BootCondition, ButtonId};
use lockstep_engine::scenario::TargetLevel;
use lockstep_search::Moment;

/// States and events: any of some, of which each is all of some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) alternatives: Vec<Vec<Term>>,
}

/// A state or an event, or that it is not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) is_negated: bool,
    pub(crate) atom: Atom,
}

/// A state or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Atom {
    /// An output or a number input is this.
    Is(Port, TargetLevel<i32>),
    /// It is this, and was not before.
    Becomes(Port, TargetLevel<i32>),
    /// It is another than before.
    Changes(Port),
    /// The contact of a button is closed.
    Held(ButtonId),
    /// The contact of a button comes into this position.
    Moves(ButtonId, SwitchState),
    /// A log is said, with any value or this one.
    Said(LogId, Option<i32>),
    /// The last log of a kind since the board came up has this value. The kind is one of those that
    /// are remembered, by its place among them.
    LastSaid(usize, TargetLevel<i32>),
    /// The board came up under this condition.
    CameUp(BootCondition),
    /// The board comes up.
    Reset,
    /// What a name stands for.
    Named(Expression),
}

/// An output or a number input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Output(u8),
    Number(u8),
}

/// What is remembered for expressions: how the board came up, and the last logs of some kinds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) remembers_boot: bool,
    pub(crate) logs: Vec<LogId>,
}

impl Memory {
    /// The condition, and whether there was a log and its value for each kind.
    pub(crate) fn word_count(&self) -> usize {
        usize::from(self.remembers_boot) + 2 * self.logs.len()
    }

    /// Takes what happened at a moment.
    pub(crate) fn take(&self, words: &mut [u32], moment: &Moment<'_>) {
        let first = usize::from(self.remembers_boot);
        if let Some(condition) = moment.boot {
            words.fill(0);
            if self.remembers_boot
                && let Some(word) = words.first_mut()
            {
                *word = condition.0.into();
            }
        }
        for log in moment.logs {
            let LogValue::Number(value) = log.value else {
                continue;
            };
            if let Some(place) = self.logs.iter().position(|id| *id == log.id)
                && let Some([is_said, last]) =
                    words.get_mut(first + 2 * place..first + 2 * place + 2)
            {
                *is_said = 1;
                *last = value.cast_unsigned();
            }
        }
    }

    fn boot(&self, words: &[u32]) -> BootCondition {
        let word = words.first().filter(|_| self.remembers_boot);
        BootCondition(word.map_or(0, |word| u8::try_from(*word).unwrap_or(u8::MAX)))
    }

    fn last(&self, words: &[u32], place: usize) -> Option<i32> {
        let first = usize::from(self.remembers_boot) + 2 * place;
        match words.get(first..first + 2)? {
            [1, last] => Some(last.cast_signed()),
            _ => None,
        }
    }
}

impl Expression {
    /// Of one term.
    pub(crate) fn of(atom: Atom) -> Self {
        Self {
            alternatives: vec![vec![Term {
                is_negated: false,
                atom,
            }]],
        }
    }

    /// Whether it holds at a moment.
    pub(crate) fn holds(&self, moment: &Moment<'_>, memory: &Memory, words: &[u32]) -> bool {
        let holds = |term: &Term| term.holds(moment, memory, words);
        self.alternatives.iter().any(|all| all.iter().all(holds))
    }

    /// Whether it depends on how everything stands alone, and on nothing that happens.
    pub(crate) fn is_state(&self) -> bool {
        self.alternatives
            .iter()
            .flatten()
            .all(|term| match &term.atom {
                Atom::Is(..) | Atom::Held(_) | Atom::LastSaid(..) | Atom::CameUp(_) => true,
                Atom::Named(expression) => expression.is_state(),
                _ => false,
            })
    }
}

impl Term {
    fn holds(&self, moment: &Moment<'_>, memory: &Memory, words: &[u32]) -> bool {
        let holds = match &self.atom {
            Atom::Is(port, target) => port.now(moment).is_some_and(|it| meets(*target, it)),
            Atom::Becomes(port, target) => {
                port.now(moment).is_some_and(|it| meets(*target, it))
                    && port.before(moment).is_some_and(|it| !meets(*target, it))
            }
            Atom::Changes(port) => port.now(moment) != port.before(moment),
            Atom::Held(button) => moment.contacts.is_closed(*button),
            Atom::Moves(button, state) => moment.inputs.contains(&Action::Button(*button, *state)),
            Atom::Said(id, value) => moment.logs.iter().any(|log| {
                log.id == *id && value.is_none_or(|value| log.value == LogValue::Number(value))
            }),
            Atom::LastSaid(place, target) => memory
                .last(words, *place)
                .is_some_and(|last| meets(*target, last)),
            Atom::CameUp(condition) => memory.boot(words) == *condition,
            Atom::Reset => moment.boot.is_some(),
            Atom::Named(expression) => expression.holds(moment, memory, words),
        };
        holds != self.is_negated
    }
}

impl Port {
    fn now(self, moment: &Moment<'_>) -> Option<i32> {
        match self {
            Self::Output(index) => moment.levels.get(usize::from(index)).map(|level| level.0),
            Self::Number(index) => moment.numbers.get(usize::from(index)).copied(),
        }
    }

    fn before(self, moment: &Moment<'_>) -> Option<i32> {
        match self {
            Self::Output(index) => {
                let level = moment.levels_before.get(usize::from(index));
                level.map(|level| level.0)
            }
            Self::Number(index) => moment.numbers_before.get(usize::from(index)).copied(),
        }
    }
}

/// Whether a number is what is meant.
fn meets(target: TargetLevel<i32>, number: i32) -> bool {
    match target {
        TargetLevel::On => number > 0,
        TargetLevel::Off => number == 0,
        TargetLevel::Level(level) => number == level,
        TargetLevel::AtLeast(least) => number >= least,
        TargetLevel::AtMost(most) => number <= most,
        TargetLevel::Between(least, most) => (least..=most).contains(&number),
    }
}
