//! Looks for a way from the present moment of a run to something.
//!
//! [`goals::seek`](crate::goals::seek) begins where the board comes up. This begins where a run is now,
//! as whoever looks at it does: what takes little is looked at first, counted in ticks with a price for
//! each press and release.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::ops::ControlFlow;

use lockstep_core::event::ButtonId;
use lockstep_core::time::{RunTicks, Ticks};
use lockstep_engine::app_failure::AppFailure;
use lockstep_engine::dyn_runner::{DynRunner, Stretch};
use lockstep_engine::registry::{AppEntry, Boot};
use lockstep_engine::script::{Action, Script, ScriptEvent, SwitchState};
use lockstep_engine::trace::Trace;

use crate::rule_file::RuleFile;
use crate::trace_check::GoalWatch;

/// What a press or a release costs, in milliseconds: so much longer a way with one less is shorter.
const PRICE: u32 = 1_000;

/// How long it is waited at first for what comes by itself, or after one press, in milliseconds.
const LONG: u32 = 20 * 60 * 1_000;

/// What is known of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReachFromHere {
    /// It is so at this moment.
    Now,
    /// What is to be done, in ticks from the present one, and when it is reached.
    Found(Vec<ScriptEvent>, RunTicks),
    /// None was found among so many situations.
    NotFound(usize),
    /// The app cannot be copied, or does not play up to this moment.
    Unknown,
}

/// Looks for a way from the end of a run to one of the goals of a file of rules, by the buttons that it
/// does not assume never to be pressed. `watch` is told of situations, and can stop it.
#[must_use]
pub fn reach_from_here(
    app: &AppEntry,
    run: &Script,
    goals: &RuleFile,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> ReachFromHere {
    Seeker {
        app,
        goals,
        known: HashSet::new(),
        heap: BinaryHeap::new(),
        nodes: Vec::new(),
    }
    .seek(run, watch)
    .unwrap_or(ReachFromHere::Unknown)
}

struct Seeker<'a> {
    app: &'a AppEntry,
    goals: &'a RuleFile,
    known: HashSet<(u64, u64, Vec<u32>)>,
    /// What each costs, and where it is; those with less done, and then older ones, first.
    heap: BinaryHeap<Reverse<(u64, usize, usize)>>,
    nodes: Vec<Option<Node>>,
}

/// A situation that a way leads to.
struct Node {
    runner: Box<dyn DynRunner>,
    watch: GoalWatch,
    events: Vec<ScriptEvent>,
}

/// The app cannot be copied, or it failed.
struct CannotPlay;

impl From<AppFailure> for CannotPlay {
    fn from(_: AppFailure) -> Self {
        Self
    }
}

impl Node {
    fn copied(&self) -> Result<Self, CannotPlay> {
        Ok(Self {
            runner: self.runner.copied().ok_or(CannotPlay)?,
            watch: self.watch.clone(),
            events: self.events.clone(),
        })
    }
}

