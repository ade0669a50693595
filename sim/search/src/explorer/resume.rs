//! An exploration that is kept, and gone on with.
//!
//! The situations are not written: an app is anything. Each is played again from the one it was
//! reached from, by the choice that was made there. That is one step for each situation, where the
//! search took one for each choice and looked each up. Of situations of which only hashes are kept, none
//! is played but those on the way to one that is kept whole.

use std::collections::VecDeque;
use std::hash::Hash;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_core::app::App;

use super::Explorer;
use crate::checkpoint::{CheckpointError, CheckpointStore};
use crate::codec::{Decoder, Encoder};
use crate::collector::Found;
use crate::input_model::Choice;
use crate::monitor::RuleSet;
use crate::plan::{read, write};
use crate::saved_findings::{
    read_finding, read_mark, read_rule, write_finding, write_mark, write_rule,
};
use crate::stepper::Stepper;
use crate::store::saved::{read_ids, write_ids};
use crate::store::{Link, StateId};

/// A situation from which others are played.
pub(super) struct Visited<A> {
    pub(super) app: A,
    pub(super) words: Vec<u32>,
    pub(super) depth: u32,
    pub(super) actions: u32,
    number: StateId,
}

impl<A> Visited<A> {
    pub(super) fn of(found: Found<A>, depth: u32, actions: u32, number: StateId) -> Self {
        Self {
            app: found.app,
            words: found.words,
            depth,
            actions,
            number,
        }
    }
}

/// What was reached from each situation.
struct Children {
    /// Of each shard and place, where those begin that were reached from there.
    starts: Vec<Vec<u32>>,
    children: Vec<Vec<StateId>>,
}

impl Children {
    /// `each` gives all pairs of a situation and the one that it was reached from, whenever it is
    /// called the same ones.
    fn of(counts: &[usize], each: impl Fn(&mut dyn FnMut(StateId, StateId))) -> Self {
        let mut starts: Vec<Vec<u32>> = counts.iter().map(|count| vec![0; count + 1]).collect();
        let place = |starts: &mut Vec<Vec<u32>>, parent: StateId, after: usize| {
            let shard = starts.get_mut(parent.shard())?;
            let slot = shard.get_mut(parent.place() + after)?;
            *slot += 1;
            Some(*slot - 1)
        };
        each(&mut |_, parent| {
            if parent.as_boot().is_none() {
                place(&mut starts, parent, 1);
            }
        });
        let mut children = Vec::new();
        for shard in &mut starts {
            let mut sum = 0;
            for start in shard.iter_mut() {
                sum += *start;
                *start = sum;
            }
            children.push(vec![StateId::boot(0); sum as usize]);
        }
        let mut next = starts.clone();
        each(&mut |child, parent| {
            if parent.as_boot().is_none()
                && let Some(at) = place(&mut next, parent, 0)
                && let Some(shard) = children.get_mut(parent.shard())
                && let Some(slot) = shard.get_mut(at as usize)
            {
                *slot = child;
            }
        });
        Self { starts, children }
    }

    fn of_state(&self, id: StateId) -> &[StateId] {
        let range = self.starts.get(id.shard()).and_then(|starts| {
            let end = starts.get(id.place() + 1)?;
            Some(*starts.get(id.place())? as usize..*end as usize)
        });
        let children = self.children.get(id.shard());
        range
            .and_then(|range| children?.get(range))
            .unwrap_or_default()
    }
}

/// A situation that is played again: whether it is kept whole, and its place or its number.
#[derive(Clone, Copy)]
struct Wanted {
    id: StateId,
    is_whole: bool,
    choice: Choice,
}

impl<'a, A: App + Clone + Eq + Hash + Send + Sync> Explorer<'a, A> {
    /// Whether it is time to keep the exploration.
    pub(super) fn is_due(&self) -> bool {
        self.store()
            .is_some_and(|store| store.is_due(&self.progress()))
    }

