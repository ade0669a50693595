//! A run that can be resumed anywhere, with other inputs.
//!
//! A timeline has branches. An input at the end of a branch extends it; an input in its past
//! forks a new branch from there, and the old one is kept.

mod branch;
mod snapshot;

use lockstep_core::time::RunTicks;
use thiserror::Error;

pub use branch::{Branch, ForkPoint, SPACING};
pub use snapshot::Snapshot;

use crate::diff::{Divergence, divergence};
use crate::play::PlayError;
use crate::registry::AppEntry;
use crate::script::{Action, Script, ScriptError, ScriptEvent};
use crate::trace::Line;
use crate::trace::document::Document;

/// The most branches that are kept.
pub const MAX_BRANCHES: usize = 64;

/// The most undone inputs that can be redone.
pub const MAX_UNDONE: usize = 32;

/// All branches of a run.
pub struct Timeline {
    app: AppEntry,
    branches: Vec<Branch>,
    current: usize,
    /// The branches as they were before each undo, with their indices.
    undone: Vec<(usize, Branch)>,
}

/// A timeline cannot be played on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The app cannot be played, or its trace cannot be trusted.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// The input is impossible, or the run too long.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// No more than [`MAX_BRANCHES`].
    #[error("there are {MAX_BRANCHES} branches, the most that are kept: save one and start over")]
    TooManyBranches,
}

impl Timeline {
    /// The run that follows the script, played to its end.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`] if it cannot be played to its end.
    pub fn new(app: &AppEntry, script: &Script) -> Result<Self, TimelineError> {
        let mut branch = Branch::power_up(app, script)?;
        branch.extend(script.end(), script.events())?;
        Ok(Self {
            app: app.clone(),
            branches: vec![branch],
            current: 0,
            undone: Vec::new(),
        })
    }

    /// The app that is played.
    #[must_use]
    pub fn app(&self) -> &AppEntry {
        &self.app
    }

    /// The current branch.
    #[must_use]
    pub fn branch(&self) -> &Branch {
        &self.branches[self.current]
    }

    /// The index of the current branch.
    #[must_use]
    pub fn current(&self) -> usize {
        self.current
    }

    /// All branches, in the order they were made.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Makes another branch the current one; an index without a branch is ignored.
    pub fn switch(&mut self, branch: usize) {
        if branch < self.branches.len() {
            self.current = branch;
        }
    }

    /// Undoes the last input on the current branch, other than the release of a button, and all
    /// that came after it. A branch without inputs of its own is removed, if it is the last one
    /// and none was forked from it.
    ///
    /// `false` if there is nothing to undo.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`] if the app behaves differently when played again.
    pub fn undo(&mut self) -> Result<bool, TimelineError> {
        let current = self.current;
        let branch = self.branch();
        let shared = branch.fork_point().map(|fork_point| fork_point.tick);
        let shortened = match (branch.last_input(), branch.fork_point()) {
            (Some(last), _) if shared.is_none_or(|shared| last > shared) => branch.before(last)?,
            (_, Some(fork_point))
                if self.is_leaf(current) && current + 1 == self.branches.len() =>
            {
                self.current = fork_point.branch;
                if let Some(branch) = self.branches.pop() {
                    self.remember((current, branch));
                }
                return Ok(true);
            }
            _ => return Ok(false),
        };
        let whole = std::mem::replace(&mut self.branches[current], shortened);
        self.remember((current, whole));
        Ok(true)
    }

    /// Redoes what was undone last; `false` if there is nothing to redo, or there was another
    /// input since.
    pub fn redo(&mut self) -> bool {
        let Some((index, branch)) = self.undone.pop() else {
            return false;
        };
        if index < self.branches.len() {
            self.branches[index] = branch;
        } else {
            self.branches.push(branch);
        }
        self.current = index;
        true
    }

    fn remember(&mut self, undone: (usize, Branch)) {
        self.undone.push(undone);
        if self.undone.len() > MAX_UNDONE {
            self.undone.remove(0);
        }
    }

    /// Whether no branch was forked from this one.
    fn is_leaf(&self, branch: usize) -> bool {
        let mut fork_points = self.branches.iter().filter_map(Branch::fork_point);
        !fork_points.any(|fork_point| fork_point.branch == branch)
    }

    /// Plays the current branch on to this tick, without inputs.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`]; what was played up to there is kept.
    pub fn advance(&mut self, tick: RunTicks) -> Result<(), TimelineError> {
        self.branches[self.current].extend(tick, &[])
    }

