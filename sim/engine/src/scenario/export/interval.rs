//! What is expected between two steps.

use std::collections::HashSet;
use std::ops::Range;

use lockstep_core::app::LogId;
use lockstep_core::matrix::MatrixId;
use lockstep_core::output::Level;
use lockstep_core::time::RunTicks;

use super::periodicity::{EntryRole, Periodicity, exactly};
use super::step_trace::{LoggedValue, Step, StepTrace};
use super::{MAX_PER_INTERVAL, MAX_PER_RUN};
use crate::scenario::picture_pattern::PicturePattern;
use crate::scenario::statement_builder::name;
use crate::scenario::{
    Expectation, LogAssertion, MatrixAssertion, OutputAssertion, SerialAssertion,
};
use crate::trace::EntryKind;
use crate::trace::picture::ObservedPicture;

/// When nothing follows for longer than this, outputs are expected to stay.
const QUIET_TIME: RunTicks = RunTicks(1_000);

/// How many outputs are then expected to stay.
const QUIET_OUTPUTS: usize = 2;

/// What is expected from one step to the next.
#[derive(Default)]
pub(super) struct Interval {
    /// Immediately after the inputs.
    pub(super) immediate: Vec<Expectation>,
    /// As time passes.
    pub(super) segments: Vec<Segment>,
    /// Immediately before the next inputs.
    pub(super) final_levels: Vec<Expectation>,
    /// Whether the scenario would check less of the run without it.
    pub(super) is_needed: bool,
    /// Whether a log came in the tick of the inputs.
    pub(super) logs_immediately: bool,
}

/// What is expected from a tick on.
pub(super) struct Segment {
    pub(super) at: RunTicks,
    pub(super) expectations: Vec<Expectation>,
}

/// What is expected from each step to the next.
pub(super) fn intervals(run: &StepTrace<'_>) -> Vec<Interval> {
    let periodicity = Periodicity::find(run);
    let outputs = run.descriptor.outputs().len();
    let mut context = Context {
        run,
        periodicity: &periodicity,
        levels: vec![Level::OFF; outputs],
        changing: vec![false; outputs],
        left: MAX_PER_RUN,
    };
    for (index, step) in run.steps.iter().enumerate() {
        let from = if index == 0 {
            step.later.start
        } else {
            step.immediate.start
        };
        for entry in from..step.later.end {
            if let Some((output, _)) = context.expressible_output(entry) {
                context.changing[usize::from(output)] = true;
            }
        }
    }
    (0..run.steps.len())
        .map(|step| context.interval(step))
        .collect()
}

/// What is known of the run up to the present step.
struct Context<'a> {
    run: &'a StepTrace<'a>,
    periodicity: &'a Periodicity,
    /// The levels of all outputs so far.
    levels: Vec<Level>,
    /// Which outputs change in the run, other than periodic ones.
    changing: Vec<bool>,
    /// How many more expectations there can be.
    left: usize,
}

impl<'a> Context<'a> {
    fn interval(&mut self, index: usize) -> Interval {
        let run = self.run;
        let step = &run.steps[index];
        let immediate_logs = self.logs(step.immediate.clone());
        let logged_immediately = immediate_logs.iter().map(|log| log.id).collect();
        let mut writer = IntervalWriter {
            context: self,
            step,
            interval: Interval::default(),
            used: 0,
            is_full: false,
            last_change: vec![None; run.descriptor.outputs().len()],
            is_checked: vec![false; run.descriptor.outputs().len()],
            last_logged: Vec::new(),
            logged_immediately,
            last_expected: step.tick,
        };
        writer.immediate(index);
        writer.later();
        if let Some(next) = run.steps.get(index + 1) {
            writer.before(next);
        }
        writer.final_levels();
        writer.final_pictures();
        let IntervalWriter { interval, used, .. } = writer;
        self.left -= used;
        interval
    }

