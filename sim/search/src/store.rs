//! The situations that were reached, each once.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::input_model::Choice;
use crate::settings::Order;

/// In how many parts the situations are kept, so that several threads can add to them. It is not the
/// number of threads: what is found must not depend on that.
pub(crate) const SHARDS: usize = 64;

/// A situation: its shard, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StateId(u32);

impl StateId {
    /// No situation: where a run begins.
    pub(crate) const NONE: Self = Self(u32::MAX);

    const fn new(shard: usize, place: u32) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "there are 64 shards")]
        Self(place * SHARDS as u32 + shard as u32)
    }

    /// The situation at a place of a shard.
    pub(crate) fn at(shard: usize, place: usize) -> Option<Self> {
        Some(Self::new(shard, u32::try_from(place).ok()?))
    }

    pub(crate) const fn shard(self) -> usize {
        self.0 as usize % SHARDS
    }

    pub(crate) const fn place(self) -> usize {
        self.0 as usize / SHARDS
    }
}

/// The shard of a situation with this hash.
pub(crate) const fn shard_of(hash: u64) -> usize {
    // The table takes the low bits of the high half.
    (hash & 0x3f) as usize
}

/// How a situation was reached first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// From where; where a run begins, [`StateId::NONE`].
    pub(crate) parent: StateId,
    /// What was done last; where a run begins, after the board came up as [`Link::boot`] says.
    pub(crate) choice: Choice,
    /// The tick.
    pub(crate) depth: u32,
    /// How many actions lead here.
    pub(crate) actions: u32,
    /// The place among the conditions under which the board came up, where a run begins.
    pub(crate) boot: u8,
    /// Whether it was gone on from.
    pub(crate) is_expanded: bool,
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

/// Items in blocks, so that a long list is never copied.
struct Blocks<T> {
    blocks: Vec<Vec<T>>,
    /// The items of a block.
    size: usize,
}

impl<T> Blocks<T> {
    const fn new(size: usize) -> Self {
        Self {
            blocks: Vec::new(),
            size,
        }
    }

    fn push(&mut self, item: T) {
        match self
            .blocks
            .last_mut()
            .filter(|block| block.len() < self.size)
        {
            Some(block) => block.push(item),
            None => {
                let mut block = Vec::with_capacity(self.size);
                block.push(item);
                self.blocks.push(block);
            }
        }
    }

    fn get(&self, place: usize) -> Option<&T> {
        self.blocks.get(place / self.size)?.get(place % self.size)
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.blocks
            .get_mut(place / self.size)?
            .get_mut(place % self.size)
    }

    fn bytes(&self) -> u64 {
        bytes_of::<T>(self.blocks.len().saturating_mul(self.size))
    }
}

fn bytes_of<T>(count: usize) -> u64 {
    u64::try_from(count.saturating_mul(size_of::<T>())).unwrap_or(u64::MAX)
}

/// A slot of the table: where the situation is, and half of its hash.
#[derive(Clone, Copy)]
struct Slot {
    place: u32,
    hash: u32,
}

impl Slot {
    /// What the table takes for the hash: it looks at the highest and the lowest bits.
    fn spread(&self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

const fn high_half(hash: u64) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "the other half is gone")]
    {
        (hash >> 32) as u32
    }
}

/// Some of the situations.
pub(crate) struct Shard<A> {
    number: usize,
    order: Order,
    apps: Blocks<A>,
    words: Blocks<u32>,
    word_count: usize,
    links: Blocks<Link>,
    table: HashTable<Slot>,
    count: u32,
    /// Those that are to be gone on from, by how long it is until their turn.
    pub(crate) pending: std::collections::VecDeque<Vec<StateId>>,
    /// Where an edge goes, and where it comes from; kept where it is asked what stays possible.
    pub(crate) edges: Option<Vec<(StateId, StateId)>>,
    /// The situations in which a goal is reached, and these goals.
    pub(crate) goals: Vec<(StateId, u64)>,
}

/// What is added to the situations.
pub(crate) struct Reached<A> {
    pub(crate) app: A,
    pub(crate) hash: u64,
    pub(crate) link: Link,
    pub(crate) goals: u64,
}

