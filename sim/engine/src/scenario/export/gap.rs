//! What is expected between two actions.

use std::collections::HashSet;
use std::ops::Range;

use lockstep_core::app::{Log, LogId};
use lockstep_core::output::Level;
use lockstep_core::time::Ticks;

use super::history::{Beat, History};
use super::rhythm::{Rhythms, Role, exactly};
use super::{MAX_IN_GAP, MAX_IN_RUN};
use crate::dyn_runner::Observation;
use crate::scenario::{Expectation, LogAssertion, OutputAssertion};

/// Longer than this nothing follows without a word.
const QUIET: Ticks = Ticks::from_secs(1);

/// Of so many outputs that stay.
const QUIET_OUTPUTS: usize = 2;

/// What is expected from one action to the next.
#[derive(Default)]
pub(super) struct Gap {
    /// Right behind the action.
    pub(super) at_once: Vec<Expectation>,
    /// As time goes on.
    pub(super) chapters: Vec<Chapter>,
    /// Right before the next action.
    pub(super) at_end: Vec<Expectation>,
    /// Whether the scenario would hold less of the run without it.
    pub(super) is_needed: bool,
    /// Whether a log was said in the tick of the action.
    pub(super) says_at_once: bool,
}

/// What is expected from a moment on.
pub(super) struct Chapter {
    pub(super) at: Ticks,
    pub(super) expectations: Vec<Expectation>,
}

/// What is expected from each beat to the next.
pub(super) fn all(history: &History<'_>) -> Vec<Gap> {
    let rhythms = Rhythms::find(history);
    let outputs = history.descriptor.outputs().len();
    let mut outlook = Outlook {
        history,
        rhythms: &rhythms,
        levels: vec![Level::OFF; outputs],
        moves: vec![false; outputs],
        left: MAX_IN_RUN,
    };
    for (index, beat) in history.beats.iter().enumerate() {
        let from = if index == 0 {
            beat.later.start
        } else {
            beat.at_once.start
        };
        for entry in from..beat.later.end {
            if let Some((output, _)) = outlook.told_or_in_rhythm(entry) {
                outlook.moves[usize::from(output)] = true;
            }
        }
    }
    (0..history.beats.len())
        .map(|beat| outlook.gap(beat))
        .collect()
}

/// What is known of the run on the way through it.
struct Outlook<'a> {
    history: &'a History<'a>,
    rhythms: &'a Rhythms,
    /// The levels of all outputs so far.
    levels: Vec<Level>,
    /// Which outputs ever move, clockworks aside.
    moves: Vec<bool>,
    /// How many more expectations there can be.
    left: usize,
}

impl<'a> Outlook<'a> {
    fn gap(&mut self, index: usize) -> Gap {
        let history = self.history;
        let beat = &history.beats[index];
        let mut writer = GapWriter {
            outlook: self,
            beat,
            gap: Gap::default(),
            used: 0,
            is_full: false,
            last_change: vec![None; history.descriptor.outputs().len()],
            is_held: vec![false; history.descriptor.outputs().len()],
            last_said: Vec::new(),
            last_told: beat.tick,
        };
        writer.at_once(index);
        writer.later();
        if let Some(next) = history.beats.get(index + 1) {
            writer.before(next);
        }
        writer.at_end();
        let GapWriter { gap, used, .. } = writer;
        self.left -= used;
        gap
    }

    fn told_or_in_rhythm(&self, entry: usize) -> Option<(u8, Level)> {
        match self.history.entries[entry].what {
            Observation::Output(output, level) if self.rhythms.roles[entry] != Role::Ignored => {
                Some((output, level))
            }
            _ => None,
        }
    }

    /// The logs among these entries, each once.
    fn logs(&self, entries: impl Iterator<Item = usize>) -> Vec<Log> {
        let mut logs = Vec::new();
        for entry in entries {
            if let Observation::Log(log) = self.history.entries[entry].what
                && !logs.contains(&log)
            {
                logs.push(log);
            }
        }
        logs
    }

    fn is(&self, output: u8) -> Expectation {
        let level = self.levels[usize::from(output)];
        let target = self.history.target(output, level);
        self.history
            .expect_output(output, OutputAssertion::Is(target))
    }
}

