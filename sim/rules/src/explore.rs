//! Plays at random, guided by what has not been seen before, and looks for what fails.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::ControlFlow;

use fastrand::Rng;
use foldhash::fast::FixedState;
use lockstep_core::event::{ButtonId, NumberId, SerialId};
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::app_failure::AppFailure;
use lockstep_engine::dyn_runner::{DynRunner, Stretch};
use lockstep_engine::registry::Boot;
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use lockstep_engine::trace::{EntryKind, Trace};
use lockstep_search::InputModel;

use crate::failure::{Failure, Requirements};

/// How behaviours are looked for.
#[derive(Clone, Copy, Debug)]
pub struct ExploreSettings<'a> {
    /// What the world may do.
    pub inputs: &'a InputModel,
    /// Other seeds give other runs, the same one the same.
    pub seed: u64,
    /// Which of so many parts of the runs are played, from 1.
    pub shard: (u64, u64),
    /// The most runs, those of all parts together.
    pub runs: u64,
    /// Runs that showed something before: they are played first, and others begin as they do.
    pub corpus: &'a [Script],
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExploreProgress {
    /// The runs that were played.
    pub runs: u64,
    /// What was done in them.
    pub actions: u64,
    /// The ticks that passed in them.
    pub ticks: u64,
    /// How many combinations of outputs, contacts and last logs were seen.
    pub sights: u64,
    /// The runs that showed something new.
    pub corpus: u64,
}

/// A run that fails, in a way that none did before.
#[derive(Clone, Debug)]
pub struct FailedRun {
    /// What fails.
    pub failure: Failure,
    /// What was played.
    pub script: Script,
    /// The number of the run.
    pub run: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct ExploreResult {
    /// How far it came.
    pub progress: ExploreProgress,
    /// What failed.
    pub failed: Vec<FailedRun>,
    /// The runs that showed something new, in the order in which they did.
    pub corpus: Vec<Script>,
}

/// The most actions of a run.
const MAX_ACTIONS: usize = 40;

/// The most runs that are begun from.
const MAX_CORPUS: usize = 4_096;

/// The longest delay that is drawn, in ticks.
const LONG: u64 = 30_000;

/// Plays runs until there were enough, or `look` at a run or `watch` stops it, which is told how many
/// failures there are.
#[must_use]
pub fn explore(
    requirements: &Requirements<'_>,
    settings: &ExploreSettings<'_>,
    look: &mut dyn FnMut(&Script, &Trace) -> ControlFlow<()>,
    watch: &mut dyn FnMut(&ExploreProgress, usize) -> ControlFlow<()>,
) -> ExploreResult {
    let mut all = ExploreResult::default();
    let mut seen = HashSet::with_hasher(FixedState::with_seed(1));
    let mut corpus: Vec<Begun> = Vec::new();
    let (shard, shards) = (settings.shard.0.max(1) - 1, settings.shard.1.max(1));
    let mut known = settings.corpus.iter();
    let mut run = shard;
    loop {
        let known = known.next();
        if known.is_none() && run >= settings.runs {
            break;
        }
        if watch(&all.progress, all.failed.len()).is_break() {
            break;
        }
        let mut rng = Rng::with_seed(settings.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ run);
        let begun = match corpus.is_empty() || rng.u8(..4) == 0 {
            true => None,
            false => corpus.get(rng.usize(..corpus.len())),
        };
        let mut player = Player::new(requirements, settings.inputs, rng);
        let played = match known {
            Some(script) => player.play_again(script, &mut seen),
            None => player.play(begun, &mut seen),
        };
        all.progress.runs += 1;
        all.progress.actions += u64::try_from(player.events.len()).unwrap_or(0);
        all.progress.ticks += player.now.0;
        all.progress.sights = u64::try_from(seen.len()).unwrap_or(u64::MAX);
        if player.is_new && corpus.len() < MAX_CORPUS {
            all.progress.corpus += 1;
            all.corpus.extend(player.script());
            corpus.push(Begun {
                condition: player.condition,
                events: player.events.clone(),
            });
        }
        if let Some(script) = player.script() {
            let ends = played.is_ok() && look(&script, &player.trace).is_break();
            for failure in player.failures(requirements, &script, &played) {
                if all.failed.iter().all(|it| it.failure.kind != failure.kind) {
                    all.failed.push(FailedRun {
                        failure,
                        script: script.clone(),
                        run,
                    });
                }
            }
            if ends {
                break;
            }
        }
        if known.is_none() {
            run += shards;
        }
    }
    all
}

/// The beginning of a run that showed something new.
struct Begun {
    condition: BootCondition,
    events: Vec<ScriptEvent>,
}

/// Plays one run.
struct Player<'a> {
    requirements: &'a Requirements<'a>,
    inputs: &'a InputModel,
    rng: Rng,
    condition: BootCondition,
    events: Vec<ScriptEvent>,
    now: RunTicks,
    trace: Trace,
    /// When each button moved last.
    moved: Vec<Option<RunTicks>>,
    closed: Vec<bool>,
    numbers: Vec<i32>,
    is_new: bool,
    taken: usize,
    last_logs: Vec<u64>,
}

