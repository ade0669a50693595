//! Holds what an app says of its idle time against ticking it.

use std::ops::ControlFlow;

use lockstep_core::app::AppDescriptor;
use lockstep_core::time::RunTicks;
use lockstep_core::wakeup::Wakeup;

use crate::dyn_runner::{DynRunner, Observation, Observer, Pace, Stretch};
use crate::play::{self, PlayError};
use crate::registry::AppEntry;
use crate::script::{Script, ScriptEvent};
use crate::trace::{self, Entry, Line};

/// Plays the script twice up to and including `until`: one app passes over the ticks in which it
/// says that nothing happens, the other takes every tick. Both must show the same, and where the
/// app has a `Debug` they must be in the same state after each stretch. Gives the ticks that were
/// passed over: with none there was nothing to hold.
///
/// `watch` is called with the tick from time to time, and can stop the run.
///
/// # Errors
///
/// [`PlayError::ContractBroken`] at the first difference, and those of [`play::play`].
pub fn check(
    app: &AppEntry,
    script: &Script,
    until: RunTicks,
    watch: &mut dyn FnMut(RunTicks) -> ControlFlow<()>,
) -> Result<RunTicks, PlayError> {
    let until = until.min(script.end());
    let mut pair = Pair::start(app, script)?;
    while pair.passing.now() < until {
        let next = next_stop(script.events(), pair.passing.now(), until);
        pair.pass_stretch(next)?;
        let now = pair.passing.now();
        if watch(now).is_break() {
            return Err(PlayError::Stopped(now));
        }
        let first = script.events().partition_point(|event| event.tick < now);
        let after = script.events().partition_point(|event| event.tick <= now);
        pair.apply(&script.events()[first..after])?;
    }
    Ok(pair.passed)
}

/// The most ticks between two calls of `watch`.
const STRIDE: RunTicks = RunTicks(100_000);

/// The next tick at which the script does something, or the last one, or one stride on.
fn next_stop(events: &[ScriptEvent], now: RunTicks, until: RunTicks) -> RunTicks {
    let next = events.partition_point(|event| event.tick <= now);
    let next = events.get(next).map_or(until, |event| event.tick);
    next.min(until).min(now.saturating_add(STRIDE))
}

/// One app played in two ways.
struct Pair<'a> {
    app: &'a AppEntry,
    passing: Box<dyn DynRunner>,
    ticking: Box<dyn DynRunner>,
    /// The last stretch that was passed over.
    stretch: Option<IdleStretch>,
    /// The ticks of all of them.
    passed: RunTicks,
}

/// Ticks in which the app says that nothing happens.
#[derive(Clone, Copy)]
struct IdleStretch {
    /// The tick at which it said so.
    said_at: RunTicks,
    /// The last tick of the stretch, as far as it was passed over.
    last: RunTicks,
}

#[derive(Default, PartialEq)]
struct Seen(Vec<Entry>);

impl Seen {
    /// What is seen of an app up to this tick.
    fn of(runner: &mut dyn DynRunner, until: RunTicks, pace: Pace) -> Result<Self, PlayError> {
        let mut seen = Self::default();
        let stretch = Stretch::new(&[], until).at_pace(pace);
        let played = runner.play(&stretch, &mut seen);
        played.map_err(|failure| PlayError::of_runner(runner, failure))?;
        Ok(seen)
    }
}

impl Observer for Seen {
    fn observe(&mut self, tick: RunTicks, what: Observation) {
        trace::append(&mut self.0, tick, what);
    }
}

impl<'a> Pair<'a> {
    fn start(app: &'a AppEntry, script: &Script) -> Result<Self, PlayError> {
        Ok(Self {
            app,
            passing: play::start(app, script, &mut ())?,
            ticking: play::start(app, script, &mut ())?,
            stretch: None,
            passed: RunTicks::ZERO,
        })
    }

    /// Plays to the tick, or to the end of the stretch that the app names if that comes earlier.
    fn pass_stretch(&mut self, tick: RunTicks) -> Result<(), PlayError> {
        let now = self.passing.now();
        let wakeup = self.passing.next_wakeup();
        let wakeup = wakeup.map_err(|failure| PlayError::of_runner(&*self.passing, failure))?;
        let idle = wakeup.idle_ticks();
        let last = now.saturating_add(idle.into()).min(tick);
        if last == now {
            return self.play_busy(tick);
        }
        let stretch = IdleStretch { said_at: now, last };
        let before = self.stretch.replace(stretch);
        self.passed = self.passed.saturating_add(last.saturating_sub(now));
        let seen = Seen::of(self.ticking.as_mut(), last, Pace::Ticking)?;
        if let Some(first) = seen.0.first() {
            let line = self.line(first);
            let promised = match wakeup {
                Wakeup::NEVER => "by itself".to_owned(),
                _ => {
                    let next = now.saturating_add(idle.into()).0.saturating_add(1);
                    format!("before tick {next}")
                }
            };
            return Err(self.broken(
                first.tick,
                format!(
                    "at tick {} `App::next_wakeup` promised that nothing would happen {promised}, \
                     but `{line}` did{}",
                    now.0,
                    // Where states were compared, passing over was right.
                    match before {
                        Some(IdleStretch { said_at, last }) if !self.has_state() => format!(
                            "; if the answer was right, `App::pass` over ticks {} to {} was not",
                            said_at.0 + 1,
                            last.0
                        ),
                        _ => String::new(),
                    },
                ),
            ));
        }
        let mut passed = Seen::of(self.passing.as_mut(), last, Pace::Passing)?;
        let flushed = self.passing.flush_outputs(&mut passed);
        flushed.map_err(|failure| PlayError::of_runner(&*self.passing, failure))?;
        self.compare(&passed, &seen)?;
        self.compare_states(stretch)
    }

