//! What was reached, in lists.

use std::hint;

use crate::store::{Reached, Shard};

/// How many situations are looked up together: so many accesses to memory do not wait for each other.
pub(crate) const TOGETHER: usize = 32;

/// Situations that are kept later, with the words of all of them.
pub(crate) struct Arrivals<A> {
    apps: Vec<A>,
    reached: Vec<Reached>,
    words: Vec<u32>,
}

impl<A> Default for Arrivals<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> Arrivals<A> {
    pub(crate) const fn new() -> Self {
        Self {
            apps: Vec::new(),
            reached: Vec::new(),
            words: Vec::new(),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.reached.len()
    }

    /// The one at a place, with its words, of which there are as many for each.
    pub(crate) fn get(&self, place: usize) -> Option<(&A, &[u32], &Reached)> {
        let count = self.words.len() / self.len().max(1);
        let words = self.words.get(place * count..)?.get(..count)?;
        Some((self.apps.get(place)?, words, self.reached.get(place)?))
    }

    pub(crate) fn push(&mut self, app: A, words: &[u32], reached: Reached) {
        self.apps.push(app);
        self.push_reached(words, reached);
    }

    /// Takes an app that is changed before it is said how it was reached. What a panic left is
    /// forgotten.
    pub(crate) fn push_app(&mut self, app: A) -> &mut A {
        self.apps.truncate(self.reached.len());
        let last = self.apps.len();
        self.apps.push(app);
        &mut self.apps[last]
    }

    /// Gives an app back of which it was not said how it was reached.
    pub(crate) fn pop_app(&mut self) -> Option<A> {
        self.apps.pop()
    }

    /// Says how the last app was reached.
    pub(crate) fn push_reached(&mut self, words: &[u32], reached: Reached) {
        self.reached.push(reached);
        self.words.extend_from_slice(words);
    }

    /// How each was reached.
    pub(crate) fn reached(&self) -> &[Reached] {
        &self.reached
    }

    /// Gives those at some places to `take`, once what each is compared with in its shard was loaded.
    pub(crate) fn look_up<S>(
        &self,
        mut places: impl Iterator<Item = usize>,
        shards: &mut S,
        shard: impl Fn(&S, usize) -> Option<&Shard<A>>,
        mut take: impl FnMut(&mut S, &A, &[u32], &Reached),
    ) where
        A: Clone + Eq,
    {
        let mut together = [0; TOGETHER];
        loop {
            let mut count = 0;
            for (to, place) in together.iter_mut().zip(places.by_ref()) {
                *to = place;
                count += 1;
            }
            let batch = together.get(..count).unwrap_or_default();
            if batch.is_empty() {
                return;
            }
            self.glance(batch, |number| shard(shards, number));
            for (app, words, reached) in batch.iter().filter_map(|at| self.get(*at)) {
                take(shards, app, words, reached);
            }
        }
    }

    /// Lets all that is compared next come from memory.
    fn glance<'s>(&self, batch: &[usize], shard: impl Fn(usize) -> Option<&'s Shard<A>>)
    where
        A: Clone + Eq + 's,
    {
        // One kind of access at a time: what is loaded decides what the next kind loads, and a wrong
        // guess of that would end all that was begun.
        let glance = |look: fn(&Shard<A>, u64) -> u64| {
            let seen = batch.iter().filter_map(|at| {
                let reached = self.reached.get(*at)?;
                Some(look(shard(reached.shard())?, reached.hash))
            });
            hint::black_box(seen.fold(0, u64::wrapping_add));
        };
        glance(Shard::glance_at_tables);
        glance(Shard::glance_at_state);
    }

    pub(crate) fn clear(&mut self) {
        self.apps.clear();
        self.reached.clear();
        self.words.clear();
    }
}
