//! A run that can be entered anywhere, and gone on with another way.
//!
//! A timeline has branches. What is done at the end of a branch makes it longer; what is
//! done in its past makes a new branch from there, and the old one is kept.

mod branch;

use lockstep_core::time::Ticks;
use thiserror::Error;

pub use branch::{Branch, ForkPoint, SPACING};

use crate::diff::{Divergence, divergence};
use crate::play::PlayError;
use crate::registry::AppEntry;
use crate::script::{Action, Script, ScriptError, SwitchState};
use crate::trace::Line;
use crate::trace::document::Document;

/// The most branches that are kept.
pub const MAX_BRANCHES: usize = 64;

/// How often in a row something can be taken back and done again.
pub const MAX_UNDONE: usize = 32;

/// All the ways a run went.
pub struct Timeline {
    app: AppEntry,
    branches: Vec<Branch>,
    current: usize,
    /// What was taken back, and on which branch.
    undone: Vec<(usize, Branch)>,
}

/// Something cannot be done to a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The app cannot be played, or not trusted.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// Hands cannot do that, or not for so long.
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
    /// A [`TimelineError`] when it cannot be played to its end.
    pub fn new(app: &AppEntry, script: &Script) -> Result<Self, TimelineError> {
        let mut branch = Branch::power_up(app, script)?;
        branch.extend(app, script.end(), script.events())?;
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

    /// The branch that is looked at.
    #[must_use]
    pub fn branch(&self) -> &Branch {
        &self.branches[self.current]
    }

    /// The place of that branch among all.
    #[must_use]
    pub fn current(&self) -> usize {
        self.current
    }

    /// All branches, in the order they were made.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Looks at another branch; one that is not there changes nothing.
    pub fn switch(&mut self, branch: usize) {
        if branch < self.branches.len() {
            self.current = branch;
        }
    }

    /// Takes back the last press or reset that was done on the present branch, and all that
    /// came after it. A branch on which nothing is left goes, if no other left it.
    ///
    /// `false` when there is nothing to take back.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`] when the app does now what it did not do before.
    pub fn undo(&mut self) -> Result<bool, TimelineError> {
        let current = self.current;
        let branch = self.branch();
        let shared = branch.fork_point().map(|fork_point| fork_point.tick);
        let last = branch
            .events()
            .iter()
            .rev()
            .find(|event| !matches!(event.action, Action::Button(_, SwitchState::Open)));
        let shortened = match (last, branch.fork_point()) {
            (Some(last), _) if shared.is_none_or(|shared| last.tick > shared) => {
                branch.before(&self.app, last.tick)?
            }
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

    /// Does again what was taken back last; `false` when there is nothing, or something else
    /// was done since.
    pub fn redo(&mut self) -> bool {
        let Some((place, branch)) = self.undone.pop() else {
            return false;
        };
        if place < self.branches.len() {
            self.branches[place] = branch;
        } else {
            self.branches.push(branch);
        }
        self.current = place;
        true
    }

    fn remember(&mut self, undone: (usize, Branch)) {
        self.undone.push(undone);
        if self.undone.len() > MAX_UNDONE {
            self.undone.remove(0);
        }
    }

    /// Whether no branch left this one.
    fn is_leaf(&self, branch: usize) -> bool {
        let mut fork_points = self.branches.iter().filter_map(Branch::fork_point);
        !fork_points.any(|fork_point| fork_point.branch == branch)
    }

    /// Plays the present branch on to this tick, with nobody touching anything.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`]; what was played up to there is kept.
    pub fn advance(&mut self, tick: Ticks) -> Result<(), TimelineError> {
        self.branches[self.current].extend(&self.app, tick, &[])
    }

    /// Does something at a tick, and tells at which it was done: at the end of the branch,
    /// one later where something was done at that tick already; beyond it, after playing
    /// there; in the past, on a new branch.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`].
    pub fn apply(&mut self, tick: Ticks, action: Action) -> Result<Ticks, TimelineError> {
        self.undone.clear();
        if tick > self.branch().end() {
            self.advance(tick)?;
        }
        if tick < self.branch().end() {
            if self.branches.len() >= MAX_BRANCHES {
                return Err(TimelineError::TooManyBranches);
            }
            let mut branch = self.branch().fork(self.current, tick)?;
            branch.apply(&self.app, action)?;
            self.branches.push(branch);
            self.current = self.branches.len() - 1;
        } else {
            self.branches[self.current].apply(&self.app, action)?;
        }
        Ok(self.branch().end())
    }

    /// Where two branches part, if they do before the shorter one ends.
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
        // Only the lines that differ need their names: a run can have millions of others.
        let descriptor = self.app.descriptor();
        let [left, right] = [left, right].map(|entries| Document {
            app: descriptor.name().to_owned(),
            lines: entries
                .get(shared)
                .map(|entry| Line::new(descriptor, *entry).into())
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
    use crate::testing::{scripts, trace_of};
    use lockstep_apps::toggle;
    use lockstep_core::event::ButtonId;
    use proptest::prelude::*;

    const PRESS: Action = Action::Button(ButtonId(0), SwitchState::Closed);
    const RELEASE: Action = Action::Button(ButtonId(0), SwitchState::Open);

    fn toggle() -> AppEntry {
        AppEntry::of::<toggle::Firmware>()
    }

    fn idle() -> Timeline {
        Timeline::new(&toggle(), &Script::default()).unwrap()
    }

    #[test]
    fn what_is_done_at_the_tick_of_a_copy_is_there_when_it_is_entered() {
        for tick in [Ticks::ZERO, SPACING] {
            let mut timeline = idle();
            timeline.advance(tick).unwrap();
            timeline.apply(tick, PRESS).unwrap();
            timeline.advance(Ticks(tick.0 + 10)).unwrap();
            let there = timeline.branch().at(tick).unwrap();
            assert!(there.is_closed(ButtonId(0)), "{tick}");
        }
    }

    #[test]
    fn what_is_done_at_the_end_makes_the_branch_longer() {
        let mut timeline = idle();
        timeline.advance(Ticks(10)).unwrap();
        assert_eq!(timeline.apply(Ticks(10), PRESS), Ok(Ticks(10)));
        assert_eq!(timeline.apply(Ticks(10), RELEASE), Ok(Ticks(11)));
        assert_eq!(timeline.branches().len(), 1);
    }

    #[test]
    fn what_is_done_in_the_past_makes_a_branch_and_keeps_the_old_one() {
        let mut timeline = idle();
        timeline.advance(Ticks(100)).unwrap();
        timeline.apply(Ticks(100), PRESS).unwrap();
        timeline.advance(Ticks(200)).unwrap();

        assert_eq!(timeline.apply(Ticks(50), PRESS), Ok(Ticks(50)));
        timeline.advance(Ticks(200)).unwrap();
        assert_eq!(timeline.current(), 1);
        assert_eq!(
            timeline.branch().fork_point(),
            Some(ForkPoint {
                branch: 0,
                tick: Ticks(50)
            })
        );
        assert_eq!(timeline.branches()[0].events().len(), 1);
        let divergence = timeline.compare(0, 1).unwrap();
        assert_eq!(divergence.tick, Ticks(50));
    }

    #[test]
    fn what_was_done_can_be_taken_back_and_done_again() {
        let mut timeline = idle();
        timeline.advance(Ticks(10)).unwrap();
        timeline.apply(Ticks(10), PRESS).unwrap();
        timeline.advance(Ticks(20)).unwrap();
        timeline.apply(Ticks(20), RELEASE).unwrap();
        timeline.apply(Ticks(5), PRESS).unwrap();
        let led = |timeline: &Timeline| timeline.branch().live().levels()[0].0;

        // The press that made the branch was all that was done on it.
        assert_eq!(timeline.undo(), Ok(true));
        assert_eq!(
            (timeline.current(), timeline.branch().end()),
            (0, Ticks(20))
        );
        assert_eq!(timeline.undo(), Ok(true));
        assert_eq!((led(&timeline), timeline.branch().end()), (0, Ticks(9)));
        assert_eq!(timeline.undo(), Ok(false));

        assert!(timeline.redo());
        assert_eq!((led(&timeline), timeline.branch().end()), (1, Ticks(20)));
        assert!(timeline.redo());
        assert_eq!((timeline.current(), timeline.branch().end()), (1, Ticks(5)));
        assert!(!timeline.redo());
    }

    /// A timeline with as many branches as are kept, each made by a press.
    fn branched() -> Timeline {
        let mut timeline = idle();
        timeline.advance(Ticks(1_000)).unwrap();
        for tick in (0..).map(Ticks).take(MAX_BRANCHES - 1) {
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
        for tick in (0..50).map(|press| Ticks(press * 2)) {
            timeline.apply(tick, PRESS).unwrap();
            timeline
                .apply(tick.saturating_add(Ticks(1)), RELEASE)
                .unwrap();
        }
        assert_eq!(undo_all(&mut timeline), 50);
        assert_eq!(redo_all(&mut timeline), MAX_UNDONE);

        // A press that made a branch: each undo takes a whole branch away.
        let mut timeline = branched();
        assert_eq!(undo_all(&mut timeline), MAX_BRANCHES - 1);
        assert_eq!(redo_all(&mut timeline), MAX_UNDONE);
    }

    #[test]
    fn a_timeline_keeps_at_most_max_branches() {
        let mut timeline = branched();
        timeline.switch(0);
        let refused = timeline.apply(Ticks(500), PRESS);
        assert_eq!(refused, Err(TimelineError::TooManyBranches));
        assert_eq!(timeline.branches().len(), MAX_BRANCHES);
        // At the end of a branch nothing new is made.
        assert!(timeline.apply(Ticks(1_000), PRESS).is_ok());
    }

    #[test]
    fn a_contact_cannot_close_twice() {
        let mut timeline = idle();
        timeline.apply(Ticks::ZERO, PRESS).unwrap();
        let again = timeline.apply(Ticks(1), PRESS);
        assert!(matches!(
            again,
            Err(TimelineError::Script(ScriptError::Unchanged { .. }))
        ));
    }

    proptest! {
        #[test]
        fn a_timeline_is_what_playing_its_script_gives(script in scripts(1), tick: u32) {
            let timeline = Timeline::new(&toggle(), &script).unwrap();
            let branch = timeline.branch();
            prop_assert_eq!(branch.script().unwrap(), script.clone());
            prop_assert_eq!(branch.trace(), &trace_of(&script));

            let tick = Ticks(tick % (script.end().0 + 1));
            let there = branch.at(tick).unwrap();
            let fork = branch.fork(0, tick).unwrap();
            prop_assert_eq!(there.now(), tick);
            prop_assert_eq!(there.state(), fork.live().state());
            prop_assert_eq!(fork.trace(), &trace_of(&fork.script().unwrap()));
        }
    }
}
