//! Finds the changes that come too often, or too regularly, for a sentence each.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;

use super::IRREGULAR_CHANGES;
use super::step_trace::{Step, StepTrace, level_of};
use crate::scenario::{Expectation, Measurement, OutputAssertion, Polarity, TargetLevel};

/// Up to so many changes of one output between two steps are expected one by one.
const MAX_SINGLE_CHANGES: usize = 3;

/// How the scenario covers an entry of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryRole {
    /// It is expected at its tick.
    Expected,
    /// It belongs to a pulse train whose period or first changes are expected.
    Periodic,
    /// It is not expected.
    Ignored,
}

/// The changes that come too often, or too regularly, for a sentence each.
pub(super) struct Periodicity {
    /// By the index of the entry in the trace.
    pub(super) roles: Vec<EntryRole>,
    /// The pulse trains, by the index of the entry they begin with.
    pub(super) pulse_trains: HashMap<usize, ExpectedTrain>,
    /// What is expected of periodic outputs, by the step that starts them.
    pub(super) periodic_outputs: HashMap<usize, Vec<Expectation>>,
}

impl Periodicity {
    pub(super) fn find(run: &StepTrace<'_>) -> Self {
        let mut found = Self {
            roles: vec![EntryRole::Expected; run.entries.len()],
            pulse_trains: HashMap::new(),
            periodic_outputs: HashMap::new(),
        };
        for (output, _) in (0..).zip(run.descriptor.outputs()) {
            let changes = changes(run, output);
            if !run.can_name(output) {
                found.mark(run, output, EntryRole::Ignored);
            } else if let Some(periodic_output) = PeriodicOutput::find(run, &changes) {
                found.mark(run, output, EntryRole::Ignored);
                found.expect_periodic_output(run, output, &periodic_output);
            } else {
                found.mark_pulse_trains(run, &changes);
            }
        }
        found
    }

    fn mark(&mut self, run: &StepTrace<'_>, output: u8, role: EntryRole) {
        for (entry, mark) in run.entries.iter().zip(&mut self.roles) {
            if level_of(entry, output).is_some() {
                *mark = role;
            }
        }
    }

    fn expect_periodic_output(
        &mut self,
        run: &StepTrace<'_>,
        output: u8,
        periodic_output: &PeriodicOutput<'_>,
    ) {
        for (step, changes) in &periodic_output.cycles {
            let start = run.steps[*step].tick;
            let Some(first) = changes.first() else {
                continue;
            };
            // The window opens with the reset, and sees what that does to the output.
            let by_reset = periodic_output.by_input.get(step).copied();
            let pulse_train = PulseTrain::of(by_reset.into_iter().chain(changes.iter().copied()));
            let assertions = if pulse_train.period.is_some() {
                pulse_train.period_assertion(start).into_iter().collect()
            } else {
                let before = run.target(output, first.before);
                let after = run.target(output, first.level);
                let length = first.tick.saturating_sub(start);
                let mut assertions = exactly(before, after, length);
                assertions.extend(pulse_train.pulse_assertion(start));
                assertions
            };
            let assertions = assertions
                .into_iter()
                .map(|assertion| run.expect_output(output, assertion));
            self.periodic_outputs
                .entry(*step)
                .or_default()
                .extend(assertions);
        }
    }

    fn mark_pulse_trains(&mut self, run: &StepTrace<'_>, changes: &[OutputChange]) {
        for range in pulse_trains(changes) {
            let before = range.start.checked_sub(1);
            let members = &changes[range];
            // A window ends at a reset, and so does what can be measured in it.
            let first_step = members.first().map_or(0, |first| first.step);
            let reset = (first_step + 1..run.steps.len()).find(|step| run.steps[*step].resets());
            let before_reset = || {
                let measured = members.iter();
                measured.take_while(|change| reset.is_none_or(|reset| change.step < reset))
            };
            let pulse_train = PulseTrain::of(before_reset());
            let levels: HashSet<_> = members.iter().map(|change| change.level).collect();
            let expected = if pulse_train.period.is_none() && levels.len() == 2 {
                IRREGULAR_CHANGES
            } else {
                1
            };
            for change in members.iter().skip(expected) {
                self.roles[change.entry] = EntryRole::Periodic;
            }
            if let (Some(first), Some(_)) = (members.first(), pulse_train.period) {
                let by_input = before
                    .map(|before| &changes[before])
                    .filter(|change| change.by_input && change.step == first.step);
                let after_inputs = PulseTrain::of(by_input.into_iter().chain(before_reset()));
                self.pulse_trains.insert(
                    first.entry,
                    ExpectedTrain {
                        alone: pulse_train,
                        after_inputs,
                    },
                );
            }
        }
    }
}