    /// Plays the current branch on to the first tick in which anything is observed, or to `until`
    /// where nothing is.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`]; what was played up to there is kept.
    pub fn advance_until_observed(&mut self, until: RunTicks) -> Result<(), TimelineError> {
        self.branches[self.current].extend_until_observed(until)
    }

    /// Applies an action at a tick, and returns the tick it was applied at. At the end of the
    /// branch that is one tick later if there was an action at that tick already. Beyond the
    /// end the branch is first played there; in its past a new branch is forked.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`].
    pub fn apply(&mut self, tick: RunTicks, action: Action) -> Result<RunTicks, TimelineError> {
        let at_once = RunTicks::ZERO;
        let event = ScriptEvent {
            tick: at_once,
            action,
        };
        self.apply_input(tick, &[event])
    }

    /// Applies an input that takes several ticks, as [`Timeline::apply`] does an action: its events,
    /// in order, with their ticks counted from its beginning. It is undone as a whole. Returns the
    /// tick of its last event.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`].
    pub fn apply_input(
        &mut self,
        tick: RunTicks,
        input: &[ScriptEvent],
    ) -> Result<RunTicks, TimelineError> {
        self.undone.clear();
        if tick > self.branch().end() {
            self.advance(tick)?;
        }
        if tick < self.branch().end() {
            if self.branches.len() >= MAX_BRANCHES {
                return Err(TimelineError::TooManyBranches);
            }
            let mut branch = self.branch().fork(self.current, tick)?;
            branch.apply(input)?;
            self.branches.push(branch);
            self.current = self.branches.len() - 1;
        } else {
            self.branches[self.current].apply(input)?;
        }
        Ok(self.branch().end())
    }

