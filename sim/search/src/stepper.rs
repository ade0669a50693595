//! Plays one app from one situation to the next, and has each moment judged.

use std::hash::Hash;

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::app::{App, Log};
use lockstep_core::contacts::Contacts;
use lockstep_core::event::{BootCondition, ButtonId, Event, NumberId, SerialId};
use lockstep_core::sink::Sink;
use lockstep_core::time::Ticks;

use crate::collector::Collector;
use crate::fingerprint::fingerprint;
use crate::input_model::{Basis, Choice, Inputs};
use crate::monitor::{Moment, Monitor, MonitorVerdict, RuleSet};

/// What a situation leads to, beside the app.
pub(crate) struct Successor<'a> {
    /// What is remembered beside it.
    pub(crate) words: &'a [u32],
    pub(crate) hash: u64,
    pub(crate) step: Step,
    /// The goals that are reached as everything stands.
    pub(crate) goals: RuleSet,
    /// Whether what can be done in its tick is still to be played.
    pub(crate) awaits_inputs: bool,
}

/// The way from a situation to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The ticks that pass.
    pub(crate) ticks: u32,
    /// What is done at the last of them.
    pub(crate) choice: Choice,
}

/// Plays an app from one situation to the next.
pub(crate) struct Stepper<'a, A: App> {
    build: &'a (dyn Fn() -> A + Send + Sync),
    inputs: &'a Inputs,
    monitor: &'a dyn Monitor,
    pub(crate) asked: RuleSet,
    skips: Skips,
    base: Vec<u32>,
    words: Vec<u32>,
    choices: Vec<Choice>,
    /// What the choices were found for.
    basis: Option<Basis>,
    actions: Vec<Action>,
    numbers_before: Vec<i32>,
    numbers: Vec<i32>,
    said: LogSink,
    /// The only choices that are made, where it is known which.
    pub(crate) wanted: Option<Vec<Choice>>,
    /// Which choice is being played, for whoever catches a panic.
    pub(crate) at: At,
}

/// Which ticks are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skips {
    /// A tick in which the app says that nothing happens is passed, not played.
    pub(crate) idle: bool,
    /// Ticks in which nothing happens and nothing can be done are taken as one step.
    pub(crate) forced: bool,
    /// Something is done only in the tick after the one before, and where the app wakes.
    pub(crate) sparse: bool,
}

/// Where the stepper is, so that it can be gone on from after a panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) ticks: u32,
    /// The place among the choices; none while time passes.
    pub(crate) choice: Option<(usize, Choice)>,
    pub(crate) is_power_up: bool,
}

impl At {
    /// The ticks that passed up to a panic: one that comes while time passes comes in the tick after
    /// those that were judged.
    pub(crate) fn panic_ticks(self) -> u32 {
        self.ticks + u32::from(self.choice.is_none() && !self.is_power_up)
    }
}

#[derive(Default)]
struct LogSink(Vec<Log>);

impl Sink for LogSink {
    fn log(&mut self, log: Log) {
        self.0.push(log);
    }

    fn send(&mut self, _: SerialId, _: &[u8]) {}
}

/// The levels and contacts before a half of a tick.
struct Before<A: App> {
    levels: A::Outputs,
    elapsed: u32,
    boot: Option<BootCondition>,
}

impl<'a, A: App + Clone + Eq + Hash> Stepper<'a, A> {
    pub(crate) fn new(
        build: &'a (dyn Fn() -> A + Send + Sync),
        inputs: &'a Inputs,
        monitor: &'a dyn Monitor,
        asked: RuleSet,
        skips: Skips,
    ) -> Self {
        Self {
            build,
            inputs,
            monitor,
            asked,
            skips,
            base: Vec::new(),
            words: Vec::new(),
            choices: Vec::new(),
            basis: None,
            actions: Vec::new(),
            numbers_before: Vec::new(),
            numbers: Vec::new(),
            said: LogSink::default(),
            wanted: None,
            at: At::default(),
        }
    }

