//! What was reached, in lists.

use std::hint;

use crate::store::{Reached, Shard};

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

    /// The one at a place, of those whose words are this many.
    pub(crate) fn get(&self, place: usize, word_count: usize) -> Option<(&A, &[u32], &Reached)> {
        let words = self.words.get(place * word_count..)?.get(..word_count)?;
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

    /// Each, with its words, of which there are as many for each.
    pub(crate) fn each(&self, mut keep: impl FnMut(&A, &[u32], Reached)) {
        let count = self.words.len() / self.reached.len().max(1);
        let mut words = self.words.as_slice();
        for (app, reached) in self.apps.iter().zip(&self.reached) {
            let (own, rest) = words.split_at(count.min(words.len()));
            keep(app, own, *reached);
            words = rest;
        }
    }

    /// Lets all that is compared next come from memory.
    pub(crate) fn glance<'s>(&self, shard: impl Fn(usize) -> Option<&'s Shard<A>>)
    where
        A: Clone + Eq + 's,
    {
        let seen = self.reached.iter().map(|reached| {
            let shard = shard(reached.shard());
            shard.map_or(0, |shard| shard.glance(reached.hash))
        });
        hint::black_box(seen.fold(0, u32::wrapping_add));
    }

    pub(crate) fn clear(&mut self) {
        self.apps.clear();
        self.reached.clear();
        self.words.clear();
    }
}
