//! What a few situations lead to: looked up where it is reached, and kept there or for later.

use std::sync::{RwLockReadGuard, RwLockWriteGuard};

use crate::arrivals::{Arrivals, TOGETHER};
use crate::input_model::Choice;
use crate::monitor::{MonitorVerdict, RuleSet};
use crate::settings::Order;
use crate::stepper::{Step, Successor};
use crate::store::{Link, Reached, Shard, StateId};

/// What is noted of a few situations beside what they lead to.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) marks: Vec<Mark>,
    pub(crate) exercised: RuleSet,
    pub(crate) transitions: u64,
}

/// Something that was found on the way from a situation.
pub(crate) struct Mark {
    pub(crate) from: Origin,
    pub(crate) step: Option<Step>,
    pub(crate) ticks: u32,
    pub(crate) what: MarkKind,
}

impl Mark {
    /// The tick and how many actions lead there, what comes first before the other.
    pub(crate) fn cost(&self, order: Order) -> (u32, u32) {
        let actions = self.step.map_or(0, |step| step.choice.action_count());
        let actions = self.from.actions.saturating_add(actions);
        let ticks = self.from.depth.saturating_add(self.ticks);
        match order {
            Order::Ticks => (ticks, actions),
            Order::Actions => (actions, ticks),
        }
    }
}

pub(crate) enum MarkKind {
    Verdict(MonitorVerdict),
    Panicked(String),
}

/// Where a step begins.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) parent: StateId,
    pub(crate) depth: u32,
    pub(crate) actions: u32,
}

impl Origin {
    /// The board comes up, under the condition at this place.
    pub(crate) const fn boot(place: u8) -> Self {
        Self {
            parent: StateId::boot(place),
            depth: 0,
            actions: 0,
        }
    }
}

/// A situation that is played again.
pub(crate) struct Found<A> {
    pub(crate) app: A,
    pub(crate) words: Vec<u32>,
    pub(crate) hash: u64,
    /// The ticks to it.
    pub(crate) ticks: u32,
}

/// Where situations go that are reached.
pub(crate) enum Keeper<'a, A> {
    /// To the others.
    Now(Vec<RwLockWriteGuard<'a, Shard<A>>>),
    /// To the others, after all threads have looked at these.
    Later(Vec<RwLockReadGuard<'a, Shard<A>>>),
    /// Nowhere else.
    Only(Vec<Found<A>>),
}

/// Takes what situations lead to.
pub(crate) struct Collector<'a, A> {
    pub(crate) origin: Origin,
    /// The turn of what is gone on from.
    pub(crate) now: u32,
    pub(crate) notes: Notes,
    pub(crate) keeper: Keeper<'a, A>,
    /// What is looked up next, or later.
    pub(crate) waiting: Arrivals<A>,
}

impl<'a, A: Clone + Eq> Collector<'a, A> {
    pub(crate) fn new(now: u32, keeper: Keeper<'a, A>) -> Self {
        Self {
            origin: Origin::boot(0),
            now,
            notes: Notes::default(),
            keeper,
            waiting: Arrivals::new(),
        }
    }

    /// Begins at a situation: gives its app, and puts its words there.
    pub(crate) fn begin(&mut self, id: StateId, words: &mut Vec<u32>) -> Option<A> {
        let shard: &Shard<A> = match &self.keeper {
            Keeper::Now(shards) => shards.get(id.shard())?,
            Keeper::Later(shards) => shards.get(id.shard())?,
            Keeper::Only(..) => return None,
        };
        let link = shard.link(id)?;
        self.origin = Origin {
            parent: shard.number(id),
            depth: link.depth,
            actions: link.actions,
        };
        words.clear();
        words.extend_from_slice(shard.words(id));
        shard.app(id).cloned()
    }

    /// Begins in the tick to which time led, from where its inputs are played.
    pub(crate) const fn begin_inputs(&mut self, reached: &Reached) {
        self.origin = Origin {
            parent: reached.link.parent,
            depth: reached.link.depth,
            actions: reached.link.actions,
        };
    }

    /// Counts transitions.
    pub(crate) fn count(&mut self, transitions: usize) {
        self.notes.transitions += u64::try_from(transitions).unwrap_or(u64::MAX);
    }

    /// Takes an app, for what a step leads to with it: [`Collector::reach`].
    pub(crate) fn push(&mut self, app: A) -> &mut A {
        self.waiting.push_app(app)
    }

    /// Takes what a step leads to, with the app that was pushed.
    pub(crate) fn reach(&mut self, successor: &Successor<'_>) {
        let Successor {
            words,
            hash,
            step,
            goals,
            awaits_inputs,
        } = *successor;
        let link = Link {
            parent: self.origin.parent,
            choice: step.choice,
            depth: self.origin.depth.saturating_add(step.ticks),
            actions: self.origin.actions + step.choice.action_count(),
        };
        let reached = Reached {
            hash,
            link,
            goals: goals.0,
            awaits_inputs,
        };
        if let Keeper::Only(found) = &mut self.keeper {
            found.extend(self.waiting.pop_app().map(|app| Found {
                app,
                words: words.to_vec(),
                hash,
                ticks: step.ticks,
            }));
            return;
        }
        self.waiting.push_reached(words, reached);
        if self.waiting.len() >= TOGETHER && matches!(self.keeper, Keeper::Now(_)) {
            self.flush();
        }
    }

    /// Looks up what is left of it, if that is not done later.
    pub(crate) fn flush(&mut self) {
        let Keeper::Now(shards) = &mut self.keeper else {
            return;
        };
        let now = self.now;
        self.waiting.look_up(
            0..self.waiting.len(),
            shards,
            |shards, number| Some(&**shards.get(number)?),
            |shards, app, words, reached| {
                if let Some(shard) = shards.get_mut(reached.shard()) {
                    shard.insert(app, words, *reached, now);
                }
            },
        );
        self.waiting.clear();
    }

    /// Takes what a moment means for rules. Without a choice it comes before the inputs.
    pub(crate) fn judged(&mut self, verdict: MonitorVerdict, ticks: u32, choice: Option<Choice>) {
        self.notes.exercised = self.notes.exercised.or(verdict.exercised);
        if !verdict.broken.is_empty() || !verdict.reached.is_empty() {
            self.mark(ticks, choice, MarkKind::Verdict(verdict));
        }
    }

    pub(crate) fn mark(&mut self, ticks: u32, choice: Option<Choice>, what: MarkKind) {
        self.notes.marks.push(Mark {
            from: self.origin,
            step: choice.map(|choice| Step { ticks, choice }),
            ticks,
            what,
        });
    }
}
