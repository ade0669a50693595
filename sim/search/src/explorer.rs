//! Explores breadth first: all situations of one tick before those of the next.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use lockstep_core::app::App;

use crate::expansion::{Arrivals, Collector, Expansion, Mark, MarkKind, Origin};
use crate::input_model::Inputs;
use crate::judge::RuleSet;
use crate::possibility::first_without;
use crate::settings::{Ending, Exploration, Finding, FindingKind, Order, Path, Progress, Settings};
use crate::stepper::{Skips, Step, Stepper, is_counted};
use crate::store::{SHARDS, Shard, StateId};

/// How many situations are gone on from before their successors are kept. It bounds the memory that
/// these take, and rules that are decided are no longer judged after it.
const BATCH: usize = 1 << 13;

/// How many of them one thread takes at once.
const CHUNK: usize = 1 << 8;

/// Below this many it is not worth to wake another thread.
const WORTH_THREADS: usize = 4 * CHUNK;

/// How many situations are shown of an exploration that did not finish.
const SAMPLES: usize = 4_000;

/// One exploration.
pub(crate) struct Explorer<'a, A: App> {
    build: &'a (dyn Fn() -> A + Send + Sync),
    state: Option<fn(&A) -> String>,
    settings: &'a Settings<'a>,
    inputs: Inputs,
    shards: Vec<Shard<A>>,
    asked: RuleSet,
    findings: Vec<Finding>,
    /// What was found and not reported yet: what breaks or reaches a rule, and what panics.
    found: BTreeMap<Option<usize>, Arc<Mark>>,
    exercised: RuleSet,
    has_panicked: bool,
    transitions: u64,
    depth: u32,
}

impl<'a, A: App + Clone + Eq + Hash + Send + Sync> Explorer<'a, A> {
    pub(crate) fn new(
        build: &'a (dyn Fn() -> A + Send + Sync),
        state: Option<fn(&A) -> String>,
        settings: &'a Settings<'a>,
    ) -> Self {
        let inputs = Inputs::new(settings.inputs.clone());
        let words = inputs.word_count() + settings.judge.word_count();
        let keeps_edges = !settings.always_possible.is_empty();
        let possible = settings.always_possible.iter();
        let possible = possible.fold(RuleSet::NONE, |mut all, it| {
            all.insert(it.rule);
            all
        });
        Self {
            build,
            state,
            inputs,
            shards: (0..SHARDS)
                .map(|number| Shard::new(number, words, keeps_edges, settings.order))
                .collect(),
            asked: settings.rules.or(settings.goals).or(possible),
            settings,
            findings: Vec::new(),
            found: BTreeMap::new(),
            exercised: RuleSet::NONE,
            has_panicked: false,
            transitions: 0,
            depth: 0,
        }
    }

    pub(crate) fn explore(mut self) -> Exploration {
        let ending = self.explore_all();
        if ending == Ending::Complete {
            self.judge_possibilities();
        }
        Exploration {
            progress: self.progress(),
            samples: match ending {
                Ending::Complete | Ending::Decided => Vec::new(),
                _ => self.samples(),
            },
            ending,
            findings: self.findings,
            exercised: self.exercised,
            is_counted: is_counted((self.build)()),
        }
    }

    fn explore_all(&mut self) -> Ending {
        let roots = self.roots();
        self.take(vec![roots]);
        loop {
            let Some(level) = self.next_level() else {
                self.depth = u32::MAX - 1;
                self.report();
                self.depth = self.deepest();
                return Ending::Complete;
            };
            for batch in level.chunks(BATCH) {
                if let Some(ending) = self.ending() {
                    return ending;
                }
                let batch: Vec<_> = batch
                    .iter()
                    .copied()
                    .filter(|id| {
                        let shard = self.shards.get_mut(id.shard());
                        shard.is_some_and(|shard| shard.expand(*id, self.depth))
                    })
                    .collect();
                let expansions = self.expand(&batch);
                self.take(expansions);
            }
            self.report();
        }
    }

