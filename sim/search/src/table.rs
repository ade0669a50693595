//! A set of words in the order of their hashes, with one access to memory for most that is asked.

/// Words that are never zero, at the place to which their highest bits lead or soon after it, in
/// ascending order. What is looked for ends where a larger word stands, so the table can be nearly
/// full; and a larger table is filled from one end to the other.
pub(crate) struct Table {
    slots: Vec<u64>,
    /// The places to which words lead; some more are behind them.
    places: usize,
    count: usize,
}

/// No word.
const EMPTY: u64 = 0;

/// How many places a table begins with.
const FIRST: usize = 1 << 5;

/// How many places a large one has: half a mebibyte.
const LARGE: usize = 1 << 16;

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            places: 0,
            count: 0,
        }
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u64>()
    }

    /// Where a word leads; its last bit changes nothing, so that one of a pair can take the place of the
    /// other.
    fn home(&self, word: u64) -> usize {
        let place = (u128::from(word >> 1) * self.places as u128) >> 63;
        // It is less than the number of places.
        usize::try_from(place).unwrap_or(0)
    }

    /// What stands where a word leads.
    pub(crate) fn glance(&self, word: u64) -> u64 {
        self.slots.get(self.home(word)).copied().unwrap_or(EMPTY)
    }

    /// The words with these high bits, and maybe others: those from where the lowest of them leads.
    pub(crate) fn from(&self, lowest: u64) -> impl Iterator<Item = u64> {
        let home = self.home(lowest);
        let slots = self.slots.get(home..).unwrap_or_default().iter().copied();
        slots
            .take_while(|slot| *slot != EMPTY)
            .skip_while(move |slot| *slot < lowest)
    }

    /// All words, in ascending order.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        let slots = self.slots.iter().copied();
        slots.filter(|slot| *slot != EMPTY)
    }

    /// Adds a word that is not in it.
    pub(crate) fn insert(&mut self, word: u64) {
        // At nine tenths it becomes larger.
        if self.count * 10 >= self.places * 9 {
            self.grow();
        }
        while !self.put(word) {
            self.grow();
        }
        self.count += 1;
    }

    /// Puts a word in the place of one that is in it and stands between the same two.
    pub(crate) fn replace(&mut self, word: u64, by: u64) {
        let home = self.home(word);
        let slots = self.slots.get_mut(home..).unwrap_or_default();
        if let Some(slot) = slots.iter_mut().find(|slot| **slot == word) {
            *slot = by;
        }
    }

    /// Takes a word out that is in it.
    pub(crate) fn remove(&mut self, word: u64) {
        let home = self.home(word);
        let slots = self.slots.get(home..).unwrap_or_default();
        let Some(at) = slots.iter().position(|slot| *slot == word) else {
            return;
        };
        let mut at = home + at;
        // Those behind it that stand later than where they lead come forward.
        while let Some(next) = self.slots.get(at + 1).copied() {
            let stays = next == EMPTY || self.home(next) > at;
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = if stays { EMPTY } else { next };
            }
            if stays {
                break;
            }
            at += 1;
        }
        self.count -= 1;
    }

    /// Puts a word in order; `false` if there is no place for it at the end.
    fn put(&mut self, word: u64) -> bool {
        let home = self.home(word);
        let last = self.slots.len().saturating_sub(1);
        let Some(slots) = self.slots.get_mut(home..) else {
            return false;
        };
        let Some(empty) = slots.iter().position(|slot| *slot == EMPTY) else {
            return false;
        };
        if home + empty == last {
            // The last slot stays empty, so that everything that is looked for ends.
            return false;
        }
        let Some(run) = slots.get_mut(..=empty) else {
            return false;
        };
        let at = run.iter().position(|slot| *slot > word).unwrap_or(empty);
        if let Some(moved) = run.get_mut(at..) {
            moved.rotate_right(1);
            if let Some(slot) = moved.first_mut() {
                *slot = word;
            }
        }
        true
    }

    fn grow(&mut self) {
        // A large one by less, so that a fifth of it is empty at most.
        let more = match self.places < LARGE {
            true => self.places / 4,
            false => self.places / 8,
        };
        let places = (self.places + more).max(FIRST);
        let old = std::mem::take(&mut self.slots);
        self.places = places;
        let mut spare = FIRST + places / 64;
        loop {
            self.slots = vec![EMPTY; places + spare];
            if self.fill(&old) {
                return;
            }
            spare *= 2;
        }
    }

    /// Takes the words of a smaller table, in their order.
    fn fill(&mut self, old: &[u64]) -> bool {
        let mut next = 0;
        for word in old.iter().copied().filter(|word| *word != EMPTY) {
            let at = self.home(word).max(next);
            if at + 1 >= self.slots.len() {
                return false;
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = word;
            }
            next = at + 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_of_a_pair_lead_to_the_same_place() {
        for places in 1..2_000_usize {
            let table = Table {
                places,
                ..Table::new()
            };
            for place in 1..places {
                // The first word that leads there or later, whatever its last bit.
                let first = ((place as u128) << 64).div_ceil(places as u128);
                let first = u64::try_from(first).unwrap();
                for word in [first - 1, first, first + 1] {
                    assert_eq!(table.home(word), table.home(word ^ 1), "{places} {word:x}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn words_of_a_pair_take_the_place_of_each_other(
            words in proptest::collection::btree_set(1..=u64::MAX / 2, 1..200),
            replaced in proptest::collection::vec(any::<prop::sample::Index>(), 0..100),
        ) {
            let mut table = Table::new();
            let mut known: Vec<u64> = words.into_iter().map(|word| word << 1).collect();
            known.iter().for_each(|word| table.insert(*word));
            for at in replaced {
                let at = at.index(known.len());
                let by = known[at] ^ 1;
                table.replace(known[at], by);
                known[at] = by;
            }
            prop_assert_eq!(table.words().collect::<Vec<_>>(), known);
        }

        #[test]
        fn it_has_what_a_set_has(
            steps in proptest::collection::vec((any::<bool>(), prop_oneof![1..40_u64, (u64::MAX - 20)..=u64::MAX, 1..=u64::MAX]), 0..400),
        ) {
            let mut table = Table::new();
            let contains = |table: &Table, word| table.from(word).next() == Some(word);
            let mut set = BTreeSet::new();
            for (adds, word) in steps {
                prop_assert_eq!(contains(&table, word), set.contains(&word));
                if adds && set.insert(word) {
                    table.insert(word);
                } else if !adds && set.remove(&word) {
                    table.remove(word);
                }
                prop_assert_eq!(contains(&table, word), set.contains(&word));
            }
            for word in &set {
                prop_assert!(contains(&table, *word));
            }
            prop_assert_eq!(table.slots.iter().filter(|slot| **slot != 0).count(), set.len());
        }
    }
}
