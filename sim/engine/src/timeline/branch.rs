//! One branch of a timeline.

use std::ops::ControlFlow;
use std::rc::Rc;

use lockstep_core::time::{Instant, RunTicks};

use super::TimelineError;
use crate::dyn_runner::DynRunner;
use crate::play::{self, PlayError};
use crate::registry::AppEntry;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, MAX_LENGTH, Script, ScriptError, ScriptEvent, SwitchState,
};
use crate::trace::Trace;

/// How many ticks lie between two checkpoints.
pub const SPACING: RunTicks = RunTicks(65_536);

/// One branch of a timeline: its inputs and its trace, up to where it has been played.
///
/// The app is copied every [`SPACING`] ticks. Any other tick is reached from the checkpoint
/// before it, so a jump costs the same wherever it goes. An app that cannot be copied is played
/// again from power-up.
pub struct Branch {
    app: AppEntry,
    fork_point: Option<ForkPoint>,
    condition: BootCondition,
    clock: Instant,
    events: Vec<ScriptEvent>,
    trace: Trace,
    checkpoints: Vec<Rc<dyn DynRunner>>,
    live: Box<dyn DynRunner>,
    /// Why nothing that follows can be trusted.
    broken: Option<TimelineError>,
}

/// Where a branch was forked from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkPoint {
    /// The index of the other branch.
    pub branch: usize,
    /// The last tick they share.
    pub tick: RunTicks,
}

impl Branch {
    /// A branch that begins with power-up and the events of tick 0.
    pub(super) fn power_up(app: &AppEntry, script: &Script) -> Result<Self, PlayError> {
        let mut trace = Trace::new(app.descriptor());
        trace.set_clock(script.clock());
        let live = play::start(app, script, &mut trace)?;
        play::check_contract(app, trace.entries())?;
        let at_zero = script.events().iter();
        Ok(Self {
            app: app.clone(),
            fork_point: None,
            condition: script.condition(),
            clock: script.clock(),
            events: at_zero
                .take_while(|event| event.tick == RunTicks::ZERO)
                .copied()
                .collect(),
            trace,
            checkpoints: live.fork().map(Rc::from).into_iter().collect(),
            live,
            broken: None,
        })
    }

    /// A branch that shares everything with this one up to and including a tick.
    pub(super) fn fork(&self, index: usize, tick: RunTicks) -> Result<Self, PlayError> {
        let tick = tick.min(self.end());
        let events = self.events.partition_point(|event| event.tick <= tick);
        let checkpoints = self.checkpoints.iter();
        let trace = self.trace.up_to(tick);
        let is_broken = tick >= self.end() || trace.dropped() > 0;
        Ok(Self {
            app: self.app.clone(),
            fork_point: Some(ForkPoint {
                branch: index,
                tick,
            }),
            condition: self.condition,
            clock: self.clock,
            events: self.events[..events].to_vec(),
            trace,
            checkpoints: checkpoints
                .take_while(|runner| runner.now() <= tick)
                .cloned()
                .collect(),
            live: self.at(tick)?,
            broken: self.broken.clone().filter(|_| is_broken),
        })
    }

    /// This branch as it was before a tick.
    pub(super) fn before(&self, tick: RunTicks) -> Result<Self, TimelineError> {
        let Some(last) = tick.0.checked_sub(1) else {
            let nothing = Script::new(self.condition, self.clock, Vec::new(), RunTicks::ZERO)?;
            return Ok(Self::power_up(&self.app, &nothing)?);
        };
        Ok(Self {
            fork_point: self.fork_point,
            ..self.fork(0, RunTicks(last))?
        })
    }

    /// Plays on from the end with these events.
    pub(super) fn extend(
        &mut self,
        until: RunTicks,
        events: &[ScriptEvent],
    ) -> Result<(), TimelineError> {
        self.check_unbroken()?;
        let extended = self.play_on(until, events);
        self.remember(extended)
    }

    /// Makes sure that what follows can be trusted.
    fn check_unbroken(&self) -> Result<(), TimelineError> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// Keeps the error that broke the branch: nothing is played on from there.
    fn remember(&mut self, played: Result<(), TimelineError>) -> Result<(), TimelineError> {
        if let Err(error @ TimelineError::Play(_)) = &played {
            self.broken = Some(error.clone());
        }
        played
    }

    fn play_on(&mut self, until: RunTicks, events: &[ScriptEvent]) -> Result<(), TimelineError> {
        if until > MAX_LENGTH {
            return Err(ScriptError::TooLong(until).into());
        }
        let known = self.trace.entries().len();
        while self.live.now() < until {
            let next_checkpoint = RunTicks((self.live.now().0 / SPACING.0 + 1) * SPACING.0);
            let next = next_checkpoint.min(until);
            let events = play::between(events, self.live.now(), next);
            self.events.extend(events);
            let played = play::play_to(
                self.live.as_mut(),
                events,
                next,
                &mut self.trace,
                &mut |_| ControlFlow::Continue(()),
            );
            self.trace.set_end(self.live.now());
            played?;
            if next == next_checkpoint {
                self.checkpoints.extend(self.live.fork().map(Rc::from));
            }
            self.check_complete()?;
        }
        Ok(play::check_contract(
            &self.app,
            &self.trace.entries()[known..],
        )?)
    }

