//! The situations that were reached, each once.

pub(crate) mod saved;

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use crate::arrivals::Arrivals;
use crate::blocks::Blocks;
use crate::choice_code::ChoiceCode;
use crate::input_model::Choice;
use crate::settings::Order;
use crate::table::Table;

/// In how many parts the situations are kept, so that several threads can add to them. It is not the
/// number of threads: what is found must not depend on that.
pub(crate) const SHARDS: usize = 64;

/// A situation: its shard, and its place there. What is kept of it stands at that place; where only
/// hashes are kept of those that were gone on from, the place is free for another then, and the
/// situation has another number, by which its way is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StateId(u32);

impl StateId {
    const fn new(shard: usize, place: u32) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "there are 64 shards")]
        Self(place * SHARDS as u32 + shard as u32)
    }

    /// The situation at a place of a shard.
    pub(crate) fn at(shard: usize, place: usize) -> Option<Self> {
        Some(Self::new(shard, u32::try_from(place).ok()?))
    }

    /// The number of this one.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// The one with this number.
    pub(crate) const fn numbered(number: u32) -> Self {
        Self(number)
    }

    /// No situation, where a run begins: the place among the conditions under which the board came up.
    pub(crate) const fn boot(place: u8) -> Self {
        Self(u32::MAX - place as u32)
    }

    /// The place among the conditions under which the board came up, where a run begins.
    pub(crate) fn as_boot(self) -> Option<u8> {
        u8::try_from(u32::MAX - self.0).ok()
    }

    pub(crate) const fn shard(self) -> usize {
        self.0 as usize % SHARDS
    }

    pub(crate) const fn place(self) -> usize {
        self.0 as usize / SHARDS
    }
}

/// The most situations of a shard.
const MOST: u32 = u32::MAX / 64 - 4;

/// The shard of a situation with this hash.
pub(crate) const fn shard_of(hash: u64) -> usize {
    // Tables take the high bits.
    (hash & 0x3f) as usize
}

/// How a situation was reached first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// From where.
    pub(crate) parent: StateId,
    /// What was done last.
    pub(crate) choice: Choice,
    /// The tick.
    pub(crate) depth: u32,
    /// How many actions lead here.
    pub(crate) actions: u32,
}

impl Link {
    /// When its turn is, and which of two with the same turn is better.
    pub(crate) const fn rank(&self, order: Order) -> (u32, u32) {
        match order {
            Order::Ticks => (self.depth, self.actions),
            Order::Actions => (self.actions, self.depth),
        }
    }
}

/// A situation.
#[derive(Clone)]
struct Kept<A> {
    app: A,
    link: Link,
    is_expanded: bool,
    /// The rank with which what can be done in its tick was played.
    played: (u32, u32),
}

/// What can be done in the tick of a situation was not played: it was not reached by time alone.
const NOT_PLAYED: (u32, u32) = (u32::MAX, u32::MAX);

/// Some of the situations.
pub(crate) struct Shard<A> {
    number: usize,
    order: Order,
    kept: Blocks<Kept<A>>,
    words: Blocks<u32>,
    /// The high half of a hash, and one more than the place.
    table: Table,
    count: u32,
    compact: Option<Compact>,
    /// Those that are to be gone on from, by how long it is until their turn.
    pub(crate) pending: VecDeque<Vec<StateId>>,
    /// Where an edge goes, and where it comes from; kept where it is asked what stays possible.
    pub(crate) edges: Option<Vec<(StateId, StateId)>>,
    /// The situations in which a goal is reached, and these goals.
    pub(crate) goals: Vec<(StateId, u64)>,
    /// Those from which it is still to be played what can be done in their tick.
    pub(crate) unplayed: Arrivals<A>,
    deepest: u32,
}

/// What is kept of situations that were gone on from, where it is not the situations themselves.
struct Compact {
    /// Their hashes. The last bit, which a shard has in common, says whether what can be done in their
    /// tick was played in a turn that is over.
    closed: Table,
    /// With how many actions it was played in this turn, of those that had been gone on from.
    played: BTreeMap<u64, u32>,
    played_in: u32,
    /// Where those that were gone on from were reached from, by their numbers, and by which choice.
    parents: Blocks<u32>,
    choices: Blocks<u8>,
    /// The hashes of the situations that are kept whole, by their places.
    hashes: Blocks<u64>,
    /// The numbers of those that are gone on from, by their places.
    numbers: Blocks<u32>,
    free: Vec<u32>,
}