/// Why a run ended.
type Played = Result<(), Option<AppFailure>>;

impl<'a> Player<'a> {
    fn new(requirements: &'a Requirements<'a>, inputs: &'a InputModel, rng: Rng) -> Self {
        let descriptor = requirements.app.descriptor();
        Self {
            requirements,
            inputs,
            rng,
            condition: BootCondition::OK,
            events: Vec::new(),
            now: RunTicks::ZERO,
            trace: Trace::new(descriptor),
            moved: vec![None; descriptor.buttons().len()],
            closed: vec![false; descriptor.buttons().len()],
            numbers: descriptor.numbers().iter().map(|it| it.start()).collect(),
            is_new: false,
            taken: 0,
            last_logs: vec![0; descriptor.logs().len()],
        }
    }

    fn power_up(&mut self) -> Result<Box<dyn DynRunner>, Option<AppFailure>> {
        let boot = Boot::PowerUp(Instant::ZERO);
        let started = self
            .requirements
            .app
            .start(boot, self.condition, &mut self.trace);
        started.map_err(Some)?.ok_or(None)
    }

    /// Plays what was played before.
    fn play_again(&mut self, script: &Script, seen: &mut HashSet<u64, FixedState>) -> Played {
        self.condition = script.condition();
        let mut runner = self.power_up()?;
        for same in script.events().chunk_by(|a, b| a.tick == b.tick) {
            let actions: Vec<_> = same.iter().map(|event| event.action).collect();
            self.act(runner.as_mut(), same[0].tick, &actions)?;
            self.look(runner.as_ref(), seen);
        }
        self.act(runner.as_mut(), script.end(), &[])
    }

    fn play(&mut self, begun: Option<&Begun>, seen: &mut HashSet<u64, FixedState>) -> Played {
        let boots = &self.inputs.boots;
        self.condition = match (begun, self.rng.u8(..4)) {
            (Some(begun), _) => begun.condition,
            (None, 0) => boots
                .get(self.rng.usize(..boots.len().max(1)))
                .copied()
                .unwrap_or_default(),
            (None, _) => boots.first().copied().unwrap_or_default(),
        };
        let mut runner = self.power_up()?;
        if let Some(begun) = begun {
            let kept = self.rng.usize(..=begun.events.len());
            // Whole ticks, so that what belongs together stays so.
            let end = begun.events.get(kept).map(|event| event.tick);
            let kept = begun
                .events
                .iter()
                .take_while(|event| end.is_none_or(|end| event.tick < end));
            let kept: Vec<_> = kept.copied().collect();
            for same in kept.chunk_by(|a, b| a.tick == b.tick) {
                let actions: Vec<_> = same.iter().map(|event| event.action).collect();
                self.act(runner.as_mut(), same[0].tick, &actions)?;
            }
        }
        let count = self.rng.usize(1..=MAX_ACTIONS);
        for _ in 0..count {
            let delay = self.delay(runner.as_ref());
            let tick = self.now.saturating_add(RunTicks(delay));
            let actions = self.actions(tick);
            self.act(runner.as_mut(), tick, &actions)?;
            self.look(runner.as_ref(), seen);
        }
        // What was waited for comes.
        let tick = self
            .now
            .saturating_add(RunTicks(self.delay(runner.as_ref())));
        self.act(runner.as_mut(), tick, &[])
    }

    /// Plays up to a tick, and does these at it.
    fn act(&mut self, runner: &mut dyn DynRunner, tick: RunTicks, actions: &[Action]) -> Played {
        let events: Vec<_> = actions
            .iter()
            .map(|action| ScriptEvent {
                tick,
                action: *action,
            })
            .collect();
        for event in &events {
            match event.action {
                Action::Button(button, state) => {
                    let at = usize::from(button.0);
                    if let (Some(moved), Some(closed)) =
                        (self.moved.get_mut(at), self.closed.get_mut(at))
                    {
                        *moved = Some(tick);
                        *closed = state == SwitchState::Closed;
                    }
                }
                Action::Number(id, number) => {
                    if let Some(known) = self.numbers.get_mut(usize::from(id.0)) {
                        *known = number;
                    }
                }
                _ => {}
            }
        }
        self.events.extend(&events);
        let played = runner.play(&Stretch::new(&events, tick), &mut self.trace);
        self.now = runner.now();
        self.trace.set_end(self.now);
        played.map_err(Some)
    }