    /// Powers the board up under a condition, and does at tick 0 what can be done.
    pub(crate) fn power_up(
        &mut self,
        condition: BootCondition,
        from: usize,
        collector: &mut Collector<'_, A>,
    ) {
        self.at = At {
            is_power_up: true,
            ..At::default()
        };
        self.base.clear();
        let count = self.inputs.word_count() + self.monitor.word_count();
        self.base.resize(count, 0);
        let memory = self.base.get_mut(self.inputs.word_count()..);
        self.monitor.start(memory.unwrap_or_default());
        self.inputs.numbers(&self.base, &mut self.numbers);
        self.numbers_before.clone_from(&self.numbers);
        let mut app = (self.build)();
        self.said.0.clear();
        self.actions.clear();
        app.handle(Event::Init(condition), &mut self.said);
        for (id, number) in (0..).map(NumberId).zip(&self.numbers) {
            app.handle(Event::Number(id, *number), &mut self.said);
        }
        let before = Before {
            levels: app.outputs(),
            elapsed: 0,
            boot: Some(condition),
        };
        self.words.clone_from(&self.base);
        let verdict = self.judge_moment(&app, &before);
        self.base.clone_from(&self.words);
        if verdict != MonitorVerdict::default() {
            collector.judged(verdict, 0, None);
        }
        let base = counted_from_now(&app);
        self.choose(&base, (0, verdict.reached), from, true, collector);
    }

    /// Lets the next tick come from a situation, and does in it what can be done; from the choice at
    /// this place on.
    pub(crate) fn step(
        &mut self,
        app: A,
        words: &[u32],
        from: usize,
        collector: &mut Collector<'_, A>,
    ) {
        let (base, time) = self.advance(app, words, from, collector);
        self.choose(&base, time, from, true, collector);
    }

    /// Lets the next tick come from a situation, and leaves what can be done in it to
    /// [`Stepper::play_inputs`].
    pub(crate) fn step_to_inputs(
        &mut self,
        app: A,
        words: &[u32],
        collector: &mut Collector<'_, A>,
    ) {
        let (base, (ticks, goals)) = self.advance(app, words, 0, collector);
        self.find_choices();
        collector.count(self.choices.len());
        let hash = fingerprint(&base, &self.base);
        collector.push(base);
        collector.reach(&Successor {
            hash,
            words: &self.base,
            step: Step {
                ticks,
                choice: Choice::NOTHING,
            },
            goals,
            awaits_inputs: true,
        });
    }

    /// Does everything that can be done where [`Stepper::step_to_inputs`] led; from the choice at this
    /// place on.
    pub(crate) fn play_inputs(
        &mut self,
        app: &A,
        words: &[u32],
        from: usize,
        collector: &mut Collector<'_, A>,
    ) {
        self.at = At::default();
        self.base.clear();
        self.base.extend_from_slice(words);
        self.inputs.numbers(&self.base, &mut self.numbers);
        self.numbers_before.clone_from(&self.numbers);
        self.find_choices();
        self.play_choices(app, (0, RuleSet::NONE), from, false, collector);
    }

    /// Lets the next tick come: gives the app, counted from then, the ticks that passed, and the goals
    /// that are reached.
    fn advance(
        &mut self,
        mut app: A,
        words: &[u32],
        from: usize,
        collector: &mut Collector<'_, A>,
    ) -> (A, (u32, RuleSet)) {
        self.at = At::default();
        self.base.clear();
        self.base.extend_from_slice(words);
        let idle = match self.skips.idle {
            true => app.next_wakeup().idle_ticks().0,
            false => 0,
        };
        let levels = app.outputs();
        self.said.0.clear();
        self.actions.clear();
        if idle > 0 {
            app.pass(Ticks(1));
        } else {
            app.handle(Event::Tick, &mut self.said);
        }
        let mut goals = self.pass(&app, levels, 1, from, collector);
        let mut ticks = 1;
        if idle > 0 && self.skips.sparse {
            let base = counted_from_now(&app);
            self.choose(&base, (1, goals), from, false, collector);
            goals = self.wake(&mut app, idle, from, collector);
            ticks = self.at.ticks;
        } else if idle > 1 && self.skips.forced {
            // The first idle tick is judged by itself: those after it are as it is.
            let memory = self.base.get(self.inputs.word_count()..);
            let judged = self.monitor.idle_ticks(memory.unwrap_or_default());
            let inputs = self.inputs.ticks_to_choice(words) - 1;
            let rest = (idle - 1).min(inputs).min(judged).min(MAX_SKIP);
            if rest > 0 {
                ticks += rest;
                app.pass(Ticks(rest));
                goals = self.pass(&app, levels, rest, from, collector);
            }
        }
        (counted_from_now(&app), (ticks, goals))
    }

