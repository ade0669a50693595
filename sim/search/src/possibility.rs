//! From which situations a goal cannot be reached, or not in time.

use crate::settings::Possibility;
use crate::store::{SHARDS, Shard, StateId};

/// The situation that was reached first from which the goal is not reached in time, if there is one.
///
/// Each edge is a tick, and all edges are there.
pub(crate) fn first_without<A: Clone + Eq>(
    shards: &[&Shard<A>],
    goal: Possibility,
) -> Option<StateId> {
    let mut left: Vec<Vec<u32>> = shards
        .iter()
        .map(|shard| vec![u32::MAX; shard.len() as usize])
        .collect();
    let mut level = Vec::new();
    for (id, goals) in shards.iter().flat_map(|shard| &shard.goals) {
        if goals & (1 << goal.rule) != 0 && set(&mut left, *id, 0) {
            level.push(*id);
        }
    }
    let before: Vec<Predecessors> = shards.iter().map(|shard| Predecessors::of(shard)).collect();
    let mut ticks = 0;
    while !level.is_empty() {
        ticks += 1;
        let mut next = Vec::new();
        for id in level {
            for parent in before.get(id.shard()).map_or(&[][..], |it| it.of_state(id)) {
                if set(&mut left, *parent, ticks) {
                    next.push(*parent);
                }
            }
        }
        level = next;
    }
    let most = goal.within.unwrap_or(u32::MAX - 1);
    let mut first: Option<(u32, StateId)> = None;
    for shard in 0..SHARDS {
        let places = left.get(shard).map_or(0, Vec::len);
        for id in (0..places).filter_map(|place| StateId::at(shard, place)) {
            let ticks = left.get(shard).and_then(|left| left.get(id.place()));
            let depth = shards
                .get(shard)
                .and_then(|it| it.link(id))
                .map(|it| it.depth);
            if let (Some(ticks), Some(depth)) = (ticks, depth)
                && *ticks > most
                && first.is_none_or(|(earliest, _)| depth < earliest)
            {
                first = Some((depth, id));
            }
        }
    }
    first.map(|(_, id)| id)
}

/// Notes the distance of a situation, if it has none.
fn set(left: &mut [Vec<u32>], id: StateId, ticks: u32) -> bool {
    match left
        .get_mut(id.shard())
        .and_then(|it| it.get_mut(id.place()))
    {
        Some(known) if *known == u32::MAX => {
            *known = ticks;
            true
        }
        _ => false,
    }
}

/// The edges of a shard, by where they go.
struct Predecessors {
    starts: Vec<u32>,
    from: Vec<StateId>,
}

impl Predecessors {
    fn of<A: Clone + Eq>(shard: &Shard<A>) -> Self {
        let edges = shard.edges.as_deref().unwrap_or_default();
        let mut starts = vec![0_u32; shard.len() as usize + 1];
        for (to, _) in edges {
            if let Some(count) = starts.get_mut(to.place() + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut from = vec![StateId::boot(0); edges.len()];
        for (to, parent) in edges {
            if let Some(at) = next.get_mut(to.place()) {
                if let Some(slot) = from.get_mut(*at as usize) {
                    *slot = *parent;
                }
                *at += 1;
            }
        }
        Self { starts, from }
    }

    fn of_state(&self, id: StateId) -> &[StateId] {
        let start = self.starts.get(id.place()).copied().unwrap_or(0) as usize;
        let end = self.starts.get(id.place() + 1).copied().unwrap_or(0) as usize;
        self.from.get(start..end).unwrap_or_default()
    }
}