    fn store(&self) -> Option<&'a dyn CheckpointStore> {
        let store = self.plan.settings.checkpoint;
        store.filter(|_| self.plan.is_resumable())
    }

    /// Keeps the exploration, with what is left of this turn.
    pub(super) fn keep(&self, rest: &[StateId]) {
        if let Some(store) = self.store() {
            store.keep(&mut |to| self.save(rest, to));
        }
    }

    fn save(&self, rest: &[StateId], to: &mut dyn Write) -> io::Result<()> {
        let mut to = Encoder::new(to);
        to.u8(self.plan.is_compact.into())?;
        to.u32(self.depth)?;
        to.u64(self.transitions)?;
        to.u64(self.asked.0)?;
        to.u64(self.exercised.0)?;
        to.u8(self.has_panicked.into())?;
        to.count(self.asked_since.len())?;
        for (turn, asked) in &self.asked_since {
            to.u32(*turn)?;
            to.u64(asked.0)?;
        }
        to.count(self.findings.len())?;
        for finding in &self.findings {
            write_finding(finding, &mut to)?;
        }
        to.count(self.found.len())?;
        for (rule, mark) in &self.found {
            write_rule(*rule, &mut to)?;
            write_mark(mark, &mut to)?;
        }
        write_ids(rest, &mut to)?;
        for shard in self.shards {
            read(shard).save(&self.plan.code, &mut to)?;
        }
        to.finish()
    }

    /// Comes to where an exploration was kept, and gives what was left of its turn.
    pub(super) fn restore(
        &mut self,
        from: &Mutex<dyn Read + Send>,
    ) -> Result<Vec<StateId>, CheckpointError> {
        let rest = {
            let mut from = from.lock().unwrap_or_else(PoisonError::into_inner);
            self.load(&mut *from)?
        };
        let mut played = Ok(());
        let catch_panic = self.plan.settings.catch_panic;
        let caught = catch_panic(&mut || played = self.play_all());
        caught.map_err(|_| CheckpointError::Differs)?;
        played?;
        Ok(rest)
    }

    fn load(&mut self, from: &mut dyn Read) -> Result<Vec<StateId>, CheckpointError> {
        let mut from = Decoder::new(from);
        if from.u8()? != u8::from(self.plan.is_compact) {
            return Err(CheckpointError::Differs);
        }
        self.depth = from.u32()?;
        self.transitions = from.u64()?;
        self.asked = RuleSet(from.u64()?);
        self.exercised = RuleSet(from.u64()?);
        self.has_panicked = from.u8()? != 0;
        self.asked_since.clear();
        for _ in 0..from.count()? {
            self.asked_since.push((from.u32()?, RuleSet(from.u64()?)));
        }
        for _ in 0..from.count()? {
            self.findings.push(read_finding(&mut from)?);
        }
        for _ in 0..from.count()? {
            let rule = read_rule(&mut from)?;
            self.found.insert(rule, Arc::new(read_mark(&mut from)?));
        }
        let rest = read_ids(&mut from)?;
        let some = (self.plan.build)();
        let word_count = self.plan.word_count();
        for shard in self.shards {
            write(shard).load(&some, word_count, &self.plan.code, &mut from)?;
        }
        from.finish()?;
        Ok(rest)
    }

    /// Plays every situation that is kept whole, and those on the way there.
    fn play_all(&self) -> Result<(), CheckpointError> {
        let mut stepper = self.plan.stepper(RuleSet::NONE);
        let (on_the_way, mut left) = self.on_the_way();
        let is_needed = |id: StateId| {
            let shard: Option<&Vec<bool>> = on_the_way.get(id.shard());
            shard.is_some_and(|it| it.get(id.place()) == Some(&true))
        };
        let counts: Vec<usize> = on_the_way.iter().map(Vec::len).collect();
        let shards = self.shards;
        let whole = Children::of(&counts, |pair| {
            for shard in shards {
                read(shard)
                    .whole()
                    .for_each(|(id, parent)| pair(id, parent));
            }
        });
        let closed = Children::of(&counts, |pair| {
            for shard in shards {
                let shard = read(shard);
                let closed = shard.closed().filter(|(id, _)| is_needed(*id));
                closed.for_each(|(id, parent)| pair(id, parent));
            }
        });
        let mut queue = VecDeque::new();
        for place in (0..).take(self.plan.inputs.boots().len()) {
            let mut ids = Vec::new();
            for shard in shards {
                let shard = read(shard);
                let booted = |parent: StateId| parent.as_boot() == Some(place);
                let whole = shard.whole().filter(|(_, parent)| booted(*parent));
                ids.extend(whole.map(|(id, _)| (id, true)));
                let closed = shard.closed().filter(|(_, parent)| booted(*parent));
                let closed = closed.filter(|(id, _)| is_needed(*id));
                ids.extend(closed.map(|(id, _)| (id, false)));
            }
            let wanted: Vec<_> = ids.into_iter().filter_map(|it| self.wanted(it)).collect();
            left =
                left.saturating_sub(self.settle(&mut stepper, None, place, &wanted, &mut queue)?);
        }
        while let Some(visited) = queue.pop_front() {
            let whole = whole.of_state(visited.number).iter().map(|id| (*id, true));
            let closed = closed.of_state(visited.number).iter();
            let ids = whole.chain(closed.map(|id| (*id, false)));
            let wanted: Vec<_> = ids.filter_map(|it| self.wanted(it)).collect();
            let settled = self.settle(&mut stepper, Some(&visited), 0, &wanted, &mut queue)?;
            left = left.saturating_sub(settled);
        }
        match left {
            0 => Ok(()),
            _ => Err(CheckpointError::Differs),
        }
    }

    /// Of each shard, and by their numbers, the situations from which others are to be played; and how
    /// many situations are to be played in all.
    fn on_the_way(&self) -> (Vec<Vec<bool>>, usize) {
        let shards: Vec<_> = self.shards.iter().map(read).collect();
        let is_compact = self.plan.is_compact;
        let counts = shards.iter().map(|shard| match is_compact {
            true => shard.closed().count(),
            false => shard.kept(),
        });
        let mut needed: Vec<Vec<bool>> = counts.map(|count| vec![!is_compact; count]).collect();
        let mut count = 0;
        for shard in &shards {
            for (_, parent) in shard.whole() {
                count += 1;
                let mut at = parent;
                while is_compact && at.as_boot().is_none() {
                    let slot = needed.get_mut(at.shard());
                    let Some(slot) = slot.and_then(|it| it.get_mut(at.place())) else {
                        break;
                    };
                    if std::mem::replace(slot, true) {
                        break;
                    }
                    count += 1;
                    let parent = shards.get(at.shard());
                    let parent = parent.and_then(|it| it.way_to(at, &self.plan.code));
                    let Some((parent, _)) = parent else { break };
                    at = parent;
                }
            }
        }
        (needed, count)
    }

    fn wanted(&self, (id, is_whole): (StateId, bool)) -> Option<Wanted> {
        let shard = read(self.shards.get(id.shard())?);
        let choice = match is_whole {
            true => shard.link(id)?.choice,
            false => shard.way_to(id, &self.plan.code)?.1,
        };
        Some(Wanted {
            id,
            is_whole,
            choice,
        })
    }

    /// Plays what was reached from a situation, or when the board came up; gives how many that is.
    fn settle(
        &self,
        stepper: &mut Stepper<'a, A>,
        from: Option<&Visited<A>>,
        boot: u8,
        wanted: &[Wanted],
        queue: &mut VecDeque<Visited<A>>,
    ) -> Result<usize, CheckpointError> {
        if wanted.is_empty() {
            return Ok(0);
        }
        let choices = wanted.iter().map(|it| it.choice).collect();
        let found = self.play(stepper, from, boot, choices);
        if found.len() != wanted.len() {
            return Err(CheckpointError::Differs);
        }
        for (wanted, found) in wanted.iter().zip(found) {
            let (depth, actions) = from.map_or((0, 0), |it| (it.depth, it.actions));
            let depth = depth.saturating_add(found.ticks);
            let actions = actions + wanted.choice.action_count();
            let shard = self.shards.get(wanted.id.shard());
            let mut shard = shard.map(write).ok_or(CheckpointError::Differs)?;
            let (is_there, goes_on) = match wanted.is_whole {
                true => {
                    let link = shard.link(wanted.id).map(|link| Link {
                        depth,
                        actions,
                        ..*link
                    });
                    let link = link.ok_or(CheckpointError::Differs)?;
                    let Found {
                        app, words, hash, ..
                    } = &found;
                    let is_there = shard.settle(wanted.id, app, words, *hash, link);
                    (is_there, !self.plan.is_compact)
                }
                false => (shard.has_closed(found.hash), true),
            };
            if !is_there {
                return Err(CheckpointError::Differs);
            }
            if goes_on {
                queue.push_back(Visited::of(found, depth, actions, wanted.id));
            }
        }
        Ok(wanted.len())
    }
}