    /// Goes on to the tick at which the app wakes, or something is to be judged before.
    fn wake(
        &mut self,
        app: &mut A,
        idle: u32,
        from: usize,
        collector: &mut Collector<'_, A>,
    ) -> RuleSet {
        let levels = app.outputs();
        let memory = self.base.get(self.inputs.word_count()..);
        let judged = self.monitor.idle_ticks(memory.unwrap_or_default());
        let rest = (idle - 1).min(judged).min(MAX_SKIP);
        let mut goals = RuleSet::NONE;
        self.said.0.clear();
        self.actions.clear();
        if rest > 0 {
            app.pass(Ticks(rest));
            goals = self.pass(app, levels, rest, from, collector);
        }
        if rest == idle - 1 {
            app.handle(Event::Tick, &mut self.said);
            goals = self.pass(app, levels, 1, from, collector);
        }
        goals
    }

    /// Judges a moment to which ticks have led, and gives the goals that are reached in it.
    fn pass(
        &mut self,
        app: &A,
        levels: A::Outputs,
        elapsed: u32,
        from: usize,
        collector: &mut Collector<'_, A>,
    ) -> RuleSet {
        self.at.ticks += elapsed;
        self.at.choice = None;
        self.inputs.pass(&mut self.base, elapsed);
        self.inputs.numbers(&self.base, &mut self.numbers);
        self.numbers_before.clone_from(&self.numbers);
        let before = Before {
            levels,
            elapsed,
            boot: None,
        };
        self.words.clone_from(&self.base);
        let verdict = self.judge_moment(app, &before);
        self.base.clone_from(&self.words);
        if verdict != MonitorVerdict::default() && from == 0 {
            collector.judged(verdict, self.at.ticks, None);
        }
        verdict.reached
    }

    /// Finds what can be done at the end of a tick.
    fn find_choices(&mut self) {
        let basis = self.inputs.basis(&self.base);
        if self.basis != Some(basis) {
            self.inputs.choices(basis, &mut self.choices);
            self.basis = Some(basis);
        }
    }

    /// Does everything that can be done at the end of a tick, or only what is wanted.
    fn choose(
        &mut self,
        base: &A,
        time: (u32, RuleSet),
        from: usize,
        with_nothing: bool,
        collector: &mut Collector<'_, A>,
    ) {
        match self.wanted.take() {
            Some(wanted) => {
                self.choices = wanted;
                self.basis = None;
            }
            None => self.find_choices(),
        }
        if from == 0 {
            collector.count(
                self.choices
                    .len()
                    .saturating_sub(usize::from(!with_nothing)),
            );
        }
        self.play_choices(base, time, from, with_nothing, collector);
    }

