//! The state diagram of an app, found by playing what a person does from each state that is found.

mod viewer;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;

use self::viewer::Viewer;
use lockstep_core::app::{AppDescriptor, LogValues};
use lockstep_core::event::{ButtonId, NumberId};
use lockstep_core::output::Range;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::app_failure::AppFailure;
use lockstep_engine::dyn_runner::{DynRunner, Pace, Stretch};
use lockstep_engine::registry::{AppEntry, Boot};
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use lockstep_engine::trace::{EntryKind, Trace};

/// What of an app is shown, and what is done to it.
#[derive(Clone, Debug, Default)]
pub struct MapSettings {
    /// The outputs and logs, by name, whose levels and last words make a state.
    pub shown: Vec<String>,
    /// The numbers that number inputs are set to, by the place of the input.
    pub numbers: Vec<Vec<i32>>,
    /// Whether the board is also reset and fails to come up.
    pub resets: bool,
    /// The most situations that are gone on from, in each state.
    pub each: usize,
}

/// A state diagram.
#[derive(Clone, Debug, Default)]
pub struct StateMap {
    /// The states, in the order they were found.
    pub states: Vec<State>,
    /// The ways from one to another.
    pub edges: Vec<Edge>,
    /// How many situations were gone on from.
    pub situations: usize,
    /// Whether there are situations that were not gone on from.
    pub is_partial: bool,
}

/// A state: what is shown of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What each output and log that is shown is; empty of a log that was not said.
    pub values: Vec<String>,
    /// Whether the app can be in it when it came up.
    pub is_first: bool,
}

/// A way from one state to another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// From where.
    pub from: usize,
    /// To where.
    pub to: usize,
    /// What a person does, each way once.
    pub labels: Vec<String>,
    /// The shortest run that was found and goes it.
    pub script: Script,
}

/// How long a button is tapped, in ticks of a millisecond.
const TAP: u64 = 100;

/// How long a button is held at most.
const HOLD: u64 = 5_000;

/// After what is done, so long is waited; all that is done takes a multiple of it, so that what repeats
/// in it is at the same place after it.
const ROUND: u64 = 4_000;

/// How long it is waited for the app to change by itself.
const LONG: u64 = 20 * 60 * 1_000;

/// The most changes that are followed while nothing is done.
const MAX_CHANGES: usize = 8;

/// The outputs and logs that are shown where nothing is chosen: outputs that are on or off, and logs
/// with words; those left out that move by themselves from the start on.
#[must_use]
pub fn usual(app: &AppEntry) -> Vec<String> {
    let descriptor = app.descriptor();
    let mut moving = HashSet::new();
    let mut trace = Trace::new(descriptor);
    let boot = Boot::PowerUp(Instant::ZERO);
    if let Ok(Some(mut runner)) = app.start(boot, BootCondition::OK, &mut trace) {
        let seen = trace.entries().len();
        let end = RunTicks(LONG / 20);
        let _ = runner.play(&Stretch::new(&[], end), &mut trace);
        for entry in trace.entries().iter().skip(seen) {
            if let EntryKind::Output(output, _) = entry.what {
                moving.insert(output);
            }
        }
    }
    let outputs = (0..).zip(descriptor.outputs());
    let outputs = outputs.filter(|(place, output)| {
        let is_digital = matches!(output.range(), Range::Digital);
        is_digital && !moving.contains(place)
    });
    let logs = descriptor.logs().iter();
    // A log that is called as an output is says what that shows.
    let is_output = |name: &str| descriptor.outputs().iter().any(|it| it.name() == name);
    let logs =
        logs.filter(|log| matches!(log.values(), LogValues::Words(_)) && !is_output(log.name()));
    outputs
        .map(|(_, output)| output.name())
        .chain(logs.map(|log| log.name()))
        .map(str::to_owned)
        .collect()
}