    fn ending(&self) -> Option<Ending> {
        let progress = self.progress();
        if (self.settings.watch)(&progress).is_break() {
            return Some(Ending::Stopped);
        }
        if progress.states > self.settings.max_states {
            return Some(Ending::StateLimit);
        }
        if progress.memory > self.settings.max_memory {
            return Some(Ending::MemoryLimit);
        }
        // Without a rule it is asked whether the app panics.
        let is_decided = self.asked.is_empty()
            && !self.settings.rules.or(self.settings.goals).is_empty()
            && (self.has_panicked || self.settings.rules.is_empty());
        is_decided.then_some(Ending::Decided)
    }

    fn progress(&self) -> Progress {
        let count = |shard: &Shard<A>| u64::from(shard.len());
        let pending = self.shards.iter().flat_map(|shard| &shard.pending);
        let open: usize = pending.map(Vec::len).sum();
        Progress {
            states: self.shards.iter().map(count).sum(),
            open: u64::try_from(open).unwrap_or(u64::MAX),
            transitions: self.transitions,
            depth: self.depth,
            memory: self.shards.iter().map(Shard::bytes).sum(),
        }
    }

    /// The situations of the next turn that has some, in an order that depends on nothing but them.
    fn next_level(&mut self) -> Option<Vec<StateId>> {
        let longest = self.shards.iter().map(|shard| shard.pending.len()).max()?;
        for turns in 0..longest {
            let mut level = Vec::new();
            for shard in &mut self.shards {
                level.extend(shard.pending.pop_front().unwrap_or_default());
            }
            if !level.is_empty() {
                self.depth = self.depth.saturating_add(u32::try_from(turns).unwrap_or(0));
                for shard in &mut self.shards {
                    shard.pending.push_front(Vec::new());
                }
                return Some(level);
            }
        }
        None
    }

    fn roots(&self) -> Expansion<A> {
        let mut expansion = Expansion::new();
        let mut stepper = self.stepper();
        for (place, condition) in (0..).zip(self.inputs.boots()) {
            let mut collector = Collector {
                origin: Origin {
                    parent: StateId::NONE,
                    depth: 0,
                    actions: 0,
                    boot: place,
                },
                expansion: &mut expansion,
            };
            self.with_panics(&mut stepper, &mut collector, |stepper, from, collector| {
                stepper.power_up(*condition, from, collector);
            });
        }
        expansion
    }

