//! Finds what changes too often, or too regularly, for each change to be worth a sentence.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use lockstep_core::output::Level;
use lockstep_core::time::Ticks;

use super::IRREGULAR_SHOWN;
use super::history::{Beat, History, level_of};
use crate::scenario::{Expectation, Measurement, OutputAssertion, Polarity, TargetLevel};

/// So many changes of one output between two actions are still told one by one.
const HANDFUL: usize = 3;

/// What an entry of the trace is to the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is expected at its tick.
    Told,
    /// It belongs to a rhythm that is told elsewhere.
    InRhythm,
    /// It has no place in the scenario.
    Ignored,
}

/// What changes too often, or too regularly, for each change to be worth a sentence.
pub(super) struct Rhythms {
    /// By the place of the entry in the trace.
    pub(super) roles: Vec<Role>,
    /// Of the stretches that begin with an entry: what is expected with it.
    pub(super) stretches: HashMap<usize, Stretch>,
    /// What clockworks are expected to do, by the beat that starts them.
    pub(super) clockworks: HashMap<usize, Vec<Expectation>>,
}

impl Rhythms {
    pub(super) fn find(history: &History<'_>) -> Self {
        let mut found = Self {
            roles: vec![Role::Told; history.entries.len()],
            stretches: HashMap::new(),
            clockworks: HashMap::new(),
        };
        for (output, _) in (0..).zip(history.descriptor.outputs()) {
            let changes = changes(history, output);
            if !history.can_name(output) {
                found.mark(history, output, Role::Ignored);
            } else if let Some(clockwork) = Clockwork::find(history, &changes) {
                found.mark(history, output, Role::Ignored);
                found.tell_clockwork(history, output, &clockwork);
            } else {
                found.mark_stretches(&changes);
            }
        }
        found
    }

    fn mark(&mut self, history: &History<'_>, output: u8, role: Role) {
        for (entry, mark) in history.entries.iter().zip(&mut self.roles) {
            if level_of(entry, output).is_some() {
                *mark = role;
            }
        }
    }

    fn tell_clockwork(&mut self, history: &History<'_>, output: u8, clockwork: &Clockwork<'_>) {
        for (beat, changes) in &clockwork.runs {
            let start = history.beats[*beat].tick;
            let Some(first) = changes.first() else {
                continue;
            };
            let stretch = Stretch::of(changes.iter().copied());
            let assertions = if stretch.period.is_some() {
                stretch.period_assertion(start).into_iter().collect()
            } else {
                let before = history.target(output, first.before);
                let after = history.target(output, first.level);
                let length = first.tick.saturating_sub(start);
                let mut assertions = exactly(before, after, length);
                assertions.extend(stretch.pulse_assertion(start));
                assertions
            };
            let assertions = assertions
                .into_iter()
                .map(|assertion| history.expect_output(output, assertion));
            self.clockworks.entry(*beat).or_default().extend(assertions);
        }
    }

    fn mark_stretches(&mut self, changes: &[Change]) {
        for stretch in stretches(changes) {
            let members = &changes[stretch];
            let stretch = Stretch::of(members);
            let levels: HashSet<_> = members.iter().map(|change| change.level).collect();
            let told = if stretch.period.is_none() && levels.len() == 2 {
                IRREGULAR_SHOWN
            } else {
                1
            };
            for change in members.iter().skip(told) {
                self.roles[change.entry] = Role::InRhythm;
            }
            if let (Some(first), Some(_)) = (members.first(), stretch.period) {
                self.stretches.insert(first.entry, stretch);
            }
        }
    }
}

/// A change of an output at its exact tick, `length` after the moment of the sentence.
pub(super) fn exactly(
    before: TargetLevel,
    after: TargetLevel,
    length: Ticks,
) -> Vec<OutputAssertion> {
    let becomes = OutputAssertion::Becomes(after, length);
    match length.saturating_sub(Ticks(1)) {
        Ticks::ZERO => vec![becomes],
        earlier => vec![OutputAssertion::Stays(Some(before), earlier), becomes],
    }
}

/// A change of one output after it was powered up.
#[derive(Clone, Copy)]
struct Change {
    entry: usize,
    tick: Ticks,
    before: Level,
    level: Level,
    beat: usize,
    by_hand: bool,
}

fn changes(history: &History<'_>, output: u8) -> Vec<Change> {
    let mut level = Level::OFF;
    let mut changes = Vec::new();
    for (beat, part) in history.beats.iter().enumerate() {
        for entry in part.at_once.start..part.later.end {
            let Some(next) = level_of(&history.entries[entry], output) else {
                continue;
            };
            let before = std::mem::replace(&mut level, next);
            let by_hand = part.at_once.contains(&entry);
            if beat > 0 || !by_hand {
                changes.push(Change {
                    entry,
                    tick: history.entries[entry].tick,
                    before,
                    level: next,
                    beat,
                    by_hand,
                });
            }
        }
    }
    changes
}

/// An output that toggles at one pace, from power-up and from every reset on.
struct Clockwork<'a> {
    /// The beats that start it, and its changes from there on.
    runs: Vec<(usize, Vec<&'a Change>)>,
}

