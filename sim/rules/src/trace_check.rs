//! Checks a trace by rules.

use lockstep_core::action::Action;
use lockstep_core::app::{AppDescriptor, Log, LogId};
use lockstep_core::contacts::Contacts;
use lockstep_core::event::BootCondition;
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;
use lockstep_engine::trace::{Entry, EntryKind, Trace};
use lockstep_search::{Moment, Monitor, RuleSet};

use crate::assumptions::Departure;
use crate::rule_file::RuleFile;

/// What a trace says of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceVerdict {
    /// The rules that it breaks, each where it does so first.
    pub breaches: Vec<Breach>,
    /// How many rules it could have broken.
    pub judged: usize,
    /// From where on the rules say nothing, because the world was not as they assume it.
    pub departure: Option<Departure>,
}

/// A rule that a trace breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule, by its place.
    pub rule: usize,
    /// The tick at which it is broken.
    pub tick: RunTicks,
    /// How many entries of the trace come before that.
    pub seen: usize,
    /// What happened when.
    pub message: String,
}

/// Checks a whole trace. Rules that a trace cannot break are passed over.
#[must_use]
pub fn check(file: &RuleFile, trace: &Trace) -> TraceVerdict {
    let departure = file.assumptions().departure(trace);
    let mut watch = TraceWatch::new(file);
    let judged = watch.asked.iter().count();
    let mut breaches = watch.follow(file, trace);
    if let Some(departure) = &departure {
        breaches.retain(|breach| breach.tick < departure.tick);
    }
    TraceVerdict {
        breaches,
        judged,
        departure,
    }
}

/// Checks a trace that grows, each moment once.
#[derive(Clone, Debug)]
pub struct TraceWatch {
    memory: Vec<u32>,
    asked: RuleSet,
    reader: MomentReader,
}

impl TraceWatch {
    /// Begins at power-up.
    #[must_use]
    pub fn new(file: &RuleFile) -> Self {
        let monitor = file.monitor();
        Self {
            memory: memory_of(&monitor),
            asked: file.of_each_behaviour(),
            reader: MomentReader::new(file.descriptor()),
        }
    }

    /// The rules that are broken by what a trace has got since it was followed last. It has to be the
    /// same trace, and may have grown. Whether the world is as the rules assume it is not looked at.
    pub fn follow(&mut self, file: &RuleFile, trace: &Trace) -> Vec<Breach> {
        let mut breaches = Vec::new();
        let monitor = file.monitor();
        while !self.asked.is_empty()
            && let Some(at) = self.reader.advance(trace, monitor.idle_ticks(&self.memory))
        {
            let moment = self.reader.moment(at.elapsed);
            let verdict = monitor.step(&mut self.memory, &moment, self.asked);
            for rule in verdict.broken.and(self.asked).iter() {
                self.asked.remove(rule);
                breaches.push(Breach {
                    rule,
                    tick: at.tick,
                    seen: self.reader.next,
                    message: file.rules().get(rule).map_or(String::new(), |it| {
                        it.breach(at.tick, file.descriptor().tick())
                    }),
                });
            }
        }
        breaches
    }
}

/// Looks for goals in a run that goes on in several traces, each with what came after the one before.
#[derive(Clone, Debug)]
pub(crate) struct GoalWatch {
    pub(crate) memory: Vec<u32>,
    reader: MomentReader,
}

impl GoalWatch {
    pub(crate) fn new(monitor: &dyn Monitor, descriptor: &'static AppDescriptor) -> Self {
        Self {
            memory: memory_of(monitor),
            reader: MomentReader::new(descriptor),
        }
    }

    /// Reads on, and gives the first tick at which one of the goals is reached, with those that the
    /// last moment reaches.
    pub(crate) fn read_on(
        &mut self,
        monitor: &dyn Monitor,
        goals: RuleSet,
        trace: &Trace,
    ) -> (Option<RunTicks>, RuleSet) {
        self.reader.next = 0;
        let mut first = None;
        let mut last = RuleSet::NONE;
        while let Some(at) = self.reader.advance(trace, monitor.idle_ticks(&self.memory)) {
            let moment = self.reader.moment(at.elapsed);
            last = monitor
                .step(&mut self.memory, &moment, goals)
                .reached
                .and(goals);
            if !last.is_empty() {
                first = first.or(Some(at.tick));
            }
        }
        (first, last)
    }
}

fn memory_of(monitor: &dyn Monitor) -> Vec<u32> {
    let mut memory = vec![0; monitor.word_count()];
    monitor.start(&mut memory);
    memory
}

/// Which of some rules a trace reaches.
#[must_use]
pub fn reached_in(monitor: &dyn Monitor, goals: RuleSet, trace: &Trace) -> RuleSet {
    let mut memory = memory_of(monitor);
    let mut reached = RuleSet::NONE;
    let mut reader = MomentReader::new(trace.descriptor());
    while let Some(at) = reader.advance(trace, monitor.idle_ticks(&memory)) {
        let verdict = monitor.step(&mut memory, &reader.moment(at.elapsed), goals);
        reached = reached.or(verdict.reached.and(goals));
        if reached == goals {
            break;
        }
    }
    reached
}

/// Where a moment is.
#[derive(Clone, Copy)]
struct At {
    tick: RunTicks,
    elapsed: u32,
}