/// Finds the state diagram; `watch` can stop it.
#[must_use]
pub fn map(
    app: &AppEntry,
    settings: &MapSettings,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> StateMap {
    let mut mapper = Mapper {
        descriptor: app.descriptor(),
        settings,
        map: StateMap::default(),
        places: HashMap::new(),
        edges: BTreeMap::new(),
        known: HashSet::new(),
        counts: HashMap::new(),
        open: VecDeque::new(),
        passing: VecDeque::new(),
    };
    let conditions = match settings.resets {
        true => app.descriptor().boot_conditions().len(),
        false => 0,
    };
    for condition in 0..=u8::try_from(conditions).unwrap_or(u8::MAX) {
        mapper.power_up(app, BootCondition(condition));
    }
    while let Some(start) = mapper
        .open
        .pop_front()
        .or_else(|| mapper.passing.pop_front())
    {
        if watch(mapper.map.situations).is_break() {
            mapper.map.is_partial = true;
            break;
        }
        mapper.map.situations += 1;
        mapper.go_on(&start);
    }
    mapper.map.edges = mapper.edges.into_values().collect();
    for edge in &mut mapper.map.edges {
        edge.labels = simplest(&edge.labels);
    }
    mapper.map
}

/// What is done, without what is more than something else that does: where a tap is enough, nothing
/// needs to be held.
fn simplest(labels: &[String]) -> Vec<String> {
    let by_itself = labels.iter().any(|label| label.starts_with(" after "));
    let is_tapped = |name: &str| {
        labels
            .iter()
            .any(|it| it.strip_prefix("tap ") == Some(name))
    };
    let is_more = |label: &str| {
        let twice = label.strip_prefix("double-tap ");
        let held = label
            .strip_prefix("hold ")
            .and_then(|it| it.split(" for ").next());
        let is_less = |names: &str| names.split(" and ").any(is_tapped);
        twice.is_some_and(is_tapped) || held.is_some_and(|names| by_itself || is_less(names))
    };
    labels.iter().filter(|it| !is_more(it)).cloned().collect()
}

/// As many of these names as make no more than so many states; the last ones are left out first.
#[must_use]
pub fn fewer_names(map: &StateMap, shown: &[String], most: usize) -> Vec<String> {
    let mut count = shown.len();
    let states = |count: usize| {
        let values = map.states.iter().map(|state| state.values.get(..count));
        values.collect::<HashSet<_>>().len()
    };
    while count > 1 && states(count) > most {
        count -= 1;
    }
    shown.iter().take(count).cloned().collect()
}

/// The states that a trace goes through, as a map shows them.
#[must_use]
pub fn states_of(trace: &Trace, shown: &[String]) -> Vec<Vec<String>> {
    let mut viewer = Viewer::new(trace.descriptor(), shown);
    let mut all: Vec<Vec<String>> = Vec::new();
    let entries = trace.entries();
    for (place, entry) in entries.iter().enumerate() {
        viewer.take(&entry.what);
        let next = entries.get(place + 1);
        let is_half = next.is_none_or(|next| next.tick != entry.tick || next.what.is_input());
        if is_half && all.last() != Some(&viewer.values) {
            all.push(viewer.values.clone());
        }
    }
    all
}

/// What a map shows of the moment at the end of a tick of a trace.
#[must_use]
pub fn values_at(trace: &Trace, shown: &[String], tick: RunTicks) -> Vec<String> {
    let mut viewer = Viewer::new(trace.descriptor(), shown);
    for entry in trace.entries().iter().take_while(|it| it.tick <= tick) {
        viewer.take(&entry.what);
    }
    viewer.values
}

/// A situation that is gone on from.
struct Start {
    run: Run,
    state: usize,
    /// Whether nothing was done for a while.
    is_rest: bool,
}

/// A run up to some tick.
struct Run {
    runner: Box<dyn DynRunner>,
    viewer: Viewer,
    condition: BootCondition,
    events: Vec<ScriptEvent>,
    /// When something was done last.
    acted: RunTicks,
}

/// What a person does: when, from the beginning on, and what.
struct Gesture {
    label: String,
    steps: Vec<(u64, Vec<Action>)>,
    /// These are held after it until something changes, and then released.
    held: Vec<ButtonId>,
}

/// A run ended because the app failed.
struct CannotPlay;

impl From<AppFailure> for CannotPlay {
    fn from(_: AppFailure) -> Self {
        Self
    }
}

impl Run {
    fn copied(&self) -> Option<Self> {
        Some(Self {
            runner: self.runner.copied()?,
            viewer: self.viewer.clone(),
            condition: self.condition,
            events: self.events.clone(),
            acted: self.acted,
        })
    }

    fn now(&self) -> RunTicks {
        self.runner.now()
    }

    /// Plays up to a tick, and does these at it.
    fn act(&mut self, tick: RunTicks, actions: &[Action]) -> Result<(), CannotPlay> {
        let events = actions.iter().map(|action| ScriptEvent {
            tick,
            action: *action,
        });
        let events: Vec<_> = events.collect();
        let mut trace = Trace::new(self.runner.descriptor());
        self.runner.play(&Stretch::new(&events, tick), &mut trace)?;
        self.viewer.take_from(&trace, 0);
        self.events.extend(events);
        self.acted = tick;
        Ok(())
    }

    /// Lets time pass until what is shown is another, or to a tick; whether it is another.
    fn pass(&mut self, until: RunTicks) -> Result<bool, CannotPlay> {
        let before = self.viewer.values.clone();
        while self.now() < until {
            let mut trace = Trace::new(self.runner.descriptor());
            let stretch = Stretch::new(&[], until).at_pace(Pace::UntilObserved);
            self.runner.play(&stretch, &mut trace)?;
            self.viewer.take_from(&trace, 0);
            if self.viewer.values != before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn script(&self) -> Option<Script> {
        Script::new(
            self.condition,
            Instant::ZERO,
            self.events.clone(),
            self.now(),
        )
        .ok()
    }
}

struct Mapper<'a> {
    descriptor: &'static AppDescriptor,
    settings: &'a MapSettings,
    map: StateMap,
    places: HashMap<Vec<String>, usize>,
    edges: BTreeMap<(usize, usize), Edge>,
    known: HashSet<(u64, Vec<i32>, usize)>,
    counts: HashMap<usize, usize>,
    open: VecDeque<Start>,
    /// Those in which something is still under way.
    passing: VecDeque<Start>,
}

impl Mapper<'_> {
    fn power_up(&mut self, app: &AppEntry, condition: BootCondition) {
        let mut trace = Trace::new(self.descriptor);
        let boot = Boot::PowerUp(Instant::ZERO);
        let Ok(Some(runner)) = app.start(boot, condition, &mut trace) else {
            return;
        };
        let mut viewer = Viewer::new(self.descriptor, &self.settings.shown);
        viewer.take_from(&trace, 0);
        let run = Run {
            runner,
            viewer,
            condition,
            events: Vec::new(),
            acted: RunTicks::ZERO,
        };
        let state = self.state(&run.viewer.values);
        if let Some(state) = self.map.states.get_mut(state) {
            state.is_first = true;
        }
        // A failure ends this run alone.
        let _ = self.settle(run, state, None, RunTicks::ZERO);
    }

    fn state(&mut self, values: &[String]) -> usize {
        let next = self.map.states.len();
        let place = *self.places.entry(values.to_vec()).or_insert(next);
        if place == next {
            self.map.states.push(State {
                values: values.to_vec(),
                is_first: false,
            });
        }
        place
    }

    fn edge(&mut self, from: usize, to: usize, label: String, run: &Run) {
        let Some(script) = run.script().filter(|_| from != to) else {
            return;
        };
        let edge = self.edges.entry((from, to)).or_insert_with(|| Edge {
            from,
            to,
            labels: Vec::new(),
            script: script.clone(),
        });
        if script.end() < edge.script.end() {
            edge.script = script;
        }
        let kind = |label: &str| {
            let label = label.split(" after ").next()?;
            label.split(" for ").next().map(str::to_owned)
        };
        if edge.labels.iter().all(|it| kind(it) != kind(&label)) {
            edge.labels.push(label);
        }
    }

    fn add(&mut self, run: &Run, state: usize, is_rest: bool) {
        let Some(run) = run.copied() else {
            return;
        };
        let key = run.runner.situation().unwrap_or(run.now().0);
        let key = (key, run.runner.numbers().to_vec(), state);
        if self.known.contains(&key) {
            return;
        }
        let count = self.counts.entry(state).or_default();
        if *count >= self.settings.each {
            self.map.is_partial = true;
            return;
        }
        *count += 1;
        self.known.insert(key);
        let start = Start {
            run,
            state,
            is_rest,
        };
        match is_rest {
            true => self.open.push_back(start),
            false => self.passing.push_back(start),
        }
    }

    fn go_on(&mut self, start: &Start) {
        for gesture in self.gestures(&start.run) {
            if let Some(run) = start.run.copied() {
                // A failure ends this run alone: `sim explore` is what looks for it.
                let _ = self.perform(run, start.state, gesture);
            }
        }
        if let Some(run) = start.run.copied().filter(|_| start.is_rest) {
            let _ = self.wait(run, start.state);
        }
    }

    fn perform(&mut self, mut run: Run, from: usize, gesture: Gesture) -> Result<(), CannotPlay> {
        let begin = run.now();
        let mut label = gesture.label;
        let first = run.viewer.values.clone();
        for (after, actions) in &gesture.steps {
            run.act(begin.saturating_add(RunTicks(*after)), actions)?;
        }
        if !gesture.held.is_empty() {
            let pressed = run.now();
            if run.viewer.values == first {
                run.pass(pressed.saturating_add(RunTicks(HOLD)))?;
            }
            let held = run.now().saturating_sub(pressed);
            label += &format!(" for {}", self.length(held));
            let released = gesture.held.iter();
            let released = released.map(|it| Action::Button(*it, SwitchState::Open));
            run.act(run.now(), &released.collect::<Vec<_>>())?;
        }
        self.settle(run, from, Some(label), begin)
    }

    /// Waits until what was done has come to rest.
    fn settle(
        &mut self,
        mut run: Run,
        from: usize,
        mut label: Option<String>,
        begin: RunTicks,
    ) -> Result<(), CannotPlay> {
        let mut at = from;
        let mut changed = run.now();
        let now = self.state(&run.viewer.values);
        if now != at {
            self.edge(at, now, label.take().unwrap_or_default(), &run);
            at = now;
        }
        let passed = run.now().saturating_sub(begin).0;
        let whole = (passed + ROUND / 4).div_ceil(ROUND) * ROUND;
        let end = begin.saturating_add(RunTicks(whole));
        let mut changes = 0;
        while run.pass(end)? && changes < MAX_CHANGES {
            changes += 1;
            let now = self.state(&run.viewer.values);
            let waited = run.now().saturating_sub(changed);
            let label = label
                .take()
                .unwrap_or_else(|| format!(" after {}", self.length(waited)));
            self.edge(at, now, label, &run);
            changed = run.now();
            at = now;
            self.add(&run, at, false);
        }
        self.add(&run, at, true);
        Ok(())
    }

    /// Waits for the app to change by itself.
    fn wait(&mut self, mut run: Run, from: usize) -> Result<(), CannotPlay> {
        let until = run.now().saturating_add(RunTicks(LONG));
        if !run.pass(until)? {
            return Ok(());
        }
        let waited = run.now().saturating_sub(run.acted);
        let now = self.state(&run.viewer.values);
        let label = format!(" after {}", self.length(waited));
        self.edge(from, now, label, &run);
        let begin = run.now();
        self.settle(run, now, None, begin)
    }

    /// A length of three digits at most.
    fn length(&self, ticks: RunTicks) -> String {
        let mut unit = 1;
        while ticks.0 / unit >= 1_000 {
            unit *= 10;
        }
        let rounded = (ticks.0 + unit / 2) / unit * unit;
        self.descriptor.tick().length(RunTicks(rounded)).to_string()
    }

    /// All that a person does in a situation.
    fn gestures(&self, run: &Run) -> Vec<Gesture> {
        let mut all = Vec::new();
        let buttons = self.descriptor.buttons();
        let turned = self.descriptor.encoders().iter();
        let turned: Vec<_> = turned.flat_map(|it| [it.a(), it.b()]).collect();
        let pressed = |id: ButtonId| Action::Button(id, SwitchState::Closed);
        let released = |id: ButtonId| Action::Button(id, SwitchState::Open);
        let named: Vec<_> = (0..)
            .map(ButtonId)
            .zip(buttons.iter().copied())
            .filter(|(id, _)| !turned.contains(id))
            .collect();
        for (id, name) in &named {
            let tap = |label: &str, times: &[u64]| Gesture {
                label: format!("{label} {name}"),
                steps: times
                    .iter()
                    .flat_map(|at| [(*at, vec![pressed(*id)]), (at + TAP, vec![released(*id)])])
                    .collect(),
                held: Vec::new(),
            };
            all.push(tap("tap", &[0]));
            all.push(tap("double-tap", &[0, 2 * TAP]));
            all.push(Gesture {
                label: format!("hold {name}"),
                steps: vec![(0, vec![pressed(*id)])],
                held: vec![*id],
            });
        }
        for (place, (id, name)) in named.iter().enumerate().filter(|_| named.len() <= 4) {
            for (other, other_name) in named.iter().skip(place + 1) {
                all.push(Gesture {
                    label: format!("hold {name} and {other_name}"),
                    steps: vec![(0, vec![pressed(*id), pressed(*other)])],
                    held: vec![*id, *other],
                });
            }
        }
        for encoder in self.descriptor.encoders() {
            let name = encoder.name();
            for (way, a, b) in [
                ("right", encoder.a(), encoder.b()),
                ("left", encoder.b(), encoder.a()),
            ] {
                let steps = [pressed(a), pressed(b), released(a), released(b)];
                let steps = (0..).zip(steps).map(|(at, it)| (at * 5, vec![it]));
                all.push(Gesture {
                    label: format!("turn {name} {way}"),
                    steps: steps.collect(),
                    held: Vec::new(),
                });
            }
        }
        let numbers = self.descriptor.numbers().iter().zip(&self.settings.numbers);
        for (place, (number, values)) in (0..).zip(numbers) {
            let now = run.runner.numbers().get(usize::from(place)).copied();
            for value in values.iter().filter(|value| Some(**value) != now) {
                let scale = number.scale();
                let unit = match scale.unit() {
                    "" => String::new(),
                    unit => format!(" {unit}"),
                };
                all.push(Gesture {
                    label: format!("{} becomes {}{unit}", number.name(), scale.shown(*value)),
                    steps: vec![(0, vec![Action::Number(NumberId(place), *value)])],
                    held: Vec::new(),
                });
            }
        }
        if self.settings.resets {
            let conditions = self.descriptor.boot_conditions().len();
            for condition in 0..=u8::try_from(conditions).unwrap_or(u8::MAX) {
                let place = usize::from(condition).checked_sub(1);
                let name = place.and_then(|it| self.descriptor.boot_conditions().get(it));
                all.push(Gesture {
                    label: name.map_or("reset".to_owned(), |name| format!("reset, {name}")),
                    steps: vec![(0, vec![Action::Reset(BootCondition(condition))])],
                    held: Vec::new(),
                });
            }
        }
        all
    }
}