    fn stepper(&self) -> Stepper<'_, A> {
        let skips = Skips {
            idle: self.settings.passes_idle,
            // What stays possible is counted in edges.
            forced: self.settings.skips_forced && self.settings.always_possible.is_empty(),
            sparse: self.settings.is_sparse,
        };
        Stepper::new(
            self.build,
            &self.inputs,
            self.settings.judge,
            self.asked,
            skips,
        )
    }

    /// Plays something, and goes on after each panic with what is left of it.
    fn with_panics<'s>(
        &self,
        stepper: &mut Stepper<'s, A>,
        collector: &mut Collector<'_, A>,
        play: impl Fn(&mut Stepper<'s, A>, usize, &mut Collector<'_, A>),
    ) {
        let mut from = 0;
        loop {
            let caught =
                (self.settings.catch_panic)(&mut || play(&mut *stepper, from, &mut *collector));
            let Err(message) = caught else {
                return;
            };
            let at = stepper.at;
            let choice = at.choice.map(|(_, choice)| choice);
            collector.mark(at.panic_ticks(), choice, MarkKind::Panicked(message));
            match at.choice {
                Some((place, _)) => from = place + 1,
                None => return,
            }
        }
    }

    fn expand(&self, batch: &[StateId]) -> Vec<Expansion<A>> {
        let chunks: Vec<_> = batch.chunks(CHUNK).collect();
        if self.settings.jobs < 2 || batch.len() < WORTH_THREADS {
            return chunks
                .iter()
                .map(|chunk| self.expand_chunk(chunk))
                .collect();
        }
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..self.settings.jobs {
                scope.spawn(|| {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        let Some(chunk) = chunks.get(place) else {
                            break;
                        };
                        let expansion = self.expand_chunk(chunk);
                        if let Ok(mut done) = done.lock() {
                            done.push((place, expansion));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(place, _)| *place);
        done.into_iter().map(|(_, expansion)| expansion).collect()
    }

    fn expand_chunk(&self, chunk: &[StateId]) -> Expansion<A> {
        let mut expansion = Expansion::new();
        let mut stepper = self.stepper();
        let at = Cell::new(0);
        // One guard for all of them: it costs more than a step does.
        while let Some(id) = chunk.get(at.get()) {
            let mut collector = Collector {
                origin: self.origin(*id),
                expansion: &mut expansion,
            };
            let caught = (self.settings.catch_panic)(&mut || {
                while let Some(id) = chunk.get(at.get()) {
                    collector.origin = self.origin(*id);
                    if let Some((app, words)) = self.situation(*id) {
                        stepper.step(app.clone(), words, 0, &mut collector);
                    }
                    at.set(at.get() + 1);
                }
            });
            let Err(message) = caught else {
                break;
            };
            let (stopped, choice) = (stepper.at, stepper.at.choice);
            let chosen = choice.map(|(_, choice)| choice);
            collector.mark(stopped.panic_ticks(), chosen, MarkKind::Panicked(message));
            let id = chunk.get(at.get()).copied();
            if let (Some((place, _)), Some((app, words))) =
                (choice, id.and_then(|id| self.situation(id)))
            {
                self.with_panics(&mut stepper, &mut collector, |stepper, from, collector| {
                    stepper.step(app.clone(), words, from.max(place + 1), collector);
                });
            }
            at.set(at.get() + 1);
        }
        expansion
    }

    /// The last tick at which a situation was reached.
    fn deepest(&self) -> u32 {
        self.shards.iter().map(Shard::deepest).max().unwrap_or(0)
    }

    fn origin(&self, id: StateId) -> Origin {
        let link = self.shards.get(id.shard()).and_then(|it| it.link(id));
        Origin {
            parent: id,
            depth: link.map_or(self.depth, |link| link.depth),
            actions: link.map_or(0, |link| link.actions),
            boot: 0,
        }
    }

    fn situation(&self, id: StateId) -> Option<(&A, &[u32])> {
        let shard = self.shards.get(id.shard())?;
        Some((shard.app(id)?, shard.words(id)))
    }

    /// Keeps what was reached, and notes what was found.
    fn take(&mut self, mut expansions: Vec<Expansion<A>>) {
        let now = self.depth;
        let count: usize = expansions
            .iter()
            .flat_map(|it| &it.reached)
            .map(|(reached, _)| reached.len())
            .sum();
        let word_count = self.inputs.word_count() + self.settings.judge.word_count();
        let mut marks = Vec::new();
        let mut by_shard: Vec<Vec<Arrivals<A>>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for expansion in &mut expansions {
            self.transitions += expansion.transitions;
            self.exercised = self.exercised.or(expansion.exercised);
            marks.append(&mut expansion.marks);
            for (shard, reached) in by_shard.iter_mut().zip(expansion.reached.drain(..)) {
                shard.push(reached);
            }
        }
        let insert = |shard: &mut Shard<A>, all: Vec<Arrivals<A>>| {
            for (reached, words) in all {
                let mut words = words.as_slice();
                for reached in reached {
                    let (own, rest) = words.split_at(word_count.min(words.len()));
                    shard.insert(reached, own, now);
                    words = rest;
                }
            }
        };
        if self.settings.jobs < 2 || count < WORTH_THREADS {
            for (shard, all) in self.shards.iter_mut().zip(by_shard) {
                insert(shard, all);
            }
        } else {
            let each = SHARDS.div_ceil(self.settings.jobs);
            let mut by_shard = by_shard.into_iter();
            thread::scope(|scope| {
                for shards in self.shards.chunks_mut(each) {
                    let all: Vec<_> = by_shard.by_ref().take(shards.len()).collect();
                    scope.spawn(move || {
                        for (shard, all) in shards.iter_mut().zip(all) {
                            insert(shard, all);
                        }
                    });
                }
            });
        }
        for mark in marks {
            self.note(mark);
        }
    }

    /// Keeps what was found, with as little as can be of what it is ordered by.
    fn note(&mut self, mark: Mark) {
        let order = self.settings.order;
        let is_less = |it: &Arc<Mark>| it.cost(order) > mark.cost(order);
        let (broken, reached) = match &mark.what {
            MarkKind::Panicked(_) => (RuleSet::NONE, RuleSet::NONE),
            MarkKind::Judged(judgement) => (
                judgement.broken.and(self.asked).and(self.settings.rules),
                judgement.reached.and(self.asked).and(self.settings.goals),
            ),
        };
        let is_panic = matches!(mark.what, MarkKind::Panicked(_)) && !self.has_panicked;
        let rules = broken.or(reached).iter().map(Some);
        let found = rules.chain(is_panic.then_some(None));
        let found: Vec<_> = found
            .filter(|key| self.found.get(key).is_none_or(is_less))
            .collect();
        let mark = Arc::new(mark);
        for key in found {
            self.found.insert(key, Arc::clone(&mark));
        }
    }

    /// Makes findings of what was found, once nothing shorter can come.
    fn report(&mut self) {
        let order = self.settings.order;
        // A step takes a tick at least, and may be no action.
        let last = match order {
            Order::Ticks => self.depth.saturating_add(1),
            Order::Actions => self.depth,
        };
        let (due, later): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut self.found)
            .into_iter()
            .partition(|(_, mark)| mark.cost(order).0 <= last);
        self.found = later;
        let mut due: Vec<_> = due.into_iter().collect();
        due.sort_by_key(|(_, mark)| mark.cost(order));
        for (rule, mark) in due {
            let kind = match (rule, &mark.what) {
                (Some(rule), _) => {
                    self.asked.remove(rule);
                    match self.settings.rules.contains(rule) {
                        true => FindingKind::Broken(rule),
                        false => FindingKind::Reached(rule),
                    }
                }
                (None, MarkKind::Panicked(message)) => {
                    self.has_panicked = true;
                    FindingKind::Panicked(message.clone())
                }
                (None, MarkKind::Judged(_)) => continue,
            };
            let path = self.path(mark.from, mark.ticks, mark.step);
            self.findings.push(Finding { kind, path });
        }
    }

    /// What leads to where a step begins, and that step.
    fn path(&self, origin: Origin, ticks: u32, step: Option<Step>) -> Path {
        let mut choices = Vec::new();
        let end = origin.depth.saturating_add(ticks);
        choices.extend(step.map(|step| (end, step.choice)));
        let mut boot = origin.boot;
        let mut at = origin.parent;
        while at != StateId::NONE {
            let Some(link) = self.shards.get(at.shard()).and_then(|it| it.link(at)) else {
                break;
            };
            choices.push((link.depth, link.choice));
            boot = link.boot;
            at = link.parent;
        }
        choices.reverse();
        let mut words = vec![0; self.inputs.word_count()];
        let mut actions = Vec::new();
        let mut now = Vec::new();
        for (tick, choice) in choices {
            self.inputs.choose(choice, &mut words, &mut now);
            actions.extend(now.iter().map(|action| (tick, *action)));
        }
        Path {
            boot: self
                .inputs
                .boots()
                .get(usize::from(boot))
                .copied()
                .unwrap_or_default(),
            actions,
            end,
        }
    }

    fn judge_possibilities(&mut self) {
        for goal in self.settings.always_possible {
            if let Some(id) = first_without(&self.shards, *goal) {
                let path = self.path(self.origin(id), 0, None);
                self.findings.push(Finding {
                    kind: FindingKind::Impossible(goal.rule),
                    path,
                });
            }
        }
    }

    /// Some of the situations, evenly from all that were reached.
    fn samples(&self) -> Vec<String> {
        let Some(state) = self.state else {
            return Vec::new();
        };
        let each = SAMPLES / SHARDS;
        let apps = self.shards.iter().flat_map(|shard| {
            let count = shard.len() as usize;
            let stride = count.div_ceil(each).max(1);
            (0..count).step_by(stride).filter_map(|place| {
                let id = StateId::at(0, place)?;
                shard.app(id)
            })
        });
        apps.map(state).collect()
    }
}