impl<'a> Clockwork<'a> {
    fn find(history: &History<'_>, changes: &'a [Change]) -> Option<Self> {
        let starts: Vec<_> = (0..history.beats.len())
            .filter(|beat| *beat == 0 || history.beats[*beat].resets())
            .collect();
        let start_of = |beat| starts[starts.partition_point(|start| *start <= beat) - 1];
        if changes
            .iter()
            .any(|change| change.by_hand && start_of(change.beat) != change.beat)
        {
            return None;
        }
        let by_time: Vec<_> = changes.iter().filter(|change| !change.by_hand).collect();
        let runs: Vec<_> = by_time
            .chunk_by(|a, b| start_of(a.beat) == start_of(b.beat))
            .map(|run| (start_of(run[0].beat), run.to_vec()))
            .collect();
        let pace = Pace::of(&history.beats, &runs)?;
        // One pace over some waits is nothing yet: an app that answers hands which tap at
        // one pace shows the same. But hands seldom find the pace that began with a reset,
        // and they do nothing while they wait.
        let alone = by_time
            .chunk_by(|a, b| a.beat == b.beat)
            .any(|between| between.len() > HANDFUL);
        (alone || pace.first == pace.step).then_some(Self { runs })
    }
}

/// When a clockwork toggles: first so long after its start, and then every step.
struct Pace {
    first: Ticks,
    step: Ticks,
}

impl Pace {
    fn of(beats: &[Beat<'_>], runs: &[(usize, Vec<&Change>)]) -> Option<Self> {
        let firsts = runs.iter().map(|(start, run)| {
            let first = run.first().map_or(Ticks::ZERO, |change| change.tick);
            first.saturating_sub(beats[*start].tick)
        });
        let pairs = || runs.iter().flat_map(|(_, run)| run.windows(2));
        let steps = pairs().map(|pair| pair[1].tick.saturating_sub(pair[0].tick));
        let toggles = pairs().all(|pair| pair[1].level == pair[0].before);
        let pace = Self {
            first: the_only(firsts)?,
            step: the_only(steps)?,
        };
        toggles.then_some(pace)
    }
}

/// The value that all of these have.
fn the_only(mut values: impl Iterator<Item = Ticks>) -> Option<Ticks> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Where the changes come often and at some pace, as ranges of `changes`.
fn stretches(changes: &[Change]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for between in changes.chunk_by(|a, b| a.beat == b.beat && !a.by_hand && !b.by_hand) {
        let (from, to) = (start, start + between.len());
        start = to;
        if found.last().is_some_and(|last| to <= last.end) {
            continue;
        }
        if let Some(stretch) = extended(changes, from, to) {
            match found.last_mut() {
                Some(last) if stretch.start < last.end => last.end = last.end.max(stretch.end),
                _ => found.push(stretch),
            }
        }
    }
    found
}

/// The stretch around the changes that came while nothing was done, if they are many.
fn extended(changes: &[Change], from: usize, to: usize) -> Option<Range<usize>> {
    let spacing = |index: usize| changes[index].tick.saturating_sub(changes[index - 1].tick);
    let (mut from, mut to) = (from, to);
    let mut spacings: HashMap<Ticks, usize> = HashMap::new();
    for index in from + 1..to {
        *spacings.entry(spacing(index)).or_default() += 1;
    }
    let again = |length| spacings.get(&length).is_some_and(|count| *count > 1);
    // What came to the pace or left it does not belong to it.
    while to - from > HANDFUL && !again(spacing(from + 1)) {
        from += 1;
    }
    while to - from > HANDFUL && !again(spacing(to - 1)) {
        to -= 1;
    }
    if to - from <= HANDFUL {
        return None;
    }
    // Whatever hands did before and after: the pace may have been there.
    let paces: HashSet<_> = (from + 1..to).map(spacing).collect();
    let joins = |index: usize| {
        !changes[index].by_hand && !changes[index - 1].by_hand && paces.contains(&spacing(index))
    };
    while from > 0 && joins(from) {
        from -= 1;
    }
    while to < changes.len() && joins(to) {
        to += 1;
    }
    Some(from..to)
}

/// What can be measured in a stretch of changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The distance of all its rises, and when the second one came.
    period: Option<(Ticks, Ticks)>,
    /// The width of its first pulse, and when that was over.
    pulse: Option<(Polarity, Ticks, Ticks)>,
}

impl Stretch {
    fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut edges = Vec::new();
        for change in changes {
            let (was, is) = (change.before > Level::OFF, change.level > Level::OFF);
            if was != is {
                edges.push((change.tick, is));
            }
        }
        let rises: Vec<_> = edges.iter().filter(|edge| edge.1).collect();
        let periods = rises
            .windows(2)
            .map(|pair| pair[1].0.saturating_sub(pair[0].0));
        let pulse = |high: bool, polarity| {
            let edges = edges.windows(2).find(|edges| edges[0].1 == high)?;
            let width = edges[1].0.saturating_sub(edges[0].0);
            Some((polarity, width, edges[1].0))
        };
        Self {
            period: the_only(periods).zip(rises.get(1).map(|rise| rise.0)),
            pulse: pulse(true, Polarity::High).or_else(|| pulse(false, Polarity::Low)),
        }
    }

    /// What is expected of it at a moment before its first change.
    pub(super) fn assertions(&self, at: Ticks) -> impl Iterator<Item = OutputAssertion> {
        self.period_assertion(at)
            .into_iter()
            .chain(self.pulse_assertion(at))
    }

    fn period_assertion(&self, at: Ticks) -> Option<OutputAssertion> {
        self.period
            .map(|(length, until)| OutputAssertion::Period(measure(length, at, until)))
    }

    fn pulse_assertion(&self, at: Ticks) -> Option<OutputAssertion> {
        self.pulse.map(|(polarity, length, until)| {
            OutputAssertion::Pulse(polarity, measure(length, at, until))
        })
    }
}

fn measure(length: Ticks, at: Ticks, until: Ticks) -> Measurement {
    Measurement {
        length,
        tolerance: Ticks::ZERO,
        within: until.saturating_sub(at),
    }
}