/// Writes what is expected between two actions.
struct GapWriter<'a, 'b> {
    outlook: &'b mut Outlook<'a>,
    beat: &'a Beat<'a>,
    gap: Gap,
    /// How many expectations there are here.
    used: usize,
    /// Whether something was not told for want of room.
    is_full: bool,
    /// When each output last changed since the action.
    last_change: Vec<Option<Ticks>>,
    /// Which outputs are expected to be at the end where they are then.
    is_held: Vec<bool>,
    /// When each kind of log was last said since the action.
    last_said: Vec<(LogId, Ticks)>,
    /// The tick of what was last told, or of the action.
    last_told: Ticks,
}

impl GapWriter<'_, '_> {
    fn at_once(&mut self, index: usize) {
        let history = self.outlook.history;
        let logs = self.outlook.logs(self.beat.at_once.clone());
        self.gap.says_at_once = !logs.is_empty();
        let mut expectations: Vec<_> = logs
            .into_iter()
            .filter_map(|log| history.expect_log(log, LogAssertion::Logged))
            .collect();
        let mut changed = Vec::new();
        for entry in self.beat.at_once.clone() {
            if let Some((output, level)) = self.outlook.told_or_in_rhythm(entry) {
                self.outlook.levels[usize::from(output)] = level;
                // What is dark at power-up is dark as everything is.
                if (index > 0 || level > Level::OFF) && !changed.contains(&output) {
                    changed.push(output);
                }
            }
        }
        let staying = self.staying(&changed);
        let now = changed.iter().filter(|output| !staying.contains(output));
        expectations.extend(now.map(|output| self.outlook.is(*output)));
        if let Some(clockworks) = self.outlook.rhythms.clockworks.get(&index) {
            expectations.extend_from_slice(clockworks);
        }
        expectations.extend(staying.into_iter().map(|output| {
            let level = self.outlook.levels[usize::from(output)];
            let target = history.target(output, level);
            let assertion = OutputAssertion::Stays(Some(target), self.beat.length());
            self.is_held[usize::from(output)] = true;
            history.expect_output(output, assertion)
        }));
        expectations.truncate(self.room());
        self.used += expectations.len();
        self.gap.is_needed = !expectations.is_empty();
        self.gap.at_once = expectations;
    }

    /// The outputs worth to be held while nothing is done and nothing follows.
    fn staying(&self, changed: &[u8]) -> Vec<u8> {
        let mut entries = self.beat.later.clone();
        let is_quiet = entries.all(|entry| self.outlook.rhythms.roles[entry] != Role::Told);
        if !is_quiet || self.beat.length() <= QUIET {
            return Vec::new();
        }
        let in_rhythm: HashSet<_> = self
            .beat
            .later
            .clone()
            .filter_map(|entry| self.outlook.told_or_in_rhythm(entry))
            .map(|(output, _)| output)
            .collect();
        let moving = (0..)
            .zip(&self.outlook.moves)
            .filter(|(output, moves)| **moves && !in_rhythm.contains(output))
            .map(|(output, _)| output);
        let mut staying: Vec<u8> = moving.collect();
        staying.sort_by_key(|output| !changed.contains(output));
        staying.truncate(QUIET_OUTPUTS);
        staying
    }

    fn later(&mut self) {
        let entries = self.outlook.history.entries;
        let range = self.beat.later.clone();
        let mut start = range.start;
        for together in entries[range].chunk_by(|a, b| a.tick == b.tick) {
            let (from, to) = (start, start + together.len());
            start = to;
            self.tick(together[0].tick, from..to);
        }
    }

    /// Tells what came in one tick.
    fn tick(&mut self, tick: Ticks, entries: Range<usize>) {
        let logs = self.outlook.logs(entries.clone());
        let outputs: Vec<_> = entries
            .filter_map(|entry| Some((entry, self.outlook.told_or_in_rhythm(entry)?)))
            .collect();
        let told: Vec<_> = outputs
            .iter()
            .copied()
            .filter(|(entry, _)| self.outlook.rhythms.roles[*entry] == Role::Told)
            .collect();
        let is_told = !logs.is_empty() || !told.is_empty();
        if is_told && !self.is_full {
            let again_logs = logs.iter().filter_map(|log| self.said(log.id));
            let again_outputs = told
                .iter()
                .filter_map(|(_, (output, _))| self.changed(*output));
            let again = again_logs.chain(again_outputs).max();
            let at = self.chapter_after(again);
            let expectations = self.exactly(tick, at, &logs, &told);
            self.is_full |= !self.takes(expectations.len());
            if !self.is_full {
                self.add(at, expectations);
                self.last_told = tick;
                if tick == self.beat.until {
                    told.iter()
                        .for_each(|(_, (output, _))| self.is_held[usize::from(*output)] = true);
                }
            }
        }
        for (_, (output, level)) in outputs {
            self.outlook.levels[usize::from(output)] = level;
            self.last_change[usize::from(output)] = Some(tick);
        }
        for log in logs {
            self.last_said.retain(|(id, _)| *id != log.id);
            self.last_said.push((log.id, tick));
        }
    }