const BLOCK: usize = 1 << 10;

impl<A: Eq> Shard<A> {
    pub(crate) fn new(number: usize, word_count: usize, keeps_edges: bool, order: Order) -> Self {
        Self {
            number,
            order,
            apps: Blocks::new(BLOCK),
            words: Blocks::new(BLOCK * word_count.max(1)),
            word_count,
            links: Blocks::new(BLOCK),
            table: HashTable::new(),
            count: 0,
            pending: std::collections::VecDeque::new(),
            edges: keeps_edges.then(Vec::new),
            goals: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    pub(crate) fn bytes(&self) -> u64 {
        let edges = self.edges.as_ref().map_or(0, Vec::capacity);
        self.apps.bytes()
            + self.words.bytes()
            + self.links.bytes()
            + u64::try_from(self.table.allocation_size()).unwrap_or(u64::MAX)
            + bytes_of::<(StateId, StateId)>(edges)
    }

    pub(crate) fn app(&self, id: StateId) -> Option<&A> {
        self.apps.get(id.place())
    }

    pub(crate) fn words(&self, id: StateId) -> &[u32] {
        words_at(&self.words, self.word_count, id.place())
    }

    pub(crate) fn link(&self, id: StateId) -> Option<&Link> {
        self.links.get(id.place())
    }

    /// The last tick at which one of them was reached.
    pub(crate) fn deepest(&self) -> u32 {
        let links = self.links.blocks.iter().flatten();
        links.map(|link| link.depth).max().unwrap_or(0)
    }

    /// Marks a situation as gone on from; `false` if that was done, or its turn is another.
    pub(crate) fn expand(&mut self, id: StateId, turn: u32) -> bool {
        let order = self.order;
        match self.links.get_mut(id.place()) {
            Some(link) if !link.is_expanded && link.rank(order).0 == turn => {
                link.is_expanded = true;
                true
            }
            _ => false,
        }
    }

    /// Adds a situation, if it is new or was reached later before. `now` is the turn of those that
    /// are gone on from at present.
    pub(crate) fn insert(&mut self, reached: Reached<A>, words: &[u32], now: u32) {
        let Reached {
            app,
            hash,
            link,
            goals,
        } = reached;
        let slot = Slot {
            place: self.count,
            hash: high_half(hash),
        };
        let (apps, all_words, word_count) = (&self.apps, &self.words, self.word_count);
        let is_same = |other: &Slot| {
            let place = other.place as usize;
            other.hash == slot.hash
                && apps.get(place).is_some_and(|it| *it == app)
                && words_at(all_words, word_count, place) == words
        };
        let entry = self.table.entry(slot.spread(), is_same, Slot::spread);
        let id = match entry {
            Entry::Occupied(found) => {
                let id = StateId::new(self.number, found.get().place);
                if let Some(known) = self.links.get_mut(id.place())
                    && !known.is_expanded
                    && known.rank(self.order) > link.rank(self.order)
                {
                    let was_later = known.rank(self.order).0 > link.rank(self.order).0;
                    *known = link;
                    if was_later {
                        self.pend(id, link.rank(self.order).0 - now);
                    }
                }
                id
            }
            Entry::Vacant(vacant) => {
                vacant.insert(slot);
                let id = StateId::new(self.number, slot.place);
                self.count += 1;
                self.apps.push(app);
                for word in words {
                    self.words.push(*word);
                }
                self.links.push(link);
                self.pend(id, link.rank(self.order).0 - now);
                if goals != 0 {
                    self.goals.push((id, goals));
                }
                id
            }
        };
        if let Some(edges) = &mut self.edges
            && link.parent != StateId::NONE
        {
            edges.push((id, link.parent));
        }
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

/// The words of a situation; they never straddle two blocks.
fn words_at(words: &Blocks<u32>, count: usize, place: usize) -> &[u32] {
    let first = place * count;
    let block = words.blocks.get(first / words.size);
    let at = first % words.size;
    block
        .and_then(|block| block.get(at..at + count))
        .unwrap_or_default()
}
