//! Explores breadth first: all situations of one tick before those of the next.

mod resume;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::mem;
use std::sync::Arc;
use std::thread;

use lockstep_core::app::App;

use resume::Visited;

use crate::checkpoint::CheckpointError;
use crate::collector::{Collector, Found, Keeper, Mark, MarkKind, Notes, Origin};
use crate::input_model::Choice;
use crate::monitor::RuleSet;
use crate::plan::{Plan, Shards, read, write};
use crate::possibility::first_without;
use crate::settings::{Ending, Exploration, Finding, FindingKind, Order, Path, Progress, Settings};
use crate::spin_barrier::Broken;
use crate::stepper::{Step, Stepper, is_counted};
use crate::store::{SHARDS, StateId};
use crate::worker_pool::{MOST_THREADS, Task, WorkerPool};

/// How many situations are gone on from before rules that are decided are no longer judged, and before
/// limits are looked at.
const BATCH: usize = 1 << 13;

/// In how many ticks inputs are played at a time: what they lead to is kept until all are.
const MOST_INPUTS: usize = 1 << 11;

/// How many situations are shown of an exploration that did not finish.
const SAMPLES: usize = 4_000;

/// Explores an app.
pub(crate) fn explore<A: App + Clone + Eq + Hash + Send + Sync>(
    build: &(dyn Fn() -> A + Send + Sync),
    state: Option<fn(&A) -> String>,
    settings: &Settings<'_>,
) -> Exploration {
    let plan = Plan::new(build, settings);
    let shards = plan.shards();
    let threads = settings.jobs.clamp(1, MOST_THREADS);
    if threads == 1 {
        return Explorer::new(&plan, &shards, None).explore(state);
    }
    let worker_pool = WorkerPool::new(threads);
    thread::scope(|scope| {
        let (worker_pool, plan, shards) = (&worker_pool, &plan, &shards);
        for number in 1..threads {
            scope.spawn(move || worker_pool.work(number, plan, shards));
        }
        let _leader = worker_pool.leader();
        Explorer::new(plan, shards, Some(worker_pool)).explore(state)
    })
}

/// One exploration.
struct Explorer<'a, A: App> {
    plan: &'a Plan<'a, A>,
    shards: &'a Shards<A>,
    worker_pool: Option<&'a WorkerPool<A>>,
    stepper: Stepper<'a, A>,
    asked: RuleSet,
    /// What was asked, from which turn on.
    asked_since: Vec<(u32, RuleSet)>,
    findings: Vec<Finding>,
    /// What was found and not reported yet: what breaks or reaches a rule, and what panics.
    found: BTreeMap<Option<usize>, Arc<Mark>>,
    exercised: RuleSet,
    has_panicked: bool,
    transitions: u64,
    depth: u32,
    not_resumed: Option<CheckpointError>,
}

impl<'a, A: App + Clone + Eq + Hash + Send + Sync> Explorer<'a, A> {
    fn new(
        plan: &'a Plan<'a, A>,
        shards: &'a Shards<A>,
        worker_pool: Option<&'a WorkerPool<A>>,
    ) -> Self {
        let settings = plan.settings;
        let possible = settings.always_possible.iter();
        let possible = possible.fold(RuleSet::NONE, |mut all, it| {
            all.insert(it.rule);
            all
        });
        let asked = settings.rules.or(settings.goals).or(possible);
        Self {
            plan,
            shards,
            worker_pool,
            stepper: plan.stepper(asked),
            asked,
            asked_since: vec![(0, asked)],
            findings: Vec::new(),
            found: BTreeMap::new(),
            exercised: RuleSet::NONE,
            has_panicked: false,
            transitions: 0,
            depth: 0,
            not_resumed: None,
        }
    }

    fn explore(mut self, state: Option<fn(&A) -> String>) -> Exploration {
        let ending = match self.begin() {
            Ok(rest) => self.explore_all(rest),
            Err(error) => {
                self.not_resumed = Some(error);
                Ending::NotResumed
            }
        };
        if ending == Ending::Complete {
            self.judge_possibilities();
        }
        Exploration {
            progress: self.progress(),
            samples: match (ending, state) {
                (Ending::Complete | Ending::Decided, _) | (_, None) => Vec::new(),
                (_, Some(state)) => self.samples(state),
            },
            ending,
            not_resumed: self.not_resumed,
            findings: self.findings,
            exercised: self.exercised,
            is_counted: is_counted((self.plan.build)()),
            is_compact: self.plan.is_compact,
        }
    }