    fn expressible_output(&self, entry: usize) -> Option<(u8, Level)> {
        match self.run.entries[entry].what {
            EntryKind::Output(output, level)
                if self.periodicity.roles[entry] != EntryRole::Ignored =>
            {
                Some((output, level))
            }
            _ => None,
        }
    }

    /// The logs among these entries, each once.
    fn logs(&self, entries: impl Iterator<Item = usize>) -> Vec<LoggedValue> {
        let mut logs = Vec::new();
        for entry in entries {
            if let Some(log) = LoggedValue::of(&self.run.entries[entry])
                && !logs.contains(&log)
            {
                logs.push(log);
            }
        }
        logs
    }

    fn is(&self, output: u8) -> Expectation {
        let level = self.levels[usize::from(output)];
        let target = self.run.target(output, level);
        self.run.expect_output(output, OutputAssertion::Is(target))
    }
}

/// Writes what is expected from one step to the next.
struct IntervalWriter<'a, 'b> {
    context: &'b mut Context<'a>,
    step: &'a Step<'a>,
    interval: Interval,
    /// How many expectations have been written.
    used: usize,
    /// Whether something was left out because the interval is full.
    is_full: bool,
    /// When each output last changed since the inputs.
    last_change: Vec<Option<RunTicks>>,
    /// Whose final levels are expected.
    is_checked: Vec<bool>,
    /// When each kind of log last came since the inputs.
    last_logged: Vec<(LogId, RunTicks)>,
    /// Which kinds of logs came in the tick of the inputs.
    logged_immediately: Vec<LogId>,
    /// The tick of what was last expected, or of the inputs.
    last_expected: RunTicks,
}

impl IntervalWriter<'_, '_> {
    fn immediate(&mut self, index: usize) {
        let run = self.context.run;
        let logs = self.context.logs(self.step.immediate.clone());
        self.interval.logs_immediately = !logs.is_empty();
        let mut expectations: Vec<_> = logs
            .into_iter()
            .filter_map(|log| run.expect_log(&log, LogAssertion::Logged))
            .collect();
        let sent = run.sent(self.step.immediate.clone());
        expectations.extend(
            sent.into_iter()
                .map(|(line, text)| run.expect_serial(line, SerialAssertion::Sent(text))),
        );
        let mut changed = Vec::new();
        for entry in self.step.immediate.clone() {
            if let Some((output, level)) = self.context.expressible_output(entry) {
                self.context.levels[usize::from(output)] = level;
                // That an output is off at power-up goes without saying.
                if (index > 0 || level > Level::OFF) && !changed.contains(&output) {
                    changed.push(output);
                }
            }
        }
        let staying = self.staying(&changed);
        let now = changed.iter().filter(|output| !staying.contains(output));
        expectations.extend(now.map(|output| self.context.is(*output)));
        if let Some(periodic_outputs) = self.context.periodicity.periodic_outputs.get(&index) {
            expectations.extend_from_slice(periodic_outputs);
        }
        expectations.extend(staying.into_iter().map(|output| {
            let level = self.context.levels[usize::from(output)];
            let target = run.target(output, level);
            let assertion = OutputAssertion::Stays(Some(target), self.step.length());
            self.is_checked[usize::from(output)] = true;
            run.expect_output(output, assertion)
        }));
        expectations.truncate(self.room());
        self.used += expectations.len();
        self.interval.is_needed = !expectations.is_empty();
        self.interval.immediate = expectations;
    }

    /// The outputs that are expected to stay while nothing happens.
    fn staying(&self, changed: &[u8]) -> Vec<u8> {
        let mut entries = self.step.later.clone();
        let is_quiet =
            entries.all(|entry| self.context.periodicity.roles[entry] != EntryRole::Expected);
        if !is_quiet || self.step.length() <= QUIET_TIME {
            return Vec::new();
        }
        let in_rhythm: HashSet<_> = self
            .step
            .later
            .clone()
            .filter_map(|entry| self.context.expressible_output(entry))
            .map(|(output, _)| output)
            .collect();
        let moving = (0..)
            .zip(&self.context.changing)
            .filter(|(output, changes)| **changes && !in_rhythm.contains(output))
            .map(|(output, _)| output);
        let mut staying: Vec<u8> = moving.collect();
        staying.sort_by_key(|output| !changed.contains(output));
        staying.truncate(QUIET_OUTPUTS);
        staying
    }

