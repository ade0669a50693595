//! What a few situations led to, kept until it is taken in.

use crate::input_model::Choice;
use crate::judge::{Judgement, RuleSet};
use crate::settings::Order;
use crate::stepper::{Step, Successor, Witness};
use crate::store::{Link, Reached, SHARDS, StateId, shard_of};

/// What was reached, with the words of all of them.
pub(crate) type Arrivals<A> = (Vec<Reached<A>>, Vec<u32>);

/// What a few situations led to.
pub(crate) struct Expansion<A> {
    /// By shard, with the words of all of them.
    pub(crate) reached: Vec<Arrivals<A>>,
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
    Judged(Judgement),
    Panicked(String),
}

/// Where a step begins.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) parent: StateId,
    pub(crate) depth: u32,
    pub(crate) actions: u32,
    pub(crate) boot: u8,
}

impl<A> Expansion<A> {
    pub(crate) fn new() -> Self {
        Self {
            reached: (0..SHARDS).map(|_| (Vec::new(), Vec::new())).collect(),
            marks: Vec::new(),
            exercised: RuleSet::NONE,
            transitions: 0,
        }
    }
}

/// Keeps successors for later.
pub(crate) struct Collector<'a, A> {
    pub(crate) origin: Origin,
    pub(crate) expansion: &'a mut Expansion<A>,
}

impl<A> Collector<'_, A> {
    pub(crate) fn mark(&mut self, ticks: u32, choice: Option<Choice>, what: MarkKind) {
        self.expansion.marks.push(Mark {
            from: self.origin,
            step: choice.map(|choice| Step { ticks, choice }),
            ticks,
            what,
        });
    }
}

impl<A> Witness<A> for Collector<'_, A> {
    fn reach(&mut self, successor: Successor<'_, A>) {
        let Origin {
            parent,
            depth,
            actions,
            boot,
        } = self.origin;
        self.expansion.transitions += 1;
        let reached = Reached {
            app: successor.app,
            hash: successor.hash,
            link: Link {
                parent,
                choice: successor.step.choice,
                depth: depth.saturating_add(successor.step.ticks),
                actions: actions + successor.step.choice.action_count(),
                boot,
                is_expanded: false,
            },
            goals: successor.goals.0,
        };
        if let Some((all, words)) = self.expansion.reached.get_mut(shard_of(successor.hash)) {
            all.push(reached);
            words.extend_from_slice(successor.words);
        }
    }

    fn judged(&mut self, judgement: Judgement, ticks: u32, choice: Option<Choice>) {
        self.expansion.exercised = self.expansion.exercised.or(judgement.exercised);
        if !judgement.broken.is_empty() || !judgement.reached.is_empty() {
            self.mark(ticks, choice, MarkKind::Judged(judgement));
        }
    }
}