/// What is added to the situations.
#[derive(Clone, Copy)]
pub(crate) struct Reached {
    pub(crate) hash: u64,
    pub(crate) link: Link,
    pub(crate) goals: u64,
    /// Whether what can be done in its tick is still to be played.
    pub(crate) awaits_inputs: bool,
}

impl Reached {
    pub(crate) const fn shard(&self) -> usize {
        shard_of(self.hash)
    }
}

impl<A: Clone + Eq> Shard<A> {
    pub(crate) fn new(number: usize, word_count: usize, keeps_edges: bool, order: Order) -> Self {
        Self {
            number,
            order,
            kept: Blocks::new(1),
            words: Blocks::new(word_count),
            table: Table::new(),
            count: 0,
            compact: None,
            pending: VecDeque::new(),
            edges: keeps_edges.then(Vec::new),
            goals: Vec::new(),
            unplayed: Arrivals::new(),
            deepest: 0,
        }
    }

    /// Keeps hashes of situations that were gone on from, and no more of them.
    pub(crate) fn compacted(self, code: &ChoiceCode) -> Self {
        Self {
            compact: Some(Compact {
                closed: Table::new(),
                played: BTreeMap::new(),
                played_in: 0,
                parents: Blocks::new(1),
                choices: Blocks::new(code.width()),
                hashes: Blocks::new(1),
                numbers: Blocks::new(1),
                free: Vec::new(),
            }),
            ..self
        }
    }

    /// How many situations were reached.
    pub(crate) const fn len(&self) -> u32 {
        self.count
    }

    /// How many of them are kept whole, or were.
    pub(crate) fn kept(&self) -> usize {
        self.kept.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count >= MOST
    }