    fn check_complete(&self) -> Result<(), PlayError> {
        if self.trace.dropped() > 0 {
            return Err(PlayError::TraceFull {
                app: self.app.descriptor().name(),
            });
        }
        Ok(())
    }

    /// Applies an action at the end. There is at most one a tick, so that they are played
    /// again in the same order: a second one comes a tick later.
    pub(super) fn apply(&mut self, action: Action) -> Result<(), TimelineError> {
        self.check_unbroken()?;
        if self
            .events
            .last()
            .is_some_and(|event| event.tick == self.end())
        {
            self.extend(self.end().saturating_add(RunTicks(1)), &[])?;
        }
        if self.events.len() >= MAX_EVENTS {
            return Err(ScriptError::TooManyEvents(self.events.len() + 1).into());
        }
        if let Action::Button(button, contact) = action
            && self.live.is_closed(button) == (contact == SwitchState::Closed)
        {
            return Err(ScriptError::Unchanged {
                tick: self.end(),
                button,
                contact,
            }
            .into());
        }
        let event = ScriptEvent {
            tick: self.end(),
            action,
        };
        let known = self.trace.entries().len();
        self.events.push(event);
        let applied = play::apply_now(self.live.as_mut(), event, &mut self.trace);
        // A checkpoint at this tick was made before this action.
        if let Some(checkpoint) = self.checkpoints.last_mut()
            && checkpoint.now() == event.tick
            && let Some(copy) = self.live.fork()
        {
            *checkpoint = Rc::from(copy);
        }
        let applied = applied
            .and_then(|()| self.check_complete())
            .and_then(|()| play::check_contract(&self.app, &self.trace.entries()[known..]))
            .map_err(TimelineError::from);
        self.remember(applied)
    }

    /// Why nothing that follows can be trusted: the app panicked or broke its contract, or the
    /// trace is full. Nothing is played on from there.
    #[must_use]
    pub fn broken(&self) -> Option<&TimelineError> {
        self.broken.as_ref()
    }

    /// Where it was forked from another branch; `None` for the first one.
    #[must_use]
    pub fn fork_point(&self) -> Option<ForkPoint> {
        self.fork_point
    }

    /// The last tick that was played.
    #[must_use]
    pub fn end(&self) -> RunTicks {
        self.live.now()
    }

    /// The inputs, in order.
    #[must_use]
    pub fn events(&self) -> &[ScriptEvent] {
        &self.events
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The app as it is at the end.
    #[must_use]
    pub fn live(&self) -> &dyn DynRunner {
        self.live.as_ref()
    }

    /// The app as it was at the end of this tick, or of the last one.
    ///
    /// # Errors
    ///
    /// [`PlayError::Panicked`] if the app behaves differently when played again.
    pub fn at(&self, tick: RunTicks) -> Result<Box<dyn DynRunner>, PlayError> {
        if tick >= self.end()
            && let Some(copy) = self.live.fork()
        {
            return Ok(copy);
        }
        let tick = tick.min(self.end());
        let after = self
            .checkpoints
            .partition_point(|runner| runner.now() <= tick);
        let checkpoint = after
            .checked_sub(1)
            .and_then(|last| self.checkpoints.get(last));
        let mut runner = match checkpoint.and_then(|checkpoint| checkpoint.fork()) {
            Some(copy) => copy,
            None => play::power_up(&self.app, self.clock, self.condition, &self.events, &mut ())?,
        };
        play::play_to(runner.as_mut(), &self.events, tick, &mut (), &mut |_| {
            ControlFlow::Continue(())
        })?;
        Ok(runner)
    }

    /// The inputs as a script that any world can play, up to where the branch was played.
    ///
    /// # Errors
    ///
    /// A [`ScriptError`] if the inputs are impossible.
    pub fn script(&self) -> Result<Script, ScriptError> {
        Script::new(self.condition, self.clock, self.events.clone(), self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dyn_runner::{Observation, Observer};
    use crate::trace::MAX_LINES;
    use lockstep_apps::toggle;
    use lockstep_core::event::ButtonId;
    use lockstep_core::output::Level;

    #[test]
    fn a_branch_whose_trace_is_full_is_broken_from_there_on() {
        let app = AppEntry::of::<toggle::Firmware>();
        let mut branch = Branch::power_up(&app, &Script::default()).unwrap();
        branch.extend(RunTicks(10), &[]).unwrap();
        while branch.trace.entries().len() < MAX_LINES {
            branch
                .trace
                .observe(RunTicks(10), Observation::Output(0, Level::OFF));
        }
        let full = TimelineError::Play(PlayError::TraceFull { app: "toggle" });
        let press = Action::Button(ButtonId(0), SwitchState::Closed);
        assert_eq!(branch.apply(press), Err(full.clone()));
        assert_eq!(branch.extend(RunTicks(20), &[]), Err(full.clone()));
        // What was played before the trace was full can be trusted.
        assert_eq!(branch.fork(0, RunTicks(9)).unwrap().broken(), None);
        assert_eq!(branch.fork(0, RunTicks(10)).unwrap().broken(), Some(&full));
    }
}
