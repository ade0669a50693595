//! The threads that explore together.

use std::hash::Hash;
use std::mem;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lockstep_core::app::App;

use crate::arrivals::Arrivals;
use crate::collector::{Collector, Keeper, Notes};
use crate::monitor::RuleSet;
use crate::plan::{Plan, Shards, read, write};
use crate::spin_barrier::{Broken, SpinBarrier};
use crate::stepper::Stepper;
use crate::store::{SHARDS, StateId};

/// How many situations one thread takes at once.
const CHUNK: usize = 1 << 6;

/// Below this many it is not worth to wake another thread.
const WORTH_THREADS: usize = 4 * CHUNK;

/// Threads that go on from batches of situations together.
///
/// First each takes chunks of the batch, and plays what they lead to. When all are done, each looks up
/// and adds what belongs to its share of the shards, in the order of the chunks: so that the number of
/// threads, and which of them was faster, changes nothing.
pub(crate) struct WorkerPool<A> {
    threads: usize,
    meeting: SpinBarrier,
    job: RwLock<Job<A>>,
    next: AtomicUsize,
    is_over: AtomicBool,
}

struct Job<A> {
    task: Task<A>,
    asked: RuleSet,
    now: u32,
    /// Of each part of the task.
    outcomes: Vec<RwLock<Outcome<A>>>,
}

/// What threads do together.
pub(crate) enum Task<A> {
    /// They go on from these situations.
    Expand(Vec<StateId>),
    /// They play what can be done in these ticks, of each shard.
    PlayInputs(Vec<Arrivals<A>>),
}

impl<A> Task<A> {
    /// Whether it is worth to wake another thread.
    pub(crate) fn is_worth_threads(&self) -> bool {
        let count: usize = match self {
            Self::Expand(batch) => batch.len(),
            Self::PlayInputs(ticks) => ticks.iter().map(Arrivals::len).sum(),
        };
        count >= WORTH_THREADS
    }

    /// How many parts it has, of which a thread takes one after the other.
    const fn parts(&self) -> usize {
        match self {
            Self::Expand(batch) => batch.len().div_ceil(CHUNK),
            Self::PlayInputs(ticks) => ticks.len(),
        }
    }

    /// The situations that were gone on from when it is done.
    pub(crate) fn expanded(&self) -> &[StateId] {
        match self {
            Self::Expand(batch) => batch,
            Self::PlayInputs(_) => &[],
        }
    }
}

/// What a part of the task leads to.
struct Outcome<A> {
    arrivals: Arrivals<A>,
    /// The places of those that each thread keeps.
    shares: Vec<Vec<u32>>,
    notes: Notes,
}