    /// Powers the board up, or comes to where an exploration was kept; gives what is left of a turn.
    fn begin(&mut self) -> Result<Option<Vec<StateId>>, CheckpointError> {
        let resume = self.plan.settings.resume;
        if let Some(from) = resume.filter(|_| self.plan.is_resumable()) {
            return self.restore(from).map(Some);
        }
        self.with_all(|plan, stepper, collector| plan.power_up(stepper, collector));
        Ok(None)
    }

    fn explore_all(&mut self, mut rest: Option<Vec<StateId>>) -> Ending {
        loop {
            let Some(level) = rest.take().or_else(|| self.next_level()) else {
                self.depth = u32::MAX - 1;
                self.report();
                let deepest = self.shards.iter().map(|shard| read(shard).deepest());
                self.depth = deepest.max().unwrap_or(0);
                return Ending::Complete;
            };
            self.stepper.asked = self.asked;
            if self.asked_since.last().map(|it| it.1) != Some(self.asked) {
                self.asked_since.push((self.depth, self.asked));
            }
            for (number, batch) in level.chunks(BATCH).enumerate() {
                let left = level.get(number * BATCH..).unwrap_or_default();
                if let Some(ending) = self.ending() {
                    if ending != Ending::Decided {
                        self.keep(left);
                    }
                    return ending;
                }
                if self.is_due() {
                    self.keep(left);
                }
                let mut batch = batch.to_vec();
                {
                    let mut shards: Vec<_> = self.shards.iter().map(write).collect();
                    batch.retain(|id| {
                        let shard = shards.get_mut(id.shard());
                        shard.is_some_and(|it| it.expand(*id, self.depth, &self.plan.code))
                    });
                }
                if self.expand(batch).is_err() {
                    return Ending::Stopped;
                }
            }
            self.report();
        }
    }

    /// Goes on from some situations, with as many threads as that is worth.
    fn expand(&mut self, batch: Vec<StateId>) -> Result<(), Broken> {
        if !self.plan.merges_ticks {
            let mut parts = batch.chunks(MOST_INPUTS);
            return parts.try_for_each(|part| self.run(Task::Expand(part.to_vec())));
        }
        self.run(Task::Expand(batch))?;
        let mut ticks = Vec::new();
        let mut count = 0;
        for shard in self.shards {
            let unplayed = mem::take(&mut write(shard).unplayed);
            count += unplayed.len();
            ticks.push(unplayed);
            if count >= MOST_INPUTS {
                self.run(Task::PlayInputs(mem::take(&mut ticks)))?;
                count = 0;
            }
        }
        self.run(Task::PlayInputs(ticks))
    }

    fn run(&mut self, task: Task<A>) -> Result<(), Broken> {
        if let Some(worker_pool) = self.worker_pool.filter(|_| task.is_worth_threads()) {
            let (plan, shards) = (self.plan, self.shards);
            let all = worker_pool.run(task, self.depth, plan, shards, &mut self.stepper)?;
            for notes in all {
                self.take(notes);
            }
            return Ok(());
        }
        self.with_all(|plan, stepper, collector| match &task {
            Task::Expand(batch) => plan.expand(stepper, batch, collector),
            Task::PlayInputs(ticks) => {
                for ticks in ticks {
                    plan.play_inputs(stepper, ticks, collector);
                }
            }
        });
        for id in task.expanded().iter().filter(|_| self.plan.is_compact) {
            if let Some(shard) = self.shards.get(id.shard()) {
                write(shard).close(*id, self.depth);
            }
        }
        Ok(())
    }