    /// How long nothing is done: often until about when the app waits for something.
    fn delay(&mut self, runner: &dyn DynRunner) -> u64 {
        let wakeup = runner
            .next_wakeup()
            .map_or(1, |it| u64::from(it.idle_ticks().0) + 1);
        let wakeup = wakeup.min(LONG * 40);
        match self.rng.u8(..10) {
            0..=2 => wakeup,
            3 => wakeup.saturating_sub(1).max(1),
            4 => wakeup + 1,
            5 => 1,
            6 => self.rng.u64(1..=30),
            7 => self.rng.u64(1..=400),
            8 => self.rng.u64(1..=3_000),
            _ if self.rng.u8(..8) == 0 => self.rng.u64(1..=LONG),
            _ => self.rng.u64(1..=100),
        }
    }

    /// What is done at a tick.
    fn actions(&mut self, tick: RunTicks) -> Vec<Action> {
        let mut actions = Vec::new();
        let held = self.closed.iter().filter(|closed| **closed).count();
        let mut held = u32::try_from(held).unwrap_or(u32::MAX);
        for place in 0..self.closed.len() {
            let (Some(model), Some(closed), Some(moved)) = (
                self.inputs.buttons.get(place),
                self.closed.get(place),
                self.moved.get(place),
            ) else {
                continue;
            };
            let least = match closed {
                true => model.least_closed,
                false => model.least_open,
            };
            let passed = moved.map(|moved| tick.saturating_sub(moved));
            let may = model.moves && passed.is_none_or(|it| it >= RunTicks(least.max(1).into()));
            let is_full = !closed && held >= self.inputs.most_closed;
            // Held buttons are let go more often than others are pressed.
            let odds = if *closed { 2 } else { 3 };
            if may && !is_full && self.rng.u8(..odds) == 0 {
                let state = match closed {
                    true => SwitchState::Open,
                    false => SwitchState::Closed,
                };
                held = match closed {
                    true => held.saturating_sub(1),
                    false => held.saturating_add(1),
                };
                let place = u8::try_from(place).unwrap_or(u8::MAX);
                actions.push(Action::Button(ButtonId(place), state));
            }
        }
        for (place, values) in (0..).zip(&self.inputs.numbers) {
            let now = self.numbers.get(usize::from(place)).copied();
            let value = match values.len() {
                0 | 1 => None,
                count => values.get(self.rng.usize(..count)).copied(),
            };
            if let Some(value) = value.filter(|value| Some(*value) != now && self.rng.bool()) {
                actions.push(Action::Number(NumberId(place), value));
            }
        }
        let lines = self.requirements.app.descriptor().serial_lines().len();
        for line in (0..).map(SerialId).take(lines) {
            if self.rng.u8(..4) == 0 {
                let count = self.rng.usize(1..=8);
                actions.extend((0..count).map(|_| Action::Byte(line, self.byte())));
            }
        }
        let resets = &self.inputs.resets;
        if !resets.is_empty() && self.rng.u8(..12) == 0 {
            let condition = match self.rng.u8(..3) {
                0 => resets.get(self.rng.usize(..resets.len())),
                _ => resets.first(),
            };
            actions.extend(condition.map(|it| Action::Reset(*it)));
        }
        actions
    }

    fn byte(&mut self) -> u8 {
        match self.rng.u8(..6) {
            0 => b'\n',
            1 => self.rng.u8(b'0'..=b'9'),
            2 => self.rng.u8(..),
            _ => self.rng.u8(b' '..=b'~'),
        }
    }

    /// Notes what is to be seen, and whether it was seen before.
    fn look(&mut self, runner: &dyn DynRunner, seen: &mut HashSet<u64, FixedState>) {
        for entry in self.trace.entries().get(self.taken..).unwrap_or_default() {
            let (id, value) = match &entry.what {
                EntryKind::Log(id, value) => (*id, u64::from(value.cast_unsigned()) + 1),
                EntryKind::Text(id, text) => (*id, u64::try_from(text.len()).unwrap_or(0) + 1),
                _ => continue,
            };
            if let Some(last) = self.last_logs.get_mut(usize::from(id.0)) {
                *last = value;
            }
        }
        self.taken = self.trace.entries().len();
        let mut hasher = FixedState::with_seed(2).build_hasher();
        runner.levels().hash(&mut hasher);
        self.closed.hash(&mut hasher);
        self.last_logs.hash(&mut hasher);
        self.is_new |= seen.insert(hasher.finish());
    }

    fn script(&self) -> Option<Script> {
        Script::new(self.condition, Instant::ZERO, self.events.clone(), self.now).ok()
    }

    fn failures(
        &self,
        requirements: &Requirements<'_>,
        script: &Script,
        played: &Played,
    ) -> Vec<Failure> {
        match played {
            Ok(()) => requirements.failures_in(&self.trace),
            // Played again, so that it is told as in any other run.
            Err(Some(_)) => requirements.failures_of(script, &[]),
            Err(None) => Vec::new(),
        }
    }
}