    /// Plays the ticks in which something can happen, one after the other.
    fn play_busy(&mut self, tick: RunTicks) -> Result<(), PlayError> {
        let passing = Seen::of(self.passing.as_mut(), tick, Pace::WhileBusy)?;
        let now = self.passing.now();
        let ticking = Seen::of(self.ticking.as_mut(), now, Pace::Ticking)?;
        self.compare(&passing, &ticking)
    }

    /// Applies the events of the present tick.
    fn apply(&mut self, events: &[ScriptEvent]) -> Result<(), PlayError> {
        let (mut passing, mut ticking) = (Seen::default(), Seen::default());
        for event in events {
            play::apply_now(self.passing.as_mut(), *event, &mut passing)?;
            play::apply_now(self.ticking.as_mut(), *event, &mut ticking)?;
        }
        self.compare(&passing, &ticking)
    }

    fn compare(&self, passing: &Seen, ticking: &Seen) -> Result<(), PlayError> {
        let differs = |index: &usize| passing.0.get(*index) != ticking.0.get(*index);
        let Some(first) = (0..passing.0.len().max(ticking.0.len())).find(differs) else {
            return Ok(());
        };
        let shown = |seen: &Seen| match seen.0.get(first) {
            Some(entry) => format!("`{}`", self.line(entry)),
            None => "nothing".to_owned(),
        };
        let stretch = match self.stretch {
            Some(IdleStretch { said_at, last }) => format!(
                "passing over ticks {} to {} by `App::pass`",
                said_at.0 + 1,
                last.0
            ),
            None => "playing it again".to_owned(),
        };
        let differing = [passing, ticking].map(|seen| seen.0.get(first));
        let at = differing
            .into_iter()
            .flatten()
            .map(|entry| entry.tick)
            .min();
        Err(self.broken(
            at.unwrap_or(self.passing.now()),
            format!(
                "{stretch} gives {}, playing every tick gives {}",
                shown(passing),
                shown(ticking)
            ),
        ))
    }

    fn has_state(&self) -> bool {
        matches!(self.passing.state(), Ok(Some(_)))
    }

    fn compare_states(&self, stretch: IdleStretch) -> Result<(), PlayError> {
        let state = |runner: &dyn DynRunner| {
            let state = runner.state();
            state.map_err(|failure| PlayError::of_runner(runner, failure))
        };
        let states = (state(&*self.passing)?, state(&*self.ticking)?);
        let (Some(passing), Some(ticking)) = states else {
            return Ok(());
        };
        if passing == ticking {
            return Ok(());
        }
        let pairs = passing.lines().zip(ticking.lines());
        let (index, (left, right)) = pairs
            .enumerate()
            .find(|(_, (left, right))| left != right)
            .unwrap_or_default();
        let shown = |line: &str| line.trim().trim_end_matches(',').to_owned();
        Err(self.broken(
            stretch.last,
            format!(
                "passing over ticks {} to {} by `App::pass` leaves {} `{}`, playing every tick \
                 leaves `{}`",
                stretch.said_at.0 + 1,
                stretch.last.0,
                field(&passing, index),
                shown(left),
                shown(right)
            ),
        ))
    }

    fn line(&self, entry: &Entry) -> String {
        let descriptor: &'static AppDescriptor = self.app.descriptor();
        Line::new(descriptor, entry).to_string()
    }

    fn broken(&self, tick: RunTicks, problem: String) -> PlayError {
        PlayError::ContractBroken {
            app: self.app.descriptor().name(),
            tick,
            problem,
        }
    }
}

/// The field that a line of a state belongs to: the names of the groups around it.
fn field(state: &str, line: usize) -> String {
    let mut groups: Vec<(usize, &str)> = Vec::new();
    for text in state.lines().take(line + 1) {
        let indent = text.len() - text.trim_start().len();
        groups.retain(|(around, _)| *around < indent);
        let name = text.trim().split_once(": ").map_or("", |(name, _)| name);
        groups.push((indent, name));
    }
    let names = groups.iter().map(|(_, name)| *name);
    let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    match names.as_slice() {
        [] => "in its state".to_owned(),
        names => format!("`{}` at", names.join(".")),
    }
}

#[cfg(test)]
mod tests;