    /// Does something with all situations at hand, in this thread.
    fn with_all(
        &mut self,
        play: impl FnOnce(&Plan<'_, A>, &mut Stepper<'_, A>, &mut Collector<'_, A>),
    ) {
        let guards = self.shards.iter().map(write).collect();
        let mut collector = Collector::new(self.depth, Keeper::Now(guards));
        play(self.plan, &mut self.stepper, &mut collector);
        let notes = collector.notes;
        drop(collector.keeper);
        self.take(notes);
    }

    fn ending(&self) -> Option<Ending> {
        let progress = self.progress();
        let settings = self.plan.settings;
        if (settings.watch)(&progress).is_break() {
            return Some(Ending::Stopped);
        }
        let is_full = || self.shards.iter().any(|shard| read(shard).is_full());
        if progress.states > settings.max_states || is_full() {
            return Some(Ending::StateLimit);
        }
        if progress.memory > settings.max_memory {
            return Some(Ending::MemoryLimit);
        }
        // Without a rule it is asked whether the app panics.
        let is_decided = self.asked.is_empty()
            && !settings.rules.or(settings.goals).is_empty()
            && (self.has_panicked || settings.rules.is_empty());
        is_decided.then_some(Ending::Decided)
    }

    fn progress(&self) -> Progress {
        let mut progress = Progress {
            transitions: self.transitions,
            depth: self.depth,
            ..Progress::default()
        };
        for shard in self.shards {
            let shard = read(shard);
            progress.states += u64::from(shard.len());
            let open: usize = shard.pending.iter().map(Vec::len).sum();
            progress.open += u64::try_from(open).unwrap_or(u64::MAX);
            progress.memory += shard.bytes();
        }
        progress
    }

    /// The situations of the next turn that has some, in an order that depends on nothing but them.
    fn next_level(&mut self) -> Option<Vec<StateId>> {
        let mut shards: Vec<_> = self.shards.iter().map(write).collect();
        let longest = shards.iter().map(|shard| shard.pending.len()).max()?;
        for turns in 0..longest {
            let mut level = Vec::new();
            for shard in &mut shards {
                level.extend(shard.pending.pop_front().unwrap_or_default());
            }
            if !level.is_empty() {
                self.depth = self.depth.saturating_add(u32::try_from(turns).unwrap_or(0));
                for shard in &mut shards {
                    shard.pending.push_front(Vec::new());
                }
                return Some(level);
            }
        }
        None
    }

    /// Notes what was found.
    fn take(&mut self, notes: Notes) {
        self.transitions += notes.transitions;
        self.exercised = self.exercised.or(notes.exercised);
        for mark in notes.marks {
            self.note(mark);
        }
    }

    /// Keeps what was found, with as little as can be of what it is ordered by.
    fn note(&mut self, mark: Mark) {
        let order = self.plan.settings.order;
        let is_less = |it: &Arc<Mark>| it.cost(order) > mark.cost(order);
        let (broken, reached) = match &mark.what {
            MarkKind::Panicked(_) => (RuleSet::NONE, RuleSet::NONE),
            MarkKind::Verdict(verdict) => (
                verdict.broken.and(self.asked).and(self.plan.settings.rules),
                verdict
                    .reached
                    .and(self.asked)
                    .and(self.plan.settings.goals),
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
        let order = self.plan.settings.order;
        // A step takes a tick at least, and may be no action.
        let last = match order {
            Order::Ticks => self.depth.saturating_add(1),
            Order::Actions => self.depth,
        };
        let (due, later): (BTreeMap<_, _>, BTreeMap<_, _>) = mem::take(&mut self.found)
            .into_iter()
            .partition(|(_, mark)| mark.cost(order).0 <= last);
        self.found = later;
        let mut due: Vec<_> = due.into_iter().collect();
        due.sort_by_key(|(_, mark)| mark.cost(order));
        for (rule, mark) in due {
            let kind = match (rule, &mark.what) {
                (Some(rule), _) => {
                    self.asked.remove(rule);
                    match self.plan.settings.rules.contains(rule) {
                        true => FindingKind::Broken(rule),
                        false => FindingKind::Reached(rule),
                    }
                }
                (None, MarkKind::Panicked(message)) => {
                    self.has_panicked = true;
                    FindingKind::Panicked(message.clone())
                }
                (None, MarkKind::Verdict(_)) => continue,
            };
            let path = self.path(mark.from, mark.ticks, mark.step);
            self.findings.push(Finding { kind, path });
        }
    }

    /// What leads to where a step begins, and that step.
    fn path(&self, origin: Origin, ticks: u32, step: Option<Step>) -> Path {
        let end = origin.depth.saturating_add(ticks);
        let (boot, mut choices) = self.way_to(origin.parent);
        choices.extend(step.map(|step| (end, step.choice)));
        let inputs = &self.plan.inputs;
        let mut words = vec![0; inputs.word_count()];
        let mut actions = Vec::new();
        let mut now = Vec::new();
        for (tick, choice) in choices {
            inputs.choose(choice, &mut words, &mut now);
            actions.extend(now.iter().map(|action| (tick, *action)));
        }
        Path {
            boot: inputs
                .boots()
                .get(usize::from(boot))
                .copied()
                .unwrap_or_default(),
            actions,
            end,
        }
    }

    /// How the board came up before a situation, and what was done at which ticks.
    fn way_to(&self, number: StateId) -> (u8, Vec<(u32, Choice)>) {
        let mut choices = Vec::new();
        let mut at = number;
        let boot = loop {
            if let Some(boot) = at.as_boot() {
                break boot;
            }
            let shard = self.shards.get(at.shard()).map(read);
            let Some(shard) = shard else { break 0 };
            let Some((parent, choice)) = shard.way_to(at, &self.plan.code) else {
                break 0;
            };
            let depth = shard.link(at).map_or(0, |link| link.depth);
            choices.push((depth, choice));
            at = parent;
        };
        choices.reverse();
        if self.plan.is_compact {
            // When it was is not kept.
            self.replay(boot, &mut choices);
        }
        (boot, choices)
    }

    /// Plays choices again, as they were played first, and notes their ticks.
    fn replay(&self, boot: u8, choices: &mut [(u32, Choice)]) {
        let mut stepper = self.plan.stepper(RuleSet::NONE);
        let mut visited: Option<Visited<A>> = None;
        for (tick, choice) in choices {
            let (depth, actions) = visited.as_ref().map_or((0, 0), |it| (it.depth, it.actions));
            let mut found = Vec::new();
            // What was played without a panic is again.
            let caught = (self.plan.settings.catch_panic)(&mut || {
                found = self.play(&mut stepper, visited.as_ref(), boot, vec![*choice]);
            });
            let (Ok(()), Some(found)) = (caught, found.pop()) else {
                return;
            };
            *tick = depth.saturating_add(found.ticks);
            visited = Some(Visited::of(found, *tick, actions, StateId::boot(boot)));
        }
    }

    /// Makes some of the choices that can be made in a situation, or when the board comes up, as they
    /// were made first.
    fn play(
        &self,
        stepper: &mut Stepper<'a, A>,
        from: Option<&Visited<A>>,
        boot: u8,
        choices: Vec<Choice>,
    ) -> Vec<Found<A>> {
        let depth = from.map_or(0, |it| it.depth);
        let asked = self.asked_since.iter().rfind(|(since, _)| *since <= depth);
        stepper.asked = asked.map_or(RuleSet::NONE, |(_, asked)| *asked);
        stepper.wanted = Some(choices);
        let mut collector = Collector::new(depth, Keeper::Only(Vec::new()));
        match from {
            Some(visited) => {
                stepper.step(visited.app.clone(), &visited.words, 0, &mut collector);
            }
            None => {
                let condition = self.plan.inputs.boots().get(usize::from(boot)).copied();
                stepper.power_up(condition.unwrap_or_default(), 0, &mut collector);
            }
        }
        match collector.keeper {
            Keeper::Only(found) => found,
            _ => Vec::new(),
        }
    }

    fn judge_possibilities(&mut self) {
        let shards: Vec<_> = self.shards.iter().map(read).collect();
        let shards: Vec<_> = shards.iter().map(|shard| &**shard).collect();
        for goal in self.plan.settings.always_possible {
            let Some(id) = first_without(&shards, *goal) else {
                continue;
            };
            let link = shards.get(id.shard()).and_then(|shard| shard.link(id));
            let origin = Origin {
                parent: id,
                depth: link.map_or(0, |link| link.depth),
                actions: 0,
            };
            let path = self.path(origin, 0, None);
            self.findings.push(Finding {
                kind: FindingKind::Impossible(goal.rule),
                path,
            });
        }
    }

    /// Some of the situations, evenly from all that are kept.
    fn samples(&self, state: fn(&A) -> String) -> Vec<String> {
        let each = SAMPLES / SHARDS;
        let mut samples = Vec::new();
        for shard in self.shards {
            let shard = read(shard);
            let stride = shard.kept().div_ceil(each).max(1);
            let places = (0..shard.kept()).step_by(stride);
            let ids = places.filter_map(|place| StateId::at(0, place));
            samples.extend(ids.filter_map(|id| shard.app(id)).map(state));
        }
        samples
    }
}