impl<A> Outcome<A> {
    fn new() -> Self {
        Self {
            arrivals: Arrivals::new(),
            shares: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Says which thread keeps what.
    fn share(&mut self, threads: usize) {
        self.shares.resize_with(threads, Vec::new);
        for share in &mut self.shares {
            share.clear();
        }
        for (place, reached) in (0..).zip(self.arrivals.reached()) {
            if let Some(share) = self.shares.get_mut(reached.shard() % threads) {
                share.push(place);
            }
        }
    }
}

impl<A: App + Clone + Eq + Hash + Send + Sync> WorkerPool<A> {
    pub(crate) const fn new(threads: usize) -> Self {
        Self {
            threads,
            meeting: SpinBarrier::new(threads),
            job: RwLock::new(Job {
                task: Task::Expand(Vec::new()),
                asked: RuleSet::NONE,
                now: 0,
                outcomes: Vec::new(),
            }),
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// What ends the others when it is dropped.
    pub(crate) fn leader(&self) -> Leader<'_, A> {
        Leader(self)
    }

    /// Takes part in all that is done until the end, as the thread with this number.
    pub(crate) fn work(&self, number: usize, plan: &Plan<'_, A>, shards: &Shards<A>) {
        let _guard = self.meeting.guard();
        let mut stepper = plan.stepper(RuleSet::NONE);
        while self.meeting.wait().is_ok() && !self.is_over.load(Ordering::Acquire) {
            if self.part(number, plan, shards, &mut stepper).is_err() {
                return;
            }
        }
    }

    /// Does something with all threads; called by the first of them.
    pub(crate) fn run(
        &self,
        task: Task<A>,
        now: u32,
        plan: &Plan<'_, A>,
        shards: &Shards<A>,
        stepper: &mut Stepper<'_, A>,
    ) -> Result<Vec<Notes>, Broken> {
        let parts = task.parts();
        {
            let mut job = write(&self.job);
            // What they had room for serves again.
            job.outcomes
                .resize_with(parts, || RwLock::new(Outcome::new()));
            job.task = task;
            job.asked = stepper.asked;
            job.now = now;
        }
        self.next.store(0, Ordering::Release);
        self.meeting.wait()?;
        self.part(0, plan, shards, stepper)?;
        let job = read(&self.job);
        let notes = job
            .outcomes
            .iter()
            .map(|it| mem::take(&mut write(it).notes));
        Ok(notes.collect())
    }

    /// What one thread does of it.
    fn part(
        &self,
        number: usize,
        plan: &Plan<'_, A>,
        shards: &Shards<A>,
        stepper: &mut Stepper<'_, A>,
    ) -> Result<(), Broken> {
        let job = read(&self.job);
        stepper.asked = job.asked;
        self.look(&job, plan, shards, stepper);
        self.meeting.wait()?;
        self.keep(number, &job, plan, shards);
        drop(job);
        self.meeting.wait()
    }

    fn look(
        &self,
        job: &Job<A>,
        plan: &Plan<'_, A>,
        shards: &Shards<A>,
        stepper: &mut Stepper<'_, A>,
    ) {
        let guards = shards.iter().map(read).collect();
        let mut collector = Collector::new(job.now, Keeper::Later(guards));
        loop {
            let place = self.next.fetch_add(1, Ordering::AcqRel);
            let Some(outcome) = job.outcomes.get(place) else {
                return;
            };
            let mut outcome = write(outcome);
            mem::swap(&mut collector.waiting, &mut outcome.arrivals);
            collector.waiting.clear();
            match &job.task {
                Task::Expand(batch) => {
                    let chunk = batch.chunks(CHUNK).nth(place).unwrap_or_default();
                    plan.expand(stepper, chunk, &mut collector);
                }
                Task::PlayInputs(ticks) => {
                    if let Some(ticks) = ticks.get(place) {
                        plan.play_inputs(stepper, ticks, &mut collector);
                    }
                }
            }
            mem::swap(&mut collector.waiting, &mut outcome.arrivals);
            outcome.notes = mem::take(&mut collector.notes);
            outcome.share(self.threads);
        }
    }

    fn keep(&self, number: usize, job: &Job<A>, plan: &Plan<'_, A>, shards: &Shards<A>) {
        let own = shards.iter().skip(number).step_by(self.threads);
        let mut own: Vec<_> = own.map(write).collect();
        for outcome in &job.outcomes {
            let outcome = read(outcome);
            let share = outcome.shares.get(number).into_iter().flatten();
            outcome.arrivals.look_up(
                share.map(|place| *place as usize),
                &mut own,
                |own, number| Some(&**own.get(number / self.threads)?),
                |own, app, words, reached| {
                    if let Some(shard) = own.get_mut(reached.shard() / self.threads) {
                        shard.insert(app, words, *reached, job.now);
                    }
                },
            );
        }
        let closed = job.task.expanded().iter().filter(|_| plan.is_compact);
        for id in closed.filter(|id| id.shard() % self.threads == number) {
            if let Some(shard) = own.get_mut(id.shard() / self.threads) {
                shard.close(*id, job.now);
            }
        }
    }
}

/// The thread that says what is done.
pub(crate) struct Leader<'a, A: App + Clone + Eq + Hash + Send + Sync>(&'a WorkerPool<A>);

impl<A: App + Clone + Eq + Hash + Send + Sync> Drop for Leader<'_, A> {
    fn drop(&mut self) {
        let guard = self.0.meeting.guard();
        self.0.is_over.store(true, Ordering::Release);
        if !std::thread::panicking() {
            // One that is broken has no one who waits.
            let _ = self.0.meeting.wait();
        }
        drop(guard);
    }
}

/// The most threads: each has a share of the shards.
pub(crate) const MOST_THREADS: usize = SHARDS;