/// Reads the moments of a trace, which may grow meanwhile.
#[derive(Clone, Debug)]
struct MomentReader {
    /// The first entry of the next moment.
    next: usize,
    now: Option<RunTicks>,
    has_inputs: bool,
    /// Whether nothing happened in the moment before: others like it are judged as it was.
    was_idle: bool,
    boot: Option<BootCondition>,
    inputs: Vec<Action>,
    logs: Vec<Log>,
    levels_before: Vec<Level>,
    levels: Vec<Level>,
    contacts: Contacts,
    numbers_before: Vec<i32>,
    numbers: Vec<i32>,
}

impl MomentReader {
    fn new(descriptor: &AppDescriptor) -> Self {
        let numbers: Vec<_> = descriptor.numbers().iter().map(|it| it.start()).collect();
        let levels = vec![Level::OFF; descriptor.outputs().len()];
        Self {
            next: 0,
            now: None,
            has_inputs: false,
            was_idle: false,
            boot: None,
            inputs: Vec::new(),
            logs: Vec::new(),
            levels_before: levels.clone(),
            levels,
            contacts: Contacts::OPEN,
            numbers_before: numbers.clone(),
            numbers,
        }
    }

    /// Reads the next moment: of what happened next, or, where nothing does, of a tick that is at
    /// most so many ticks from now.
    fn advance(&mut self, trace: &Trace, most_idle: u32) -> Option<At> {
        self.boot = None;
        self.inputs.clear();
        self.logs.clear();
        self.levels_before.clone_from(&self.levels);
        self.numbers_before.clone_from(&self.numbers);
        let Some(now) = self.now else {
            self.now = Some(RunTicks::ZERO);
            self.take_power_up(trace);
            return Some(At {
                tick: RunTicks::ZERO,
                elapsed: 0,
            });
        };
        let next = trace.entries().get(self.next);
        if let Some(entry) = next.filter(|entry| entry.tick == now && !self.has_inputs) {
            debug_assert!(entry.what.is_input(), "the first half of a tick was read");
            self.has_inputs = true;
            self.was_idle = false;
            self.take_half(trace, now, true);
            return Some(At {
                tick: now,
                elapsed: 0,
            });
        }
        let end = trace.end();
        if now >= end {
            return None;
        }
        let most_idle = match self.was_idle {
            true => most_idle.max(1),
            false => 1,
        };
        let idle = now.saturating_add(RunTicks(most_idle.into()));
        let event = next.map_or(end, |entry| entry.tick);
        // A stretch without events is a moment of its own before them.
        let tick = match event.saturating_sub(now) {
            RunTicks(0 | 1) => event.max(now.saturating_add(RunTicks(1))),
            _ => idle.min(RunTicks(event.0 - 1)).min(end),
        };
        let tick = tick.min(end);
        let elapsed = tick.saturating_sub(now).0;
        self.now = Some(tick);
        self.has_inputs = false;
        let before = self.next;
        self.take_half(trace, tick, false);
        self.was_idle = self.next == before;
        Some(At {
            tick,
            elapsed: u32::try_from(elapsed).unwrap_or(u32::MAX),
        })
    }

    fn moment(&self, elapsed: u32) -> Moment<'_> {
        Moment {
            elapsed,
            boot: self.boot,
            inputs: &self.inputs,
            logs: &self.logs,
            levels_before: &self.levels_before,
            levels: &self.levels,
            contacts: self.contacts,
            numbers_before: &self.numbers_before,
            numbers: &self.numbers,
        }
    }

    /// Takes what is written of power-up: the numbers that it begins with are no inputs.
    fn take_power_up(&mut self, trace: &Trace) {
        let mut left = 1 + trace.descriptor().numbers().len();
        while let Some(entry) = trace.entries().get(self.next) {
            if entry.tick > RunTicks::ZERO {
                break;
            }
            if entry.what.is_input() {
                if left == 0 {
                    break;
                }
                left -= 1;
            }
            self.take(entry);
        }
        self.inputs.clear();
        self.levels_before.clone_from(&self.levels);
        self.numbers_before.clone_from(&self.numbers);
    }

    /// Takes the entries of one half of a tick.
    fn take_half(&mut self, trace: &Trace, tick: RunTicks, is_second: bool) {
        // Outputs that were held back, because more could have come in the tick before.
        while let Some(entry) = trace.entries().get(self.next).filter(|it| it.tick < tick) {
            self.take(entry);
        }
        let mut is_first = true;
        while let Some(entry) = trace.entries().get(self.next) {
            if entry.tick != tick || (entry.what.is_input() && !is_second) {
                break;
            }
            debug_assert!(!is_second || !is_first || entry.what.is_input());
            is_first = false;
            self.take(entry);
        }
    }

    fn take(&mut self, entry: &Entry) {
        self.next += 1;
        match &entry.what {
            EntryKind::Input(Action::Reset(condition)) => {
                self.boot = Some(*condition);
                self.inputs.clear();
                self.logs.clear();
            }
            EntryKind::Input(action) => {
                self.inputs.push(*action);
                match *action {
                    Action::Button(button, state) => self.contacts.set(button, state),
                    Action::Number(id, number) => {
                        if let Some(known) = self.numbers.get_mut(usize::from(id.0)) {
                            *known = number;
                        }
                    }
                    _ => {}
                }
            }
            EntryKind::Output(output, level) => {
                if let Some(known) = self.levels.get_mut(usize::from(*output)) {
                    *known = *level;
                }
            }
            EntryKind::Log(id, value) => self.logs.push(Log::new(*id, *value)),
            EntryKind::Text(id, text) => self.logs.push(said_text(*id, text)),
            EntryKind::Received(..) | EntryKind::Sent(..) | EntryKind::Row(..) => {}
        }
    }
}

fn said_text(id: LogId, text: &[u8]) -> Log {
    Log::text(id, str::from_utf8(text).unwrap_or_default())
}