impl Seeker<'_> {
    fn seek(
        mut self,
        run: &Script,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<ReachFromHere, CannotPlay> {
        let (start, is_now) = self.start(run)?;
        if is_now {
            return Ok(ReachFromHere::Now);
        }
        let present = start.runner.now();
        let patient = self.seek_patiently(&start, present)?;
        self.add(start, present);
        let mut count = 0;
        while let Some(Reverse((cost, _, place))) = self.heap.pop() {
            count += 1;
            // What takes minutes may be had sooner by doing more.
            let is_worth = patient.as_ref().is_none_or(|(known, _)| cost < *known);
            if !is_worth || watch(count).is_break() {
                break;
            }
            let Some(node) = self.nodes.get_mut(place).and_then(Option::take) else {
                continue;
            };
            // A failure of the app ends this way alone: `sim explore` is what looks for it.
            if let Ok(Some(way)) = self.go_on(&node, present) {
                return Ok(way);
            }
        }
        Ok(patient.map_or(ReachFromHere::NotFound(count), |(_, way)| way))
    }

    /// Plays the run up to the present, and says whether a goal is reached there.
    fn start(&self, run: &Script) -> Result<(Node, bool), CannotPlay> {
        let mut trace = Trace::new(self.app.descriptor());
        let boot = Boot::PowerUp(run.clock());
        let started = self.app.start(boot, run.condition(), &mut trace)?;
        let mut runner = started.ok_or(CannotPlay)?;
        runner.play(&Stretch::new(run.events(), run.end()), &mut trace)?;
        trace.set_end(runner.now());
        let monitor = self.goals.monitor();
        let mut watch = GoalWatch::new(&monitor, self.app.descriptor());
        let (_, last) = watch.read_on(&monitor, self.goals.goals(), &trace);
        let node = Node {
            runner,
            watch,
            events: Vec::new(),
        };
        // Whether there can be copies.
        node.copied()?;
        Ok((node, !last.is_empty()))
    }

    /// What comes by itself, and what comes of one press or release, however long it takes, with its
    /// cost.
    fn seek_patiently(
        &self,
        start: &Node,
        present: RunTicks,
    ) -> Result<Option<(u64, ReachFromHere)>, CannotPlay> {
        let long = RunTicks(self.app.descriptor().tick().ms(LONG).0.into());
        let mut ways = Vec::new();
        let mut waiting = start.copied()?;
        if let Some(tick) = self.pass(&mut waiting, present.saturating_add(long))? {
            ways.push((waiting, tick));
        }
        for action in self.moves(start) {
            let mut acted = start.copied()?;
            let reached = match self.act(&mut acted, action, present) {
                Ok(None) => {
                    let until = acted.runner.now().saturating_add(long);
                    self.pass(&mut acted, until).unwrap_or(None)
                }
                Ok(reached) => reached,
                Err(CannotPlay) => None,
            };
            ways.extend(reached.map(|tick| (acted, tick)));
        }
        let ways = ways.into_iter().map(|(node, tick)| {
            let cost = self.cost(&node, present, tick);
            (cost, found(&node, present, tick))
        });
        Ok(ways.min_by_key(|(cost, _)| *cost))
    }

    fn cost(&self, node: &Node, present: RunTicks, tick: RunTicks) -> u64 {
        let price = self.price().saturating_mul(node.events.len() as u64);
        tick.saturating_sub(present).0.saturating_add(price)
    }

    fn price(&self) -> u64 {
        u64::from(self.app.descriptor().tick().ms(PRICE).0).max(1)
    }

    fn go_on(
        &mut self,
        node: &Node,
        present: RunTicks,
    ) -> Result<Option<ReachFromHere>, CannotPlay> {
        for action in self.moves(node) {
            let mut acted = node.copied()?;
            match self.act(&mut acted, action, present) {
                Ok(Some(tick)) => return Ok(Some(found(&acted, present, tick))),
                Ok(None) => self.add(acted, present),
                Err(CannotPlay) => {}
            }
        }
        let mut later = node.copied()?;
        let idle = later.runner.next_wakeup()?.idle_ticks();
        if idle == Ticks::MAX {
            return Ok(None);
        }
        let wakeup = RunTicks(u64::from(idle.0) + 1);
        let until = later.runner.now().saturating_add(wakeup);
        let reached = self.pass(&mut later, until)?;
        let way = reached.map(|tick| found(&later, present, tick));
        if way.is_none() {
            self.add(later, present);
        }
        Ok(way)
    }

    /// What can be done with the buttons.
    fn moves(&self, node: &Node) -> Vec<Action> {
        let buttons = 0..self.app.descriptor().buttons().len();
        let buttons = buttons.filter_map(|place| u8::try_from(place).ok());
        let inputs = &self.goals.assumptions().inputs;
        buttons
            .map(ButtonId)
            .filter(|button| {
                let model = inputs.buttons.get(usize::from(button.0));
                model.is_some_and(|model| model.moves)
            })
            .map(|button| {
                let now = match node.runner.is_closed(button) {
                    true => SwitchState::Open,
                    false => SwitchState::Closed,
                };
                Action::Button(button, now)
            })
            .collect()
    }

    /// Does something in the next tick.
    fn act(
        &self,
        node: &mut Node,
        action: Action,
        present: RunTicks,
    ) -> Result<Option<RunTicks>, CannotPlay> {
        let tick = node.runner.now().saturating_add(RunTicks(1));
        let event = ScriptEvent { tick, action };
        let mut trace = Trace::new(self.app.descriptor());
        node.runner
            .play(&Stretch::new(&[event], tick), &mut trace)?;
        node.events.push(ScriptEvent {
            tick: tick.saturating_sub(present),
            action,
        });
        Ok(self.look(node, trace))
    }

    fn pass(&self, node: &mut Node, until: RunTicks) -> Result<Option<RunTicks>, CannotPlay> {
        let mut trace = Trace::new(self.app.descriptor());
        node.runner.play(&Stretch::new(&[], until), &mut trace)?;
        Ok(self.look(node, trace))
    }

    /// When a goal was reached in what was played last.
    fn look(&self, node: &mut Node, mut trace: Trace) -> Option<RunTicks> {
        trace.set_end(node.runner.now());
        let monitor = self.goals.monitor();
        node.watch.read_on(&monitor, self.goals.goals(), &trace).0
    }

    fn add(&mut self, node: Node, present: RunTicks) {
        let place = self.nodes.len();
        let situation = node.runner.situation();
        let situation = situation.unwrap_or(place as u64);
        let contacts = self.contacts(&node);
        if !self
            .known
            .insert((situation, contacts, node.watch.memory.clone()))
        {
            return;
        }
        let cost = self.cost(&node, present, node.runner.now());
        self.heap.push(Reverse((cost, node.events.len(), place)));
        self.nodes.push(Some(node));
    }

    fn contacts(&self, node: &Node) -> u64 {
        let count = self.app.descriptor().buttons().len();
        let closed = (0..count.min(64)).filter(|place| {
            u8::try_from(*place).is_ok_and(|place| node.runner.is_closed(ButtonId(place)))
        });
        closed.fold(0, |all, place| all | 1 << place)
    }
}