    fn later(&mut self) {
        let entries = self.context.run.entries;
        let range = self.step.later.clone();
        let mut start = range.start;
        for group in entries[range].chunk_by(|a, b| a.tick == b.tick) {
            let (from, to) = (start, start + group.len());
            start = to;
            self.tick(group[0].tick, from..to);
        }
    }

    /// Expects what came in one tick.
    fn tick(&mut self, tick: RunTicks, entries: Range<usize>) {
        let logs = self.context.logs(entries.clone());
        let sent = self.context.run.sent(entries.clone());
        let outputs: Vec<_> = entries
            .filter_map(|entry| Some((entry, self.context.expressible_output(entry)?)))
            .collect();
        let expected: Vec<_> = outputs
            .iter()
            .copied()
            .filter(|(entry, _)| self.context.periodicity.roles[*entry] == EntryRole::Expected)
            .collect();
        let is_expected = !logs.is_empty() || !expected.is_empty() || !sent.is_empty();
        if is_expected && !self.is_full {
            let again_logs = logs.iter().filter_map(|log| self.logged(log.id));
            let again_outputs = expected
                .iter()
                .filter_map(|(_, (output, _))| self.changed(*output));
            let last_seen = again_logs.chain(again_outputs).max();
            let at = self.after_immediate(self.segment_after(last_seen), tick, &logs);
            let mut expectations = self.exactly(tick, at, &logs, &expected);
            let within = tick.saturating_sub(at);
            expectations.extend(sent.into_iter().map(|(line, text)| {
                let run = self.context.run;
                run.expect_serial(line, SerialAssertion::SentWithin(text, within))
            }));
            self.is_full |= !self.takes(expectations.len());
            if !self.is_full {
                self.add(at, expectations);
                self.last_expected = tick;
                if tick == self.step.until {
                    expected
                        .iter()
                        .for_each(|(_, (output, _))| self.is_checked[usize::from(*output)] = true);
                }
            }
        }
        for (_, (output, level)) in outputs {
            self.context.levels[usize::from(output)] = level;
            self.last_change[usize::from(output)] = Some(tick);
        }
        for log in logs {
            self.last_logged.retain(|(id, _)| *id != log.id);
            self.last_logged.push((log.id, tick));
        }
    }

    fn exactly(
        &self,
        tick: RunTicks,
        at: RunTicks,
        logs: &[LoggedValue],
        outputs: &[(usize, (u8, Level))],
    ) -> Vec<Expectation> {
        let Context {
            run,
            periodicity,
            levels,
            ..
        } = &*self.context;
        let length = tick.saturating_sub(at);
        let mut expectations = Vec::new();
        let mut kinds = HashSet::new();
        for log in logs {
            if kinds.insert(log.id) && length > RunTicks(1) {
                let earlier = LogAssertion::NotLogged(length.saturating_sub(RunTicks(1)));
                expectations.extend(run.expect_log(log, earlier));
            }
            expectations.extend(run.expect_log(log, LogAssertion::LoggedWithin(length)));
        }
        for (entry, (output, level)) in outputs {
            let before = run.target(*output, levels[usize::from(*output)]);
            let mut assertions = exactly(before, run.target(*output, *level), length);
            if let Some(pulse_train) = periodicity.pulse_trains.get(entry) {
                let follows_inputs = at == self.step.tick;
                assertions.extend(pulse_train.assertions(at, follows_inputs));
            }
            let assertions = assertions.into_iter();
            expectations.extend(assertions.map(|assertion| run.expect_output(*output, assertion)));
        }
        expectations
    }

