//! A shard as bytes: how its situations were reached, not the situations.

use std::collections::VecDeque;
use std::io;

use super::{Compact, Kept, Link, NOT_PLAYED, Shard, StateId, shard_of, slot};
use crate::checkpoint::CheckpointError;
use crate::choice_code::ChoiceCode;
use crate::codec::{Decoder, Encoder};
use crate::input_model::Choice;

/// What a place is for.
const OPEN: u8 = 0;
const EXPANDED: u8 = 1;
const FREE: u8 = 2;

impl<A: Clone + Eq> Shard<A> {
    pub(crate) fn save(&self, code: &ChoiceCode, to: &mut Encoder<'_>) -> io::Result<()> {
        to.u32(self.count)?;
        to.u32(self.deepest)?;
        to.count(self.kept.len())?;
        let mut is_free = vec![false; self.kept.len()];
        let free = self.compact.as_ref().map_or(&[][..], |it| &it.free);
        for place in free {
            if let Some(is_free) = is_free.get_mut(*place as usize) {
                *is_free = true;
            }
        }
        for (place, is_free) in is_free.into_iter().enumerate() {
            let Some(kept) = self.kept.get(place) else {
                continue;
            };
            let role = match kept.is_expanded {
                _ if is_free => FREE,
                true => EXPANDED,
                false => OPEN,
            };
            to.u8(role)?;
            if role != FREE {
                to.u32(kept.link.parent.0)?;
                write_choice(kept.link.choice, code, to)?;
            }
        }
        if let Some(compact) = &self.compact {
            compact.save(to)?;
        }
        to.count(self.pending.len())?;
        for turn in &self.pending {
            write_ids(turn, to)?;
        }
        if let Some(edges) = &self.edges {
            to.count(edges.len())?;
            for (to_id, from_id) in edges {
                to.u32(to_id.0)?;
                to.u32(from_id.0)?;
            }
        }
        to.count(self.goals.len())?;
        for (id, goals) in &self.goals {
            to.u32(id.0)?;
            to.u64(*goals)?;
        }
        Ok(())
    }

    /// Takes what [`Shard::save`] wrote, with some app in place of each, for [`Shard::settle`] to
    /// replace.
    pub(crate) fn load(
        &mut self,
        some: &A,
        word_count: usize,
        code: &ChoiceCode,
        from: &mut Decoder<'_>,
    ) -> Result<(), CheckpointError> {
        let words = vec![0; word_count];
        self.count = from.u32()?;
        self.deepest = from.u32()?;
        for _ in 0..from.count()? {
            let role = from.u8()?;
            let mut link = Link {
                parent: StateId::boot(0),
                choice: Choice::NOTHING,
                depth: 0,
                actions: 0,
            };
            if role != FREE {
                link.parent = StateId(from.u32()?);
                link.choice = read_choice(code, from)?;
            }
            self.kept.push(Kept {
                app: some.clone(),
                link,
                is_expanded: role == EXPANDED,
                // It is played again where it is reached again, which changes nothing.
                played: NOT_PLAYED,
            });
            self.words.extend(&words);
        }
        if let Some(compact) = &mut self.compact {
            compact.load(self.kept.len(), code, from)?;
        }
        let mut pending = VecDeque::new();
        for _ in 0..from.count()? {
            pending.push_back(read_ids(from)?);
        }
        self.pending = pending;
        if let Some(edges) = &mut self.edges {
            for _ in 0..from.count()? {
                edges.push((StateId(from.u32()?), StateId(from.u32()?)));
            }
        }
        for _ in 0..from.count()? {
            self.goals.push((StateId(from.u32()?), from.u64()?));
        }
        Ok(())
    }

    /// Those that were gone on from and are not kept whole, by their numbers, and where each was
    /// reached from.
    pub(crate) fn closed(&self) -> impl Iterator<Item = (StateId, StateId)> {
        let parents = self.compact.as_ref().map(|it| &it.parents);
        let count = parents.map_or(0, |it| it.len());
        (0..count).filter_map(move |place| {
            let parent = StateId(*parents?.get(place)?);
            Some((StateId::at(self.number, place)?, parent))
        })
    }