    pub(crate) fn bytes(&self) -> u64 {
        let pending: usize = self.pending.iter().map(Vec::capacity).sum();
        let edges = self.edges.as_ref().map_or(0, Vec::capacity);
        let compact = self.compact.as_ref().map_or(0, |it| {
            it.closed.bytes()
                + it.parents.bytes()
                + it.choices.bytes()
                + it.hashes.bytes()
                + it.numbers.bytes()
                + it.played.len() * size_of::<(u64, u32)>()
                + it.free.capacity() * size_of::<u32>()
        });
        let bytes = self.kept.bytes()
            + self.words.bytes()
            + self.table.bytes()
            + compact
            + pending * size_of::<StateId>()
            + edges * size_of::<(StateId, StateId)>();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    pub(crate) fn app(&self, id: StateId) -> Option<&A> {
        Some(&self.kept.get(id.place())?.app)
    }

    pub(crate) fn words(&self, id: StateId) -> &[u32] {
        self.words.items(id.place())
    }

    pub(crate) fn link(&self, id: StateId) -> Option<&Link> {
        Some(&self.kept.get(id.place())?.link)
    }

    /// By which number it is found when it was gone on from.
    pub(crate) fn number(&self, id: StateId) -> StateId {
        let numbers = self.compact.as_ref().map(|it| &it.numbers);
        let number = numbers.and_then(|it| it.get(id.place()));
        number.map_or(id, |number| StateId::new(self.number, *number))
    }

    /// From where a situation was reached that was gone on from, and by which choice.
    pub(crate) fn way_to(&self, number: StateId, code: &ChoiceCode) -> Option<(StateId, Choice)> {
        let place = number.place();
        match &self.compact {
            Some(compact) => {
                let parent = StateId(*compact.parents.get(place)?);
                Some((parent, code.read(compact.choices.items(place))))
            }
            None => {
                let link = &self.kept.get(place)?.link;
                Some((link.parent, link.choice))
            }
        }
    }

    /// The last tick at which one of those was reached that were gone on from.
    pub(crate) const fn deepest(&self) -> u32 {
        self.deepest
    }

    /// Marks a situation as gone on from; `false` if that was done, or its turn is another.
    pub(crate) fn expand(&mut self, id: StateId, turn: u32, code: &ChoiceCode) -> bool {
        let order = self.order;
        let Some(kept) = self.kept.get_mut(id.place()) else {
            return false;
        };
        if kept.is_expanded || kept.link.rank(order).0 != turn {
            return false;
        }
        kept.is_expanded = true;
        self.deepest = self.deepest.max(kept.link.depth);
        if let Some(compact) = &mut self.compact {
            if let Some(number) = compact.numbers.get_mut(id.place()) {
                *number = u32::try_from(compact.parents.len()).unwrap_or(MOST);
            }
            compact.parents.push(kept.link.parent.0);
            let choice = code.written(kept.link.choice);
            let width = code.width().min(choice.len());
            compact
                .choices
                .extend(choice.get(..width).unwrap_or_default());
        }
        true
    }

    /// Keeps no more than the hash of a situation, if that is enough; in this turn.
    pub(crate) fn close(&mut self, id: StateId, now: u32) {
        let kept = self.kept.get(id.place());
        let is_played = kept.is_some_and(|kept| kept.played.0 <= now);
        let Some(compact) = &mut self.compact else {
            return;
        };
        let Some(hash) = compact.hashes.get(id.place()).copied() else {
            return;
        };
        let place = u32::try_from(id.place()).unwrap_or(MOST);
        compact
            .closed
            .insert(closed_word(hash) | u64::from(is_played));
        compact.free.push(place);
        self.table.remove(slot(hash, place));
    }

    /// The place of a situation, if it is kept.
    fn place_of(&self, hash: u64, app: &A, words: &[u32]) -> Option<usize> {
        let half = hash & HIGH_HALF;
        let same = self.table.from(half);
        let mut same = same.take_while(|slot| slot & HIGH_HALF == half);
        same.find_map(|slot| {
            let place = usize::try_from((slot & !HIGH_HALF) - 1).ok()?;
            let is_same = match &self.compact {
                Some(compact) => compact.hashes.get(place) == Some(&hash),
                None => {
                    self.words.items(place) == words
                        && self.kept.get(place).is_some_and(|it| it.app == *app)
                }
            };
            is_same.then_some(place)
        })
    }

    fn is_closed(&self, hash: u64) -> bool {
        let compact = self.compact.as_ref();
        compact.is_some_and(|it| it.closed_word(hash).is_some())
    }

    /// Touches where tables have this hash.
    pub(crate) fn glance_at_tables(&self, hash: u64) -> u64 {
        let closed = self.compact.as_ref().map(|it| it.closed.glance(hash));
        self.table
            .glance(hash & HIGH_HALF)
            .wrapping_add(closed.unwrap_or(0))
    }

    /// Touches what a situation with this hash is compared with.
    pub(crate) fn glance_at_state(&self, hash: u64) -> u64 {
        let half = hash & HIGH_HALF;
        let first = self.table.from(half).next();
        let first = first.filter(|slot| slot & HIGH_HALF == half);
        let place = first.and_then(|slot| usize::try_from((slot & !HIGH_HALF) - 1).ok());
        let Some(place) = place else { return 0 };
        let link = self.kept.get(place).map_or(0, |kept| kept.link.depth);
        let other = match &self.compact {
            Some(compact) => compact.hashes.get(place).copied().unwrap_or(0),
            None => self
                .words
                .items(place)
                .first()
                .copied()
                .map_or(0, u64::from),
        };
        u64::from(link).wrapping_add(other)
    }

    /// Adds a situation, if it is new or was reached later before. `now` is the turn of those that
    /// are gone on from at present.
    pub(crate) fn insert(&mut self, app: &A, words: &[u32], reached: Reached, now: u32) {
        let Reached {
            hash, link, goals, ..
        } = reached;
        let id = match self.place_of(hash, app, words) {
            Some(place) => {
                let Some(id) = StateId::at(self.number, place) else {
                    return;
                };
                self.improve(id, app, words, link, now);
                id
            }
            None if self.is_closed(hash) => {
                let compact = self.compact.as_mut();
                if reached.awaits_inputs && compact.is_some_and(|it| it.plays(hash, link, now)) {
                    self.unplayed.push(app.clone(), words, reached);
                }
                return;
            }
            None => {
                let place = self.add(app, hash, words, link);
                let id = StateId::new(self.number, place);
                self.pend(id, link.rank(self.order).0 - now);
                if goals != 0 {
                    self.goals.push((id, goals));
                }
                id
            }
        };
        let rank = link.rank(self.order);
        if reached.awaits_inputs
            && let Some(kept) = self.kept.get_mut(id.place())
            && kept.played > rank
        {
            kept.played = rank;
            self.unplayed.push(app.clone(), words, reached);
        }
        if let Some(edges) = &mut self.edges
            && link.parent.as_boot().is_none()
        {
            edges.push((id, link.parent));
        }
    }

    /// Takes another way to a situation, if that is better.
    fn improve(&mut self, id: StateId, app: &A, words: &[u32], link: Link, now: u32) {
        let order = self.order;
        let Some(known) = self.kept.get_mut(id.place()) else {
            return;
        };
        if known.is_expanded || known.link.rank(order) <= link.rank(order) {
            return;
        }
        let was_later = known.link.rank(order).0 > link.rank(order).0;
        known.link = link;
        if self.compact.is_some() {
            // It is taken for the same by its hash: what is kept has to be where this way leads.
            known.app.clone_from(app);
            self.words.set(id.place(), words);
        }
        if was_later {
            self.pend(id, link.rank(order).0 - now);
        }
    }

    fn add(&mut self, app: &A, hash: u64, words: &[u32], link: Link) -> u32 {
        self.count += 1;
        let kept = Kept {
            app: app.clone(),
            link,
            is_expanded: false,
            played: NOT_PLAYED,
        };
        let free = self.compact.as_mut().and_then(|it| it.free.pop());
        let place = match free {
            Some(place) => {
                if let Some(old) = self.kept.get_mut(place as usize) {
                    *old = kept;
                }
                self.words.set(place as usize, words);
                place
            }
            None => {
                let place = u32::try_from(self.kept.len()).unwrap_or(MOST);
                self.kept.push(kept);
                self.words.extend(words);
                if let Some(compact) = &mut self.compact {
                    compact.hashes.push(0);
                    compact.numbers.push(0);
                }
                place
            }
        };
        if let Some(compact) = &mut self.compact
            && let Some(known) = compact.hashes.get_mut(place as usize)
        {
            *known = hash;
        }
        self.table.insert(slot(hash, place));
        place
    }

    fn pend(&mut self, id: StateId, turns: u32) {
        let turns = turns as usize;
        while self.pending.len() <= turns {
            self.pending.push_back(Vec::new());
        }
        if let Some(pending) = self.pending.get_mut(turns) {
            pending.push(id);
        }
    }
}

impl Compact {
    /// The word of a hash, if it is one of those that were gone on from.
    fn closed_word(&self, hash: u64) -> Option<u64> {
        let lowest = closed_word(hash);
        let word = self.closed.from(lowest).next();
        word.filter(|word| word & !1 == lowest)
    }

    /// Whether what can be done in its tick is to be played, of one that was gone on from; in this
    /// turn. No later turn has a better way to the next tick, but this one may have one with fewer
    /// actions.
    fn plays(&mut self, hash: u64, link: Link, now: u32) -> bool {
        if self.played_in != now {
            self.played_in = now;
            for hash in mem::take(&mut self.played).into_keys() {
                if let Some(word) = self.closed_word(hash) {
                    self.closed.replace(word, word | 1);
                }
            }
        }
        if self.closed_word(hash).is_none_or(|word| word & 1 != 0) {
            return false;
        }
        let known = self.played.get(&hash);
        let is_better = known.is_none_or(|actions| *actions > link.actions);
        if is_better && link.depth == now + 1 {
            self.played.insert(hash, link.actions);
        }
        is_better
    }
}

/// The word by which a table has a hash: never zero.
const fn closed_word(hash: u64) -> u64 {
    match hash & !1 {
        0 => 2,
        word => word,
    }
}

const HIGH_HALF: u64 = 0xffff_ffff_0000_0000;

/// The word of a table: half of the hash, and one more than the place, so that it is never zero.
const fn slot(hash: u64, place: u32) -> u64 {
    (hash & HIGH_HALF) | (place as u64 + 1)
}