fn found(node: &Node, present: RunTicks, tick: RunTicks) -> ReachFromHere {
    ReachFromHere::Found(node.events.clone(), tick.saturating_sub(present))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parser::parse;
    use lockstep_apps::lamp::Lamp;
    use lockstep_core::app::App;
    use lockstep_engine::app;
    use lockstep_engine::load::InputFormat;
    use lockstep_engine::registry::Registry;

    /// The way from the end of a run of the lamp to something, as a scenario in one line.
    fn ahead(run: &str, what: &str) -> String {
        let registry = Registry::new(vec![app!(Lamp)]).unwrap();
        let loaded = InputFormat::Compact.load(&registry, run.as_bytes(), None);
        let loaded = loaded.unwrap();
        let goals = parse(&format!("app lamp\n{what} at some time\n"), &registry).unwrap();
        let mut watch = |count| match count < 50_000 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        };
        match reach_from_here(&loaded.app, &loaded.script, &goals, &mut watch) {
            ReachFromHere::Found(events, reached) => {
                let events = events.iter().map(|event| {
                    let Action::Button(button, state) = event.action else {
                        panic!("{event:?}");
                    };
                    let name = Lamp::DESCRIPTOR.buttons()[usize::from(button.0)];
                    format!("{} {} {name}, ", event.tick.0, state.verb())
                });
                format!("{}reached at {}", events.collect::<String>(), reached.0)
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_way_begins_at_the_present() {
        assert_eq!(
            ahead("t:300", "log lock on"),
            "1 press A, 2 press B, reached at 2022"
        );
        assert_eq!(ahead("t:300 d:A t:40 u:A t:600", "lamp is on"), "Now");
        assert_eq!(
            ahead("t:300 d:A t:40 u:A t:600", "log power auto-off"),
            "reached at 599720"
        );
    }
}