/// A change of an output at its exact tick, `length` after the sentence. A window sees what
/// comes in the tick of the inputs above it, so that a change in the next tick needs a
/// sentence of its own to say that it is not there yet.
pub(super) fn exactly(
    before: TargetLevel,
    after: TargetLevel,
    length: RunTicks,
) -> Vec<OutputAssertion> {
    let becomes = OutputAssertion::Becomes(after, length);
    match length.saturating_sub(RunTicks(1)) {
        RunTicks::ZERO => vec![OutputAssertion::Is(before), becomes],
        earlier => vec![OutputAssertion::Stays(Some(before), earlier), becomes],
    }
}

/// A change of one output after power-up.
#[derive(Clone, Copy)]
struct OutputChange {
    entry: usize,
    tick: RunTicks,
    before: Level,
    level: Level,
    step: usize,
    by_input: bool,
}

fn changes(run: &StepTrace<'_>, output: u8) -> Vec<OutputChange> {
    let mut level = Level::OFF;
    let mut changes = Vec::new();
    for (step, part) in run.steps.iter().enumerate() {
        for entry in part.immediate.start..part.later.end {
            let Some(next) = level_of(&run.entries[entry], output) else {
                continue;
            };
            let before = std::mem::replace(&mut level, next);
            let by_input = part.immediate.contains(&entry);
            if step > 0 || !by_input {
                changes.push(OutputChange {
                    entry,
                    tick: run.entries[entry].tick,
                    before,
                    level: next,
                    step,
                    by_input,
                });
            }
        }
    }
    changes
}

/// An output that toggles at a fixed interval from power-up and from every reset on.
struct PeriodicOutput<'a> {
    /// The steps that start it, each with the changes from there on.
    cycles: Vec<(usize, Vec<&'a OutputChange>)>,
    /// What the resets did to it, by their steps.
    by_input: HashMap<usize, &'a OutputChange>,
}

impl<'a> PeriodicOutput<'a> {
    fn find(run: &StepTrace<'_>, changes: &'a [OutputChange]) -> Option<Self> {
        let starts: Vec<_> = (0..run.steps.len())
            .filter(|step| *step == 0 || run.steps[*step].resets())
            .collect();
        let start_of = |step| starts[starts.partition_point(|start| *start <= step) - 1];
        if changes
            .iter()
            .any(|change| change.by_input && start_of(change.step) != change.step)
        {
            return None;
        }
        let by_time: Vec<_> = changes.iter().filter(|change| !change.by_input).collect();
        let cycles: Vec<_> = by_time
            .chunk_by(|a, b| start_of(a.step) == start_of(b.step))
            .map(|cycle| (start_of(cycle[0].step), cycle.to_vec()))
            .collect();
        let timing = ToggleTiming::of(&run.steps, &cycles)?;
        // A fixed interval over a few waits proves nothing yet: an app that answers evenly
        // spaced taps shows the same. But inputs rarely keep the interval that began with a
        // reset, and there are none during a wait.
        let without_inputs = by_time
            .chunk_by(|a, b| a.step == b.step)
            .any(|between| between.len() > MAX_SINGLE_CHANGES);
        let by_input = changes.iter().filter(|change| change.by_input);
        let by_input = by_input.map(|change| (change.step, change)).collect();
        (without_inputs || timing.first == timing.interval).then_some(Self { cycles, by_input })
    }
}

/// When a periodic output toggles: first so long after its start, and then every
/// interval.
struct ToggleTiming {
    first: RunTicks,
    interval: RunTicks,
}