    /// Excludes what the next inputs cause from the time before them. A log needs no more:
    /// after an input, `expect log` looks at that tick alone.
    fn before(&mut self, next: &Step<'_>) {
        if self.step.length() == RunTicks::ZERO {
            return;
        }
        for entry in next.immediate.clone() {
            if let Some((output, _)) = self.context.expressible_output(entry) {
                self.expect_final_level(output);
            }
        }
    }

    fn final_levels(&mut self) {
        for (output, change) in (0..).zip(self.last_change.clone()) {
            if change.is_some() {
                self.expect_final_level(output);
                // A window below a tap would see the change.
                self.interval.is_needed = true;
            }
        }
    }

    /// Expects what the matrices show that were drawn on since the inputs.
    fn final_pictures(&mut self) {
        let run = self.context.run;
        let (from, to) = (self.step.immediate.start, self.step.later.end);
        for (id, matrix) in (0..).map(MatrixId).zip(run.descriptor.matrices()) {
            let mut entries = run.entries.get(from..to).unwrap_or_default().iter();
            let is_drawn = entries.any(|it| matches!(it.what, EntryKind::Row(of, ..) if of == id));
            if is_drawn && self.used < self.context.left {
                let entries = run.entries.get(..to).unwrap_or_default();
                let picture = ObservedPicture::after(id, matrix, entries);
                self.used += 1;
                self.interval.is_needed = true;
                self.interval.final_levels.push(Expectation::Matrix {
                    matrix: name(matrix.name()),
                    assertion: MatrixAssertion::Shows(PicturePattern::exactly(&picture)),
                });
            }
        }
    }

    /// Expects the final level of an output, unless that is expected already.
    fn expect_final_level(&mut self, output: u8) {
        let is_free = self.used < self.context.left;
        if is_free && !self.is_checked[usize::from(output)] {
            self.is_checked[usize::from(output)] = true;
            self.used += 1;
            self.interval.final_levels.push(self.context.is(output));
            self.interval.is_needed = true;
        }
    }

    fn changed(&self, output: u8) -> Option<RunTicks> {
        self.last_change[usize::from(output)]
    }

    fn logged(&self, kind: LogId) -> Option<RunTicks> {
        let last = self.last_logged.iter().find(|(id, _)| *id == kind);
        last.map(|(_, tick)| *tick)
    }

    /// Where to measure from what was last seen at this tick: from the present segment, or
    /// from a new one if it was seen in the present one.
    fn segment_after(&self, seen: Option<RunTicks>) -> RunTicks {
        let last = self.interval.segments.last();
        let at = last.map_or(self.step.tick, |segment| segment.at);
        match seen {
            Some(seen) if seen > at => seen.max(self.last_expected),
            _ => at,
        }
    }

    /// The same, but after the tick of the inputs if one of these kinds was logged in it: a
    /// window that follows the inputs sees what they caused.
    fn after_immediate(&self, at: RunTicks, tick: RunTicks, logs: &[LoggedValue]) -> RunTicks {
        let later = at.saturating_add(RunTicks(1)).max(self.last_expected);
        let again = logs
            .iter()
            .any(|log| self.logged_immediately.contains(&log.id));
        if again && at == self.step.tick && later < tick {
            later
        } else {
            at
        }
    }

    fn add(&mut self, at: RunTicks, expectations: Vec<Expectation>) {
        self.interval.is_needed = true;
        match self.interval.segments.last_mut() {
            Some(segment) if segment.at == at => segment.expectations.extend(expectations),
            _ => self.interval.segments.push(Segment { at, expectations }),
        }
    }

    /// How many more expectations there can be, other than final levels.
    fn room(&self) -> usize {
        let most = self.context.left.min(MAX_PER_INTERVAL);
        most.saturating_sub(self.used)
    }

    fn takes(&mut self, count: usize) -> bool {
        let fits = count <= self.room();
        if fits {
            self.used += count;
        }
        fits
    }
}
