//! What an exploration goes by, the same for all of its threads.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use lockstep_core::app::App;

use crate::arrivals::Arrivals;
use crate::choice_code::ChoiceCode;
use crate::collector::{Collector, MarkKind, Origin};
use crate::input_model::Inputs;
use crate::monitor::RuleSet;
use crate::settings::{Order, Settings};
use crate::stepper::{Skips, Stepper};
use crate::store::{SHARDS, Shard, StateId};

/// What an exploration goes by.
pub(crate) struct Plan<'a, A> {
    pub(crate) build: &'a (dyn Fn() -> A + Send + Sync),
    pub(crate) settings: &'a Settings<'a>,
    pub(crate) inputs: Inputs,
    pub(crate) code: ChoiceCode,
    pub(crate) is_compact: bool,
    pub(crate) merges_ticks: bool,
}

/// All situations.
pub(crate) type Shards<A> = [RwLock<Shard<A>>];

impl<'a, A: App + Clone + Eq + Hash> Plan<'a, A> {
    pub(crate) fn new(
        build: &'a (dyn Fn() -> A + Send + Sync),
        settings: &'a Settings<'a>,
    ) -> Self {
        let inputs = Inputs::new(settings.inputs.clone());
        Self {
            build,
            settings,
            code: ChoiceCode::new(inputs.few_choices()),
            inputs,
            is_compact: settings.is_compact
                && settings.order == Order::Ticks
                && !settings.is_sparse
                && settings.always_possible.is_empty(),
            merges_ticks: settings.merges_ticks
                && !settings.is_sparse
                && settings.always_possible.is_empty(),
        }
    }

    /// Whether it can be kept, and gone on with.
    pub(crate) fn is_resumable(&self) -> bool {
        self.settings.order == Order::Ticks && !self.settings.is_sparse
    }

    pub(crate) fn shards(&self) -> Vec<RwLock<Shard<A>>> {
        let keeps_edges = !self.settings.always_possible.is_empty();
        let shards = (0..SHARDS).map(|number| {
            let shard = Shard::new(number, self.word_count(), keeps_edges, self.settings.order);
            RwLock::new(match self.is_compact {
                true => shard.compacted(&self.code),
                false => shard,
            })
        });
        shards.collect()
    }

    pub(crate) fn word_count(&self) -> usize {
        self.inputs.word_count() + self.settings.monitor.word_count()
    }

    pub(crate) fn stepper(&self, asked: RuleSet) -> Stepper<'_, A> {
        let skips = Skips {
            idle: self.settings.passes_idle,
            // What stays possible is counted in edges.
            forced: self.settings.skips_forced && self.settings.always_possible.is_empty(),
            sparse: self.settings.is_sparse,
        };
        Stepper::new(
            self.build,
            &self.inputs,
            self.settings.monitor,
            asked,
            skips,
        )
    }

    /// Powers the board up, under each condition.
    pub(crate) fn power_up(&self, stepper: &mut Stepper<'_, A>, collector: &mut Collector<'_, A>) {
        for (place, condition) in (0..).zip(self.inputs.boots()) {
            collector.origin = Origin::boot(place);
            self.with_panics(stepper, collector, 0, |stepper, from, collector| {
                stepper.power_up(*condition, from, collector);
            });
        }
        collector.flush();
    }

    /// Goes on from some situations; where ticks are merged, up to what can be done in the next.
    pub(crate) fn expand(
        &self,
        stepper: &mut Stepper<'_, A>,
        chunk: &[StateId],
        collector: &mut Collector<'_, A>,
    ) {
        let mut words = Vec::new();
        self.each(
            chunk.len(),
            stepper,
            collector,
            |at, from, stepper, collector| {
                let id = chunk.get(at).copied();
                if let Some(app) = id.and_then(|id| collector.begin(id, &mut words)) {
                    match self.merges_ticks {
                        true => stepper.step_to_inputs(app, &words, collector),
                        false => stepper.step(app, &words, from, collector),
                    }
                }
            },
        );
    }

    /// Plays what can be done in some ticks.
    pub(crate) fn play_inputs(
        &self,
        stepper: &mut Stepper<'_, A>,
        ticks: &Arrivals<A>,
        collector: &mut Collector<'_, A>,
    ) {
        self.each(
            ticks.len(),
            stepper,
            collector,
            |at, from, stepper, collector| {
                if let Some((app, words, reached)) = ticks.get(at) {
                    collector.begin_inputs(reached);
                    stepper.play_inputs(app, words, from, collector);
                }
            },
        );
    }

    /// Plays something from each of so many places, and after a panic what is left at its place, from
    /// a choice on.
    fn each<'s, 'c>(
        &self,
        count: usize,
        stepper: &mut Stepper<'s, A>,
        collector: &mut Collector<'c, A>,
        mut play: impl FnMut(usize, usize, &mut Stepper<'s, A>, &mut Collector<'c, A>),
    ) {
        let (mut at, mut from) = (0, 0);
        // One guard for all of them: it costs more than a step does.
        while at < count {
            let caught = (self.settings.catch_panic)(&mut || {
                while at < count {
                    play(at, from, stepper, collector);
                    from = 0;
                    at += 1;
                }
            });
            let Err(message) = caught else {
                break;
            };
            match after_panic(stepper, collector, message) {
                Some(next) => from = next,
                None => (at, from) = (at + 1, 0),
            }
        }
        collector.flush();
    }

    /// Plays something from the choice at a place on, and goes on after each panic with what is left.
    pub(crate) fn with_panics<'s, 'c>(
        &self,
        stepper: &mut Stepper<'s, A>,
        collector: &mut Collector<'c, A>,
        from: usize,
        play: impl Fn(&mut Stepper<'s, A>, usize, &mut Collector<'c, A>),
    ) {
        let mut next = Some(from);
        while let Some(from) = next {
            let caught =
                (self.settings.catch_panic)(&mut || play(&mut *stepper, from, &mut *collector));
            next = match caught {
                Ok(()) => None,
                Err(message) => after_panic(stepper, collector, message),
            };
        }
    }
}

/// Notes a panic, and gives the place of the choice after the one that panics.
fn after_panic<A: App + Clone + Eq + Hash>(
    stepper: &Stepper<'_, A>,
    collector: &mut Collector<'_, A>,
    message: String,
) -> Option<usize> {
    let at = stepper.at;
    let choice = at.choice.map(|(_, choice)| choice);
    collector.mark(at.panic_ticks(), choice, MarkKind::Panicked(message));
    at.choice.map(|(place, _)| place + 1)
}

/// Nothing is half changed where a thread panics: an app does, and it is never called in between.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`read`], to change it.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