    /// Where two branches diverge, if they do before the shorter one ends.
    #[must_use]
    pub fn compare(&self, left: usize, right: usize) -> Option<Divergence> {
        let (left, right) = (self.branches.get(left)?, self.branches.get(right)?);
        let both = left.end().min(right.end());
        let [left, right] = [left, right].map(|branch| {
            let entries = branch.trace().entries();
            &entries[..entries.partition_point(|entry| entry.tick <= both)]
        });
        let pairs = left.iter().zip(right);
        let shared = pairs.take_while(|(left, right)| left == right).count();
        // Only the lines that differ need names: a run can have millions of others.
        let descriptor = self.app.descriptor();
        let [left, right] = [left, right].map(|entries| Document {
            tick: descriptor.tick(),
            app: descriptor.name().to_owned(),
            lines: entries
                .get(shared)
                .map(|entry| Line::new(descriptor, entry).into())
                .into_iter()
                .collect(),
            end: both,
        });
        divergence(&left, &right).map(|divergence| Divergence {
            shared,
            ..divergence
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::SwitchState;
    use crate::testing::{scripts, trace_of};
    use lockstep_apps::thermostat::Thermostat;
    use lockstep_apps::toggle;
    use lockstep_core::event::{ButtonId, SerialId};
    use lockstep_core::time::TickPeriod;
    use proptest::prelude::*;

    const PRESS: Action = Action::Button(ButtonId(0), SwitchState::Closed);
    const RELEASE: Action = Action::Button(ButtonId(0), SwitchState::Open);

    fn toggle() -> AppEntry {
        AppEntry::of::<toggle::Toggle>()
    }

    fn idle() -> Timeline {
        Timeline::new(&toggle(), &Script::default()).unwrap()
    }

    #[test]
    fn an_action_at_the_tick_of_a_checkpoint_is_part_of_it() {
        for tick in [RunTicks::ZERO, SPACING] {
            let mut timeline = idle();
            timeline.advance(tick).unwrap();
            timeline.apply(tick, PRESS).unwrap();
            timeline.advance(RunTicks(tick.0 + 10)).unwrap();
            let there = timeline.branch().at(tick).unwrap();
            assert!(there.is_closed(ButtonId(0)), "{tick:?}");
        }
    }

    #[test]
    fn an_action_at_the_end_extends_the_branch() {
        let mut timeline = idle();
        timeline.advance(RunTicks(10)).unwrap();
        assert_eq!(timeline.apply(RunTicks(10), PRESS), Ok(RunTicks(10)));
        assert_eq!(timeline.apply(RunTicks(10), RELEASE), Ok(RunTicks(11)));
        assert_eq!(timeline.branches().len(), 1);
    }

    #[test]
    fn an_action_in_the_past_forks_a_branch_and_keeps_the_old_one() {
        let mut timeline = idle();
        timeline.advance(RunTicks(100)).unwrap();
        timeline.apply(RunTicks(100), PRESS).unwrap();
        timeline.advance(RunTicks(200)).unwrap();

        assert_eq!(timeline.apply(RunTicks(50), PRESS), Ok(RunTicks(50)));
        timeline.advance(RunTicks(200)).unwrap();
        assert_eq!(timeline.current(), 1);
        assert_eq!(
            timeline.branch().fork_point(),
            Some(ForkPoint {
                branch: 0,
                tick: RunTicks(50)
            })
        );
        assert_eq!(timeline.branches()[0].events().len(), 1);
        let divergence = timeline.compare(0, 1).unwrap();
        assert_eq!(divergence.tick, RunTicks(50));
    }

    #[test]
    fn playing_until_something_is_observed_ends_in_its_tick() {
        let mut timeline = Timeline::new(
            &AppEntry::of::<lockstep_apps::lamp::Lamp>(),
            &Script::default(),
        )
        .unwrap();
        let seen = timeline.branch().trace().entries().len();
        timeline.advance_until_observed(RunTicks(10_000)).unwrap();
        let entries = timeline.branch().trace().entries();
        assert!(entries.len() > seen);
        assert_eq!(timeline.branch().end(), entries[seen].tick);

        let mut timeline = idle();
        timeline.advance_until_observed(RunTicks(200_000)).unwrap();
        assert_eq!(timeline.branch().end(), RunTicks(200_000));
    }

    #[test]
    fn a_branch_keeps_a_bounded_number_of_checkpoints() {
        let mut timeline = idle();
        let most = timeline.branch().live().max_copies();
        let end = RunTicks(SPACING.0 * (3 * most as u64) + 5);
        timeline.advance(end).unwrap();
        assert!(timeline.branch().checkpoints() <= most);
        assert!(timeline.branch().checkpoints() > most / 4);
        for tick in [end.0 / 2, SPACING.0 + 3, end.0 - 6] {
            assert_eq!(timeline.branch().at(RunTicks(tick)).unwrap().now().0, tick);
        }
    }

    #[test]
    fn actions_can_be_undone_and_redone() {
        let mut timeline = idle();
        timeline.advance(RunTicks(10)).unwrap();
        timeline.apply(RunTicks(10), PRESS).unwrap();
        timeline.advance(RunTicks(20)).unwrap();
        timeline.apply(RunTicks(20), RELEASE).unwrap();
        timeline.apply(RunTicks(5), PRESS).unwrap();
        let led = |timeline: &Timeline| timeline.branch().live().levels()[0].0;

        // The press that forked the branch was its only input.
        assert_eq!(timeline.undo(), Ok(true));
        assert_eq!(
            (timeline.current(), timeline.branch().end()),
            (0, RunTicks(20))
        );
        assert_eq!(timeline.undo(), Ok(true));
        assert_eq!((led(&timeline), timeline.branch().end()), (0, RunTicks(9)));
        assert_eq!(timeline.undo(), Ok(false));

        assert!(timeline.redo());
        assert_eq!((led(&timeline), timeline.branch().end()), (1, RunTicks(20)));
        assert!(timeline.redo());
        assert_eq!(
            (timeline.current(), timeline.branch().end()),
            (1, RunTicks(5))
        );
        assert!(!timeline.redo());
    }

    fn bytes(ticks: &[u64]) -> Vec<ScriptEvent> {
        let ticks = ticks.iter().copied().map(RunTicks);
        ticks
            .zip(b"status\nstatus\n")
            .map(|(tick, byte)| ScriptEvent {
                tick,
                action: Action::Byte(SerialId(0), *byte),
            })
            .collect()
    }

    #[test]
    fn an_input_of_several_ticks_plays_as_its_script_and_is_undone_as_a_whole() {
        let app = AppEntry::of::<Thermostat>();
        let mut timeline = Timeline::new(&app, &Script::default()).unwrap();
        timeline.advance(RunTicks(100)).unwrap();
        let input = bytes(&[0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
        for (start, last) in [(100, 102), (103, 105)] {
            let applied = timeline.apply_input(timeline.branch().end(), &input);
            assert_eq!(applied, Ok(RunTicks(last)));
            let branch = timeline.branch();
            assert_eq!(branch.last_input(), Some(RunTicks(start)));
            let played = crate::play::trace(&app, &branch.script().unwrap(), &mut |_| {
                std::ops::ControlFlow::Continue(())
            });
            assert_eq!(&played.unwrap(), branch.trace());
        }
        // In its middle a branch is forked, and the part before stays as single bytes.
        assert_eq!(
            timeline.apply_input(RunTicks(104), &input),
            Ok(RunTicks(107))
        );
        for (current, end) in [(1, 104), (0, 105), (0, 102)] {
            assert_eq!(timeline.undo(), Ok(true));
            assert_eq!(timeline.current(), current);
            assert_eq!(timeline.branch().end(), RunTicks(end));
        }
        assert_eq!(timeline.undo(), Ok(true));
        assert_eq!(timeline.branch().events(), []);
    }

    /// A timeline with as many branches as are kept, each forked by a press.
    fn branched() -> Timeline {
        let mut timeline = idle();
        timeline.advance(RunTicks(1_000)).unwrap();
        for tick in (0..).map(RunTicks).take(MAX_BRANCHES - 1) {
            timeline.switch(0);
            timeline.apply(tick, PRESS).unwrap();
        }
        assert_eq!(timeline.branches().len(), MAX_BRANCHES);
        timeline
    }

    fn undo_all(timeline: &mut Timeline) -> usize {
        let mut count = 0;
        while timeline.undo().unwrap() {
            count += 1;
            timeline.switch(timeline.branches().len() - 1);
        }
        count
    }

    fn redo_all(timeline: &mut Timeline) -> usize {
        std::iter::repeat_with(|| timeline.redo())
            .take_while(|redone| *redone)
            .count()
    }

    #[test]
    fn undo_keeps_at_most_max_undone() {
        // Presses on one branch: each undo shortens it.
        let mut timeline = idle();
        for tick in (0..50).map(|press| RunTicks(press * 2)) {
            timeline.apply(tick, PRESS).unwrap();
            timeline
                .apply(tick.saturating_add(RunTicks(1)), RELEASE)
                .unwrap();
        }
        assert_eq!(undo_all(&mut timeline), 50);
        assert_eq!(redo_all(&mut timeline), MAX_UNDONE);

        // A press that forked a branch: each undo removes the branch.
        let mut timeline = branched();
        assert_eq!(undo_all(&mut timeline), MAX_BRANCHES - 1);
        assert_eq!(redo_all(&mut timeline), MAX_UNDONE);
    }

    #[test]
    fn a_timeline_keeps_at_most_max_branches() {
        let mut timeline = branched();
        timeline.switch(0);
        let refused = timeline.apply(RunTicks(500), PRESS);
        assert_eq!(refused, Err(TimelineError::TooManyBranches));
        assert_eq!(timeline.branches().len(), MAX_BRANCHES);
        // At the end of a branch nothing is forked.
        assert!(timeline.apply(RunTicks(1_000), PRESS).is_ok());
    }

    #[test]
    fn a_timeline_ends_with_the_longest_script() {
        use crate::script::max_length;

        let mut timeline = idle();
        let longest = max_length(TickPeriod::MILLISECOND);
        let beyond = longest.saturating_add(RunTicks(1));
        let too_long = Err(TimelineError::Script(ScriptError::TooLong(beyond)));
        assert_eq!(timeline.advance(beyond), too_long);
        assert_eq!(timeline.branch().end(), RunTicks::ZERO);
        assert_eq!(timeline.apply(beyond, PRESS), too_long.map(|()| beyond));
        assert_eq!(timeline.branch().events(), []);
    }

    #[test]
    fn a_contact_cannot_close_twice() {
        let mut timeline = idle();
        timeline.apply(RunTicks::ZERO, PRESS).unwrap();
        let again = timeline.apply(RunTicks(1), PRESS);
        assert!(matches!(
            again,
            Err(TimelineError::Script(ScriptError::Unchanged { .. }))
        ));
    }

    proptest! {
        #[test]
        fn a_timeline_is_what_playing_its_script_gives(script in scripts(1), tick: u64) {
            let timeline = Timeline::new(&toggle(), &script).unwrap();
            let branch = timeline.branch();
            prop_assert_eq!(branch.script().unwrap(), script.clone());
            prop_assert_eq!(branch.trace(), &trace_of(&script));

            let tick = RunTicks(tick % (script.end().0 + 1));
            let there = branch.at(tick).unwrap();
            let fork = branch.fork(0, tick).unwrap();
            prop_assert_eq!(there.now(), tick);
            prop_assert_eq!(there.state(), fork.live().state());
            prop_assert_eq!(fork.trace(), &trace_of(&fork.script().unwrap()));
        }
    }
}