    /// Those that are kept whole, and where each was reached from.
    pub(crate) fn whole(&self) -> impl Iterator<Item = (StateId, StateId)> {
        let mut is_free = vec![false; self.kept.len()];
        for place in self.compact.as_ref().map_or(&[][..], |it| &it.free) {
            if let Some(is_free) = is_free.get_mut(*place as usize) {
                *is_free = true;
            }
        }
        let places = is_free.into_iter().enumerate();
        places
            .filter(|(_, is_free)| !is_free)
            .filter_map(|(place, _)| {
                let link = &self.kept.get(place)?.link;
                Some((StateId::at(self.number, place)?, link.parent))
            })
    }

    /// Puts a situation that is kept whole where it was; `false` if it does not belong there.
    pub(crate) fn settle(
        &mut self,
        id: StateId,
        app: &A,
        words: &[u32],
        hash: u64,
        link: Link,
    ) -> bool {
        let Some(kept) = self.kept.get_mut(id.place()) else {
            return false;
        };
        if shard_of(hash) != self.number {
            return false;
        }
        kept.app.clone_from(app);
        kept.link = link;
        self.words.set(id.place(), words);
        if let Some(compact) = &mut self.compact
            && let Some(known) = compact.hashes.get_mut(id.place())
        {
            *known = hash;
        }
        if let Ok(place) = u32::try_from(id.place()) {
            self.table.insert(slot(hash, place));
        }
        true
    }

    /// Whether a situation with this hash was gone on from and is not kept whole.
    pub(crate) fn has_closed(&self, hash: u64) -> bool {
        shard_of(hash) == self.number && self.is_closed(hash)
    }
}

impl Compact {
    fn save(&self, to: &mut Encoder<'_>) -> io::Result<()> {
        to.count(self.parents.len())?;
        for place in 0..self.parents.len() {
            to.u32(self.parents.get(place).copied().unwrap_or(0))?;
            to.bytes(self.choices.items(place))?;
        }
        to.count(self.closed.words().count())?;
        for word in self.closed.words() {
            to.u64(word)?;
        }
        to.count(self.free.len())?;
        for place in &self.free {
            to.u32(*place)?;
        }
        Ok(())
    }

    fn load(
        &mut self,
        kept: usize,
        code: &ChoiceCode,
        from: &mut Decoder<'_>,
    ) -> Result<(), CheckpointError> {
        let mut choice = [0; 4];
        let choice = choice.get_mut(..code.width()).unwrap_or_default();
        for _ in 0..from.count()? {
            self.parents.push(from.u32()?);
            from.bytes(choice)?;
            self.choices.extend(choice);
        }
        for _ in 0..from.count()? {
            self.closed.insert(from.u64()?.max(2));
        }
        for _ in 0..from.count()? {
            self.free.push(from.u32()?);
        }
        for _ in 0..kept {
            self.hashes.push(0);
            self.numbers.push(0);
        }
        Ok(())
    }
}

pub(crate) fn write_ids(ids: &[StateId], to: &mut Encoder<'_>) -> io::Result<()> {
    to.count(ids.len())?;
    ids.iter().try_for_each(|id| to.u32(id.0))
}

pub(crate) fn read_ids(from: &mut Decoder<'_>) -> Result<Vec<StateId>, CheckpointError> {
    let mut ids = Vec::new();
    for _ in 0..from.count()? {
        ids.push(StateId(from.u32()?));
    }
    Ok(ids)
}

fn write_choice(choice: Choice, code: &ChoiceCode, to: &mut Encoder<'_>) -> io::Result<()> {
    let written = code.written(choice);
    to.bytes(written.get(..code.width()).unwrap_or_default())
}

fn read_choice(code: &ChoiceCode, from: &mut Decoder<'_>) -> Result<Choice, CheckpointError> {
    let mut bytes = [0; 4];
    let bytes = bytes.get_mut(..code.width()).unwrap_or_default();
    from.bytes(bytes)?;
    Ok(code.read(bytes))
}
