//! A run that can be entered anywhere, and gone on with another way.
//!
//! A timeline has branches. What is done at the end of a branch makes it longer; what is
//! done in its past makes a new branch from there, and the old one is kept.

mod branch;

use firmware_core::time::Ticks;
use thiserror::Error;

pub use branch::{Branch, Origin, SPACING};

use crate::catalog::AppEntry;
use crate::diff::{Divergence, divergence};
use crate::play::PlayError;
use crate::script::{Action, Script, ScriptError};
use crate::trace::document::Document;

/// The most branches that are kept.
pub const MAX_BRANCHES: usize = 64;

/// All the ways a run went.
pub struct Timeline {
    app: AppEntry,
    branches: Vec<Branch>,
    current: usize,
}

/// Something cannot be done to a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimelineError {
    /// The app cannot be played, or not trusted.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// Hands cannot do that, or not for so long.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// No more than [`MAX_BRANCHES`].
    #[error("there are {MAX_BRANCHES} branches, the most that are kept: save one and begin anew")]
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

    /// Takes away the branch that is looked at, and goes back to the one it left. The
    /// first one, and one that others left, stays: `false`.
    pub fn drop_current(&mut self) -> bool {
        let current = self.current;
        let Some(origin) = self.branch().origin() else {
            return false;
        };
        let is_last = current + 1 == self.branches.len();
        if is_last {
            self.branches.pop();
            self.current = origin.branch;
        }
        is_last
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
    /// one later where something was done at that tick already; in the past, on a new
    /// branch.
    ///
    /// # Errors
    ///
    /// A [`TimelineError`].
    pub fn act(&mut self, tick: Ticks, action: Action) -> Result<Ticks, TimelineError> {
        if tick < self.branch().end() {
            if self.branches.len() >= MAX_BRANCHES {
                return Err(TimelineError::TooManyBranches);
            }
            let mut branch = self.branch().fork(self.current, tick)?;
            branch.act(&self.app, action)?;
            self.branches.push(branch);
            self.current = self.branches.len() - 1;
        } else {
            self.branches[self.current].act(&self.app, action)?;
        }
        Ok(self.branch().end())
    }

    /// Where two branches part, if they do before the shorter one ends.
    #[must_use]
    pub fn compare(&self, left: usize, right: usize) -> Option<Divergence> {
        let (left, right) = (self.branches.get(left)?, self.branches.get(right)?);
        let both = left.end().min(right.end());
        let [left, right] = [left, right].map(|branch| {
            let mut trace = branch.trace().up_to(both);
            trace.set_end(both);
            Document::from(&trace)
        });
        divergence(&left, &right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Contact;
    use crate::testing::{scripts, trace_of};
    use firmware_core::apps::toggle;
    use firmware_core::event::ButtonId;
    use proptest::prelude::*;

    const PRESS: Action = Action::Button(ButtonId(0), Contact::Closed);
    const RELEASE: Action = Action::Button(ButtonId(0), Contact::Open);

    fn toggle() -> AppEntry {
        AppEntry::of::<toggle::Firmware>()
    }

    fn idle() -> Timeline {
        Timeline::new(&toggle(), &Script::default()).unwrap()
    }

    #[test]
    fn what_is_done_at_the_end_makes_the_branch_longer() {
        let mut timeline = idle();
        timeline.advance(Ticks(10)).unwrap();
        assert_eq!(timeline.act(Ticks(10), PRESS), Ok(Ticks(10)));
        assert_eq!(timeline.act(Ticks(10), RELEASE), Ok(Ticks(11)));
        assert_eq!(timeline.branches().len(), 1);
    }

    #[test]
    fn what_is_done_in_the_past_makes_a_branch_and_keeps_the_old_one() {
        let mut timeline = idle();
        timeline.advance(Ticks(100)).unwrap();
        timeline.act(Ticks(100), PRESS).unwrap();
        timeline.advance(Ticks(200)).unwrap();

        assert_eq!(timeline.act(Ticks(50), PRESS), Ok(Ticks(50)));
        timeline.advance(Ticks(200)).unwrap();
        assert_eq!(timeline.current(), 1);
        assert_eq!(
            timeline.branch().origin(),
            Some(Origin {
                branch: 0,
                tick: Ticks(50)
            })
        );
        assert_eq!(timeline.branches()[0].events().len(), 1);
        let divergence = timeline.compare(0, 1).unwrap();
        assert_eq!(divergence.tick, Ticks(50));
        assert!(timeline.drop_current());
        assert_eq!(timeline.current(), 0);
        assert!(!timeline.drop_current());
    }

    #[test]
    fn a_contact_cannot_close_twice() {
        let mut timeline = idle();
        timeline.act(Ticks::ZERO, PRESS).unwrap();
        let again = timeline.act(Ticks(1), PRESS);
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