    /// Makes each of the choices from the one at this place on; no time passes meanwhile.
    fn play_choices(
        &mut self,
        base: &A,
        (ticks, goals): (u32, RuleSet),
        from: usize,
        with_nothing: bool,
        collector: &mut Collector<'_, A>,
    ) {
        for place in from..self.choices.len() {
            let Some(choice) = self.choices.get(place).copied() else {
                return;
            };
            if !with_nothing && choice == Choice::NOTHING {
                continue;
            }
            // After a panic in a sparse search the rest of a situation is left out.
            let place = if self.skips.sparse {
                usize::MAX - 1
            } else {
                place
            };
            self.at.choice = Some((place, choice));
            self.words.clone_from(&self.base);
            let next = collector.push(base.clone());
            let mut verdict = MonitorVerdict::default();
            if choice != Choice::NOTHING {
                verdict = self.apply(next, choice);
            }
            let hash = fingerprint(next, &self.words);
            let goals = match choice {
                Choice::NOTHING => goals,
                _ => verdict.reached,
            };
            if verdict != MonitorVerdict::default() {
                collector.judged(verdict, ticks, Some(choice));
            }
            collector.reach(&Successor {
                hash,
                words: &self.words,
                step: Step { ticks, choice },
                goals,
                awaits_inputs: false,
            });
        }
        self.at.choice = None;
    }

    /// Does what was chosen, as a runner does it.
    fn apply(&mut self, app: &mut A, choice: Choice) -> MonitorVerdict {
        self.said.0.clear();
        let levels = app.outputs();
        let mut actions = std::mem::take(&mut self.actions);
        self.inputs.choose(choice, &mut self.words, &mut actions);
        self.inputs.numbers(&self.words, &mut self.numbers);
        let mut boot = None;
        let mut told = 0;
        for (place, action) in actions.iter().enumerate() {
            match *action {
                Action::Button(button, state) => move_contact(app, button, state, &mut self.said),
                Action::Number(id, number) => {
                    app.handle(Event::Number(id, number), &mut self.said);
                }
                Action::Byte(line, byte) => app.handle(Event::Byte(line, byte), &mut self.said),
                Action::Reset(condition) => {
                    // What came before it in this half belongs to no moment.
                    told = place + 1;
                    self.said.0.clear();
                    boot = Some(condition);
                    self.reset(app, condition);
                    *app = counted_from_now(app);
                }
            }
        }
        actions.drain(..told.min(actions.len()));
        if boot.is_some() {
            let closed = Inputs::contacts(&self.words);
            actions.extend(
                closed
                    .closed()
                    .map(|it| Action::Button(it, SwitchState::Closed)),
            );
        }
        self.actions = actions;
        let before = Before {
            levels,
            elapsed: 0,
            boot,
        };
        self.judge_moment(app, &before)
    }

    fn reset(&mut self, app: &mut A, condition: BootCondition) {
        *app = (self.build)();
        app.handle(Event::Init(condition), &mut self.said);
        for (id, number) in (0..).map(NumberId).zip(&self.numbers) {
            app.handle(Event::Number(id, *number), &mut self.said);
        }
        let contacts: Contacts = Inputs::contacts(&self.words);
        for button in contacts.closed() {
            app.handle(Event::Press(button), &mut self.said);
        }
    }

    fn judge_moment(&mut self, app: &A, before: &Before<A>) -> MonitorVerdict {
        let levels = app.outputs();
        let moment = Moment {
            elapsed: before.elapsed,
            boot: before.boot,
            inputs: &self.actions,
            logs: &self.said.0,
            levels_before: before.levels.as_ref(),
            levels: levels.as_ref(),
            contacts: Inputs::contacts(&self.words),
            numbers_before: &self.numbers_before,
            numbers: &self.numbers,
        };
        let memory = self.words.get_mut(self.inputs.word_count()..);
        self.monitor
            .step(memory.unwrap_or_default(), &moment, self.asked)
    }
}

/// The most ticks of one step.
const MAX_SKIP: u32 = 1 << 12;

fn move_contact<A: App>(app: &mut A, button: ButtonId, state: SwitchState, said: &mut LogSink) {
    let event = match state {
        SwitchState::Closed => Event::Press(button),
        SwitchState::Open => Event::Release(button),
    };
    app.handle(event, said);
}

/// The app with its times counted from now, or as it is if it cannot say.
fn counted_from_now<A: App + Clone>(app: &A) -> A {
    let counted = app.clone().counted_from_now();
    counted.unwrap_or_else(|| app.clone())
}

/// Whether the app says what it is counted from now.
pub(crate) fn is_counted<A: App>(app: A) -> bool {
    app.counted_from_now().is_some()
}