    fn exactly(
        &self,
        tick: Ticks,
        at: Ticks,
        logs: &[Log],
        outputs: &[(usize, (u8, Level))],
    ) -> Vec<Expectation> {
        let Outlook {
            history,
            rhythms,
            levels,
            ..
        } = &*self.outlook;
        let length = tick.saturating_sub(at);
        let mut expectations = Vec::new();
        let mut kinds = HashSet::new();
        for log in logs {
            if kinds.insert(log.id) && length > Ticks(1) {
                let earlier = LogAssertion::NotLogged(length.saturating_sub(Ticks(1)));
                expectations.extend(history.expect_log(*log, earlier));
            }
            expectations.extend(history.expect_log(*log, LogAssertion::LoggedWithin(length)));
        }
        for (entry, (output, level)) in outputs {
            let before = history.target(*output, levels[usize::from(*output)]);
            let mut assertions = exactly(before, history.target(*output, *level), length);
            if let Some(stretch) = rhythms.stretches.get(entry) {
                assertions.extend(stretch.assertions(at));
            }
            let assertions = assertions.into_iter();
            expectations
                .extend(assertions.map(|assertion| history.expect_output(*output, assertion)));
        }
        expectations
    }

    /// Hands cause this next: that it was not so before has to be said here.
    fn before(&mut self, next: &Beat<'_>) {
        if self.beat.length() == Ticks::ZERO {
            return;
        }
        for entry in next.at_once.clone() {
            if let Some((output, _)) = self.outlook.told_or_in_rhythm(entry) {
                self.hold_at_end(output);
            }
        }
        // Behind a press or a reset `expect log` looks at that tick alone.
        if next.is_looked_back_to() {
            return;
        }
        let mut kinds = HashSet::new();
        for log in self.outlook.logs(next.at_once.clone()) {
            if !kinds.insert(log.id) {
                continue;
            }
            let at = self.chapter_after(self.said(log.id));
            let length = next.tick.saturating_sub(at);
            let assertion = LogAssertion::NotLogged(length);
            if length > Ticks::ZERO
                && let Some(expectation) = self.outlook.history.expect_log(log, assertion)
                && self.takes(1)
            {
                self.add(at, vec![expectation]);
            }
        }
    }

    fn at_end(&mut self) {
        for (output, change) in (0..).zip(self.last_change.clone()) {
            if change.is_some() {
                let needed = self.gap.is_needed;
                self.hold_at_end(output);
                // What moves on by itself is not worth to part a tap for.
                self.gap.is_needed = needed;
            }
        }
    }

    /// Expects an output to be where it is, unless that is said already.
    fn hold_at_end(&mut self, output: u8) {
        let is_free = self.used < self.outlook.left;
        if is_free && !self.is_held[usize::from(output)] {
            self.is_held[usize::from(output)] = true;
            self.used += 1;
            self.gap.at_end.push(self.outlook.is(output));
            self.gap.is_needed = true;
        }
    }

    fn changed(&self, output: u8) -> Option<Ticks> {
        self.last_change[usize::from(output)]
    }

    fn said(&self, kind: LogId) -> Option<Ticks> {
        let said = self.last_said.iter().find(|(id, _)| *id == kind);
        said.map(|(_, tick)| *tick)
    }

    /// Where to measure from something that was last seen at this tick: from the present
    /// chapter, or from a new one when it was seen in this one.
    fn chapter_after(&self, seen: Option<Ticks>) -> Ticks {
        let last = self.gap.chapters.last();
        let at = last.map_or(self.beat.tick, |chapter| chapter.at);
        match seen {
            Some(seen) if seen > at => seen.max(self.last_told),
            _ => at,
        }
    }

    fn add(&mut self, at: Ticks, expectations: Vec<Expectation>) {
        self.gap.is_needed = true;
        match self.gap.chapters.last_mut() {
            Some(chapter) if chapter.at == at => chapter.expectations.extend(expectations),
            _ => self.gap.chapters.push(Chapter { at, expectations }),
        }
    }

    /// How many more expectations there can be before the last ones.
    fn room(&self) -> usize {
        let most = self.outlook.left.min(MAX_IN_GAP);
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
