//! A run that can be looked at anywhere: forwards, backwards, at once.
//!
//! The app is copied every [`SPACING`] ticks while it is played. Any other tick is reached
//! from the copy before it, so a jump costs the same wherever it goes.

use std::ops::ControlFlow;

use firmware_core::time::Ticks;

use crate::catalog::AppEntry;
use crate::engine::Player;
use crate::play::{self, PlayError};
use crate::script::Script;
use crate::trace::Trace;

/// How many ticks lie between two copies of the app.
pub const SPACING: Ticks = Ticks(65_536);

/// A run that was played, and can be entered at any tick.
pub struct Timeline {
    script: Script,
    trace: Trace,
    checkpoints: Vec<Box<dyn Player>>,
}

impl Timeline {
    /// Plays the script and remembers enough to come back.
    ///
    /// # Errors
    ///
    /// As [`play::trace`].
    pub fn record(app: &AppEntry, script: Script) -> Result<Self, PlayError> {
        let mut trace = Trace::new(app.interface());
        trace.set_clock(script.clock());
        let mut watch = |_| ControlFlow::Continue(());
        let mut player = play::start(app, &script, &mut trace)?;
        let mut checkpoints = vec![player.fork()];
        while player.now() < script.end() {
            let next = player.now().saturating_add(SPACING).min(script.end());
            play::play_to(player.as_mut(), &script, next, &mut trace, &mut watch)?;
            checkpoints.push(player.fork());
        }
        play::finish(app, &script, &mut trace)?;
        Ok(Self {
            script,
            trace,
            checkpoints,
        })
    }

    /// What was played.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// Everything that happened.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The app as it was when this tick, or the last one, was over.
    ///
    /// # Errors
    ///
    /// [`PlayError::Panicked`] when the app does now what it did not do before.
    pub fn at(&self, tick: Ticks) -> Result<Box<dyn Player>, PlayError> {
        let tick = tick.min(self.script.end());
        let place = usize::try_from(tick.0 / SPACING.0).unwrap_or(usize::MAX);
        let mut player = self.checkpoints[place.min(self.checkpoints.len() - 1)].fork();
        let mut watch = |_| ControlFlow::Continue(());
        play::play_to(player.as_mut(), &self.script, tick, &mut (), &mut watch)?;
        Ok(player)
    }
}

#[cfg(test)]
mod tests {
    use firmware_core::apps::lamp::Lamp;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::scripts;

    fn lamp() -> AppEntry {
        AppEntry::of::<Lamp>()
    }

    /// The app played up to and with this tick, from the very start.
    fn afresh(script: &Script, tick: Ticks) -> Box<dyn Player> {
        let mut watch = |_| ControlFlow::Continue(());
        let mut player = play::start(&lamp(), script, &mut ()).unwrap();
        play::play_to(player.as_mut(), script, tick, &mut (), &mut watch).unwrap();
        player
    }

    fn seen(player: &dyn Player) -> (Ticks, String, Vec<firmware_core::output::Level>) {
        (player.now(), player.state(), player.levels().to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_jump_comes_where_playing_comes(
            script in scripts(2),
            ticks in proptest::collection::vec(any::<prop::sample::Index>(), 1..6),
        ) {
            let timeline = Timeline::record(&lamp(), script.clone()).unwrap();
            let end = usize::try_from(script.end().0).unwrap();
            let edges = [0, SPACING.0 - 1, SPACING.0, SPACING.0 + 1, script.end().0];
            let anywhere = ticks
                .iter()
                .map(|tick| u32::try_from(tick.index(end + 1)).unwrap());
            for tick in edges.into_iter().chain(anywhere) {
                let tick = Ticks(tick).min(script.end());
                let player = timeline.at(tick).unwrap();
                prop_assert_eq!(seen(player.as_ref()), seen(afresh(&script, tick).as_ref()));
            }
            let beyond = timeline.at(Ticks(u32::MAX)).unwrap();
            prop_assert_eq!(beyond.now(), script.end());
        }

        #[test]
        fn the_same_script_leaves_the_same_trace(script in scripts(2)) {
            let play = || play::trace(&lamp(), &script, &mut |_| ControlFlow::Continue(())).unwrap();
            let first = play();
            prop_assert_eq!(&play(), &first);
            let timeline = Timeline::record(&lamp(), script.clone()).unwrap();
            prop_assert_eq!(timeline.trace(), &first);
        }
    }
}
