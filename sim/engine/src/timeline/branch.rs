//! One branch of a timeline.

use std::ops::ControlFlow;
use std::rc::Rc;

use lockstep_core::time::{Instant, RunTicks};

use super::TimelineError;
use super::snapshot::Snapshot;
use crate::dyn_runner::{DynRunner, Observation, Observer, Pace, Stretch};
use crate::play::{self, PlayError};
use crate::registry::AppEntry;
use crate::script::{
    Action, BootCondition, MAX_EVENTS, Script, ScriptError, ScriptEvent, SwitchState, max_length,
};
use crate::trace::{self, Entry, Line, Trace};

/// How many ticks lie between two checkpoints, as long as there are few of them.
pub const SPACING: RunTicks = RunTicks(65_536);

/// One branch of a timeline: its inputs and its trace, up to where it has been played.
///
/// The app is copied every [`SPACING`] ticks, in a very long run less often
/// ([`DynRunner::max_copies`]). Any other tick is reached from the checkpoint before it, so a jump
/// costs the same wherever it goes. An app that cannot be copied is played again from power-up.
pub struct Branch {
    app: AppEntry,
    fork_point: Option<ForkPoint>,
    condition: BootCondition,
    clock: Instant,
    events: Vec<ScriptEvent>,
    /// The inputs of several ticks, in order: the first and the last tick of each.
    long_inputs: Vec<(RunTicks, RunTicks)>,
    trace: Trace,
    checkpoints: Vec<Rc<dyn DynRunner>>,
    /// The ticks between two checkpoints.
    spacing: RunTicks,
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
            long_inputs: Vec::new(),
            trace,
            checkpoints: live.copied().map(Rc::from).into_iter().collect(),
            spacing: SPACING,
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
            long_inputs: {
                let over = self
                    .long_inputs
                    .iter()
                    .take_while(|(_, last)| *last <= tick);
                over.copied().collect()
            },
            trace,
            checkpoints: checkpoints
                .take_while(|runner| runner.now() <= tick)
                .cloned()
                .collect(),
            spacing: self.spacing,
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
        let extended = self.play_on(until, events, Pace::Passing);
        self.remember(extended)
    }

    /// Plays on from the end up to the first tick in which anything is observed, or to `until`.
    pub(super) fn extend_until_observed(&mut self, until: RunTicks) -> Result<(), TimelineError> {
        self.check_unbroken()?;
        let extended = self.play_on(until, &[], Pace::UntilObserved);
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

    /// Plays on, up to `until` or to where the pace ends it.
    fn play_on(
        &mut self,
        until: RunTicks,
        events: &[ScriptEvent],
        pace: Pace,
    ) -> Result<(), TimelineError> {
        if until > max_length(self.app.descriptor().tick()) {
            return Err(ScriptError::TooLong(until).into());
        }
        let known = self.trace.entries().len();
        while self.live.now() < until {
            let spacing = self.spacing.0;
            let next_checkpoint = RunTicks((self.live.now().0 / spacing + 1) * spacing);
            let next = next_checkpoint.min(until);
            let events = play::between(events, self.live.now(), next);
            self.events.extend(events);
            let stretch = Stretch::new(events, next).at_pace(pace);
            let played = self.live.play(&stretch, &mut self.trace);
            self.trace.set_end(self.live.now());
            played.map_err(|failure| PlayError::of_runner(self.live.as_ref(), failure))?;
            if self.live.now() == next_checkpoint {
                self.add_checkpoint();
            }
            self.check_complete()?;
            if self.live.now() < next {
                break;
            }
        }
        Ok(play::check_contract(
            &self.app,
            &self.trace.entries()[known..],
        )?)
    }

    /// Keeps a copy of the app. Where there are too many, every other one goes, and so on from then.
    fn add_checkpoint(&mut self) {
        if self.checkpoints.len() >= self.live.max_copies() {
            self.spacing = RunTicks(self.spacing.0 * 2);
            let spacing = self.spacing.0;
            self.checkpoints
                .retain(|checkpoint| checkpoint.now().0.is_multiple_of(spacing));
        }
        if self.live.now().0.is_multiple_of(self.spacing.0) {
            self.checkpoints.extend(self.live.copied().map(Rc::from));
        }
    }

    fn check_complete(&self) -> Result<(), PlayError> {
        if self.trace.dropped() > 0 {
            return Err(PlayError::TraceFull {
                app: self.app.descriptor().name(),
            });
        }
        Ok(())
    }

    /// The tick that an input is applied at: the last one, or the one after it if there was an
    /// input at that tick. There is at most one a tick, so that they are played again in the same
    /// order.
    #[must_use]
    pub fn next_input_tick(&self) -> RunTicks {
        let is_taken = self.events.last().is_some_and(|it| it.tick == self.end());
        match is_taken {
            true => self.end().saturating_add(RunTicks(1)),
            false => self.end(),
        }
    }

    /// Applies an input at [`Branch::next_input_tick`]: its events, in order, with their ticks
    /// counted from there.
    pub(super) fn apply(&mut self, input: &[ScriptEvent]) -> Result<(), TimelineError> {
        self.check_unbroken()?;
        let start = self.next_input_tick();
        let mut events = input.to_vec();
        for event in &mut events {
            event.tick = start.saturating_add(event.tick);
        }
        self.check_input(&events)?;
        self.extend(start, &[])?;
        let last = events.last().map_or(start, |event| event.tick);
        let at_once = events.partition_point(|event| event.tick == start);
        let (at_once, later) = events.split_at(at_once);
        let applied = self.apply_now(at_once);
        self.remember(applied)?;
        self.extend(last, later)?;
        if last > start {
            self.long_inputs.push((start, last));
        }
        Ok(())
    }

    /// Makes sure that the events can follow, and that there is room for them.
    fn check_input(&self, events: &[ScriptEvent]) -> Result<(), TimelineError> {
        let count = self.events.len() + events.len();
        if count > MAX_EVENTS {
            return Err(ScriptError::TooManyEvents(count).into());
        }
        let last = events.last().map_or(RunTicks::ZERO, |event| event.tick);
        if last > max_length(self.app.descriptor().tick()) {
            return Err(ScriptError::TooLong(last).into());
        }
        let mut contacts = self.live.contacts();
        for &ScriptEvent { tick, action } in events {
            let Action::Button(button, contact) = action else {
                continue;
            };
            if contacts.is_closed(button) == (contact == SwitchState::Closed) {
                return Err(ScriptError::Unchanged {
                    tick,
                    button,
                    contact,
                }
                .into());
            }
            contacts.set(button, contact);
        }
        Ok(())
    }

    /// Applies events of the last tick.
    fn apply_now(&mut self, events: &[ScriptEvent]) -> Result<(), TimelineError> {
        let now = self.end();
        let known = self.trace.entries().len();
        self.events.extend(events);
        let stretch = Stretch::new(events, now);
        let applied = self.live.play(&stretch, &mut self.trace);
        // A checkpoint at this tick was made before these events.
        if let Some(checkpoint) = self.checkpoints.last_mut()
            && checkpoint.now() == now
            && let Some(copy) = self.live.copied()
        {
            *checkpoint = Rc::from(copy);
        }
        applied.map_err(|failure| PlayError::of_runner(self.live.as_ref(), failure))?;
        self.check_complete()?;
        Ok(play::check_contract(
            &self.app,
            &self.trace.entries()[known..],
        )?)
    }

    /// The first tick of the last input: of all of it, where it takes several ticks. The opening of
    /// a contact is none, but belongs to the press before it.
    pub(super) fn last_input(&self) -> Option<RunTicks> {
        let mut events = self.events.iter().rev();
        let opens =
            |event: &ScriptEvent| matches!(event.action, Action::Button(_, SwitchState::Open));
        let last = events.find(|event| !opens(event))?.tick;
        let mut long = self.long_inputs.iter().rev();
        let around = long.find(|(first, until)| (*first..=*until).contains(&last));
        Some(around.map_or(last, |(first, _)| *first))
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

    /// How many checkpoints it has.
    #[cfg(test)]
    pub(super) fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// The app as it is at the end.
    #[must_use]
    pub fn live(&self) -> &dyn DynRunner {
        self.live.as_ref()
    }

    /// What could be seen of the app at the end of this tick, or of the last one.
    ///
    /// # Errors
    ///
    /// As [`Branch::at`].
    pub fn snapshot(&self, tick: RunTicks) -> Result<Snapshot, PlayError> {
        if tick >= self.end() && !self.has_ended() {
            return Ok(Snapshot::of(self.live.as_ref()));
        }
        Ok(Snapshot::of(self.at(tick)?.as_ref()))
    }

    /// Whether the app has ended its process.
    fn has_ended(&self) -> bool {
        let ended =
            |error: &TimelineError| matches!(error, TimelineError::Play(PlayError::Ended { .. }));
        self.broken.as_ref().is_some_and(ended)
    }

    /// The app as it was at the end of this tick, or of the last one. Where it ended its process,
    /// the last one is the one before that.
    ///
    /// # Errors
    ///
    /// A [`PlayError`] if the app behaves differently when played again.
    pub fn at(&self, tick: RunTicks) -> Result<Box<dyn DynRunner>, PlayError> {
        if tick >= self.end()
            && let Some(copy) = self.live.copied()
        {
            return Ok(copy);
        }
        let tick = tick.min(match self.has_ended() {
            true => self.end().saturating_sub(RunTicks(1)),
            false => self.end(),
        });
        let after = self
            .checkpoints
            .partition_point(|runner| runner.now() <= tick);
        let checkpoint = after
            .checked_sub(1)
            .and_then(|last| self.checkpoints.get(last));
        let mut again = PlayedAgain::after(
            self.trace.entries(),
            checkpoint.map(|checkpoint| checkpoint.now()),
        );
        let mut runner = match checkpoint.and_then(|checkpoint| checkpoint.copied()) {
            Some(copy) => copy,
            None => {
                again = PlayedAgain::after(self.trace.entries(), None);
                let (clock, condition) = (self.clock, self.condition);
                play::power_up(&self.app, clock, condition, &self.events, &mut again)?
            }
        };
        play::play_to(runner.as_mut(), &self.events, tick, &mut again, &mut |_| {
            ControlFlow::Continue(())
        })?;
        match again.first_difference(tick) {
            // Of a trace that is full, not all was kept.
            Some(difference) if self.trace.dropped() == 0 => {
                Err(self.played_differently(difference))
            }
            _ => Ok(runner),
        }
    }

    fn played_differently(&self, [now, before]: [Option<Entry>; 2]) -> PlayError {
        let descriptor = self.app.descriptor();
        let shown = |entry: &Option<Entry>| match entry {
            Some(entry) => format!(
                "`{}` at tick {}",
                Line::new(descriptor, entry),
                entry.tick.0
            ),
            None => "nothing".to_owned(),
        };
        let ticks = [&now, &before].into_iter().flatten().map(|it| it.tick);
        PlayError::ContractBroken {
            app: descriptor.name(),
            tick: ticks.min().unwrap_or_default(),
            problem: format!(
                "the replay gives {}, the first run gave {}: the app depends on something other than its events",
                shown(&now),
                shown(&before)
            ),
        }
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

/// Compares what is observed with what was observed before.
struct PlayedAgain<'a> {
    before: &'a [Entry],
    /// What is observed in one tick, up to now.
    tick: Vec<Entry>,
    /// What is observed now, and what was before.
    difference: Option<[Option<Entry>; 2]>,
}

impl<'a> PlayedAgain<'a> {
    /// A run that is played again after a tick, or from the start.
    fn after(trace: &'a [Entry], tick: Option<RunTicks>) -> Self {
        let played = trace.partition_point(|entry| tick.is_some_and(|tick| entry.tick <= tick));
        Self {
            before: &trace[played..],
            tick: Vec::new(),
            difference: None,
        }
    }

    /// The first difference up to and including a tick.
    fn first_difference(mut self, tick: RunTicks) -> Option<[Option<Entry>; 2]> {
        self.compare_tick();
        let missing = self.before.first().filter(|entry| entry.tick <= tick);
        self.difference
            .or(missing.map(|missing| [None, Some(missing.clone())]))
    }

    fn compare_tick(&mut self) {
        for now in self.tick.drain(..) {
            let before = self.before.split_off_first();
            if before != Some(&now) {
                let before = before.cloned();
                self.difference.get_or_insert([Some(now), before]);
            }
        }
    }
}

impl Observer for PlayedAgain<'_> {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        if self.tick.last().is_some_and(|last| last.tick != tick) {
            self.compare_tick();
        }
        trace::append(&mut self.tick, tick, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::MAX_LINES;
    use lockstep_apps::toggle;
    use lockstep_core::app::{App, AppDescriptor, Log, LogId, LogKind, Sink};
    use lockstep_core::event::ButtonId;
    use lockstep_core::event::Event;
    use lockstep_core::output::Level;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// An app of which each that is made counts on from the one before.
    struct Moody {
        ticks: u32,
    }

    impl App for Moody {
        const DESCRIPTOR: AppDescriptor =
            AppDescriptor::new("moody", "1.0.0").with_logs(&[LogKind::number("mood")]);
        type Outputs = [Level; 0];

        fn new() -> Self {
            static MADE: AtomicU32 = AtomicU32::new(0);
            let ticks = MADE.fetch_add(1, Ordering::Relaxed);
            Self { ticks }
        }

        fn handle(&mut self, event: Event, out: &mut dyn Sink) {
            if event == Event::Tick {
                self.ticks += 1;
                if self.ticks.is_multiple_of(10) {
                    out.log(Log::new(LogId(0), 7));
                }
            }
        }

        fn outputs(&self) -> [Level; 0] {
            []
        }
    }

    #[test]
    fn an_app_that_plays_differently_when_played_again_is_found_out() {
        let mut branch = Branch::power_up(&crate::app!(Moody), &Script::default()).unwrap();
        branch.extend(RunTicks(30), &[]).unwrap();
        let found = branch.at(RunTicks(20)).err().map(|error| error.to_string());
        let expected = "app `moody` broke its contract at tick 9: the replay gives `log mood 7` at \
                        tick 9, the first run gave `log mood 7` at tick 10: the app depends on something \
                        other than its events";
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn a_branch_whose_trace_is_full_is_broken_from_there_on() {
        let app = AppEntry::of::<toggle::Toggle>();
        let mut branch = Branch::power_up(&app, &Script::default()).unwrap();
        branch.extend(RunTicks(10), &[]).unwrap();
        while branch.trace.entries().len() < MAX_LINES {
            branch
                .trace
                .observe(RunTicks(10), Observation::Output(0, Level::OFF));
        }
        let full = TimelineError::Play(PlayError::TraceFull { app: "toggle" });
        let press = [ScriptEvent {
            tick: RunTicks::ZERO,
            action: Action::Button(ButtonId(0), SwitchState::Closed),
        }];
        assert_eq!(branch.apply(&press), Err(full.clone()));
        assert_eq!(branch.extend(RunTicks(20), &[]), Err(full.clone()));
        // What was played before the trace was full can be trusted.
        assert_eq!(branch.fork(0, RunTicks(9)).unwrap().broken(), None);
        assert_eq!(branch.fork(0, RunTicks(10)).unwrap().broken(), Some(&full));
    }
}