impl ToggleTiming {
    fn of(steps: &[Step<'_>], cycles: &[(usize, Vec<&OutputChange>)]) -> Option<Self> {
        let firsts = cycles.iter().map(|(start, cycle)| {
            let first = cycle.first().map_or(RunTicks::ZERO, |change| change.tick);
            first.saturating_sub(steps[*start].tick)
        });
        let pairs = || cycles.iter().flat_map(|(_, cycle)| cycle.windows(2));
        let steps = pairs().map(|pair| pair[1].tick.saturating_sub(pair[0].tick));
        let toggles = pairs().all(|pair| pair[1].level == pair[0].before);
        let timing = Self {
            first: the_only(firsts)?,
            interval: the_only(steps)?,
        };
        toggles.then_some(timing)
    }
}

/// The value that all of these have.
fn the_only(mut values: impl Iterator<Item = RunTicks>) -> Option<RunTicks> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The pulse trains among the changes, as ranges of `changes`.
fn pulse_trains(changes: &[OutputChange]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for between in changes.chunk_by(|a, b| a.step == b.step && !a.by_input && !b.by_input) {
        let (from, to) = (start, start + between.len());
        start = to;
        if found.last().is_some_and(|last| to <= last.end) {
            continue;
        }
        if let Some(pulse_train) = extend(changes, from, to) {
            match found.last_mut() {
                Some(last) if pulse_train.start < last.end => {
                    last.end = last.end.max(pulse_train.end);
                }
                _ => found.push(pulse_train),
            }
        }
    }
    found
}

/// The pulse train around changes that came without inputs, if there are enough of them.
fn extend(changes: &[OutputChange], from: usize, to: usize) -> Option<Range<usize>> {
    let spacing = |index: usize| changes[index].tick.saturating_sub(changes[index - 1].tick);
    let (mut from, mut to) = (from, to);
    let mut spacings: HashMap<RunTicks, usize> = HashMap::new();
    for index in from + 1..to {
        *spacings.entry(spacing(index)).or_default() += 1;
    }
    let again = |length| spacings.get(&length).is_some_and(|count| *count > 1);
    // Changes that lead into the train or out of it do not belong to it.
    while to - from > MAX_SINGLE_CHANGES && !again(spacing(from + 1)) {
        from += 1;
    }
    while to - from > MAX_SINGLE_CHANGES && !again(spacing(to - 1)) {
        to -= 1;
    }
    if to - from <= MAX_SINGLE_CHANGES {
        return None;
    }
    // The train may go on before and after, whatever the inputs were.
    let known: HashSet<_> = (from + 1..to).map(spacing).collect();
    let joins = |index: usize| {
        !changes[index].by_input && !changes[index - 1].by_input && known.contains(&spacing(index))
    };
    while from > 0 && joins(from) {
        from -= 1;
    }
    while to < changes.len() && joins(to) {
        to += 1;
    }
    Some(from..to)
}

/// A pulse train that is expected.
pub(super) struct ExpectedTrain {
    alone: PulseTrain,
    /// With the change before it, if that came in the tick of the inputs.
    after_inputs: PulseTrain,
}

impl ExpectedTrain {
    /// What is expected of it at a tick before its first change; a window that follows the
    /// inputs sees what they changed.
    pub(super) fn assertions(
        &self,
        at: RunTicks,
        follows_inputs: bool,
    ) -> impl Iterator<Item = OutputAssertion> {
        let train = if follows_inputs {
            self.after_inputs
        } else {
            self.alone
        };
        let period = train.period_assertion(at).into_iter();
        period.chain(train.pulse_assertion(at))
    }
}

/// What can be measured in a pulse train.
#[derive(Clone, Copy, Debug)]
struct PulseTrain {
    /// The distance of all its rising edges, and when the second one came.
    period: Option<(RunTicks, RunTicks)>,
    /// The width of its first pulse, and when that ended.
    pulse: Option<(Polarity, RunTicks, RunTicks)>,
}

impl PulseTrain {
    fn of<'a>(changes: impl IntoIterator<Item = &'a OutputChange>) -> Self {
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

    fn period_assertion(&self, at: RunTicks) -> Option<OutputAssertion> {
        self.period
            .map(|(length, until)| OutputAssertion::Period(measure(length, at, until)))
    }

    fn pulse_assertion(&self, at: RunTicks) -> Option<OutputAssertion> {
        self.pulse.map(|(polarity, length, until)| {
            OutputAssertion::Pulse(polarity, measure(length, at, until))
        })
    }
}

fn measure(length: RunTicks, at: RunTicks, until: RunTicks) -> Measurement {
    Measurement {
        length,
        tolerance: RunTicks::ZERO,
        within: until.saturating_sub(at),
    }
}
