//! The rules of a file as one automaton.

use lockstep_search::{Moment, Monitor, MonitorVerdict, RuleSet};

use crate::expression::Memory;
use crate::rule::Rule;

/// Judges moments by some rules.
#[derive(Debug)]
pub struct RuleMonitor<'a> {
    rules: &'a [Rule],
    memory: &'a Memory,
    /// Where the words of each rule begin, after those of the memory.
    starts: Vec<usize>,
    word_count: usize,
}

impl<'a> RuleMonitor<'a> {
    pub(crate) fn new(rules: &'a [Rule], memory: &'a Memory) -> Self {
        let mut word_count = memory.word_count();
        let starts = rules
            .iter()
            .map(|rule| {
                let start = word_count;
                word_count += rule.word_count();
                start
            })
            .collect();
        Self {
            rules,
            memory,
            starts,
            word_count,
        }
    }

    /// The rules with their places, what is remembered for all, and the words of each.
    fn parts<'w>(&self, words: &'w mut [u32]) -> (&'w mut [u32], &'w mut [u32]) {
        words.split_at_mut(self.memory.word_count().min(words.len()))
    }

    fn range(&self, place: usize, rule: &Rule) -> std::ops::Range<usize> {
        let start = self.starts.get(place).copied().unwrap_or(self.word_count);
        let start = start - self.memory.word_count();
        start..start + rule.word_count()
    }
}

impl Monitor for RuleMonitor<'_> {
    fn word_count(&self) -> usize {
        self.word_count
    }

    fn start(&self, _: &mut [u32]) {}

    fn step(&self, words: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> MonitorVerdict {
        let (remembered, words) = self.parts(words);
        self.memory.take(remembered, moment);
        let mut verdicts = MonitorVerdict::default();
        for (place, rule) in self.rules.iter().enumerate() {
            let range = self.range(place, rule);
            let Some(own) = words.get_mut(range) else {
                continue;
            };
            if !asked.contains(place) {
                own.fill(0);
                continue;
            }
            if moment.boot.is_some() {
                rule.restart(own);
            }
            let verdict = rule.step(own, moment, self.memory, remembered);
            if verdict.is_broken {
                verdicts.broken.insert(place);
            }
            if verdict.is_reached {
                verdicts.reached.insert(place);
            }
            if verdict.is_exercised {
                verdicts.exercised.insert(place);
            }
        }
        verdicts
    }

    fn idle_ticks(&self, words: &[u32]) -> u32 {
        let words = words.get(self.memory.word_count()..).unwrap_or_default();
        let left = self.rules.iter().enumerate().filter_map(|(place, rule)| {
            let own = words.get(self.range(place, rule))?;
            rule.ticks_left(own)
        });
        left.min().unwrap_or(u32::MAX).max(1)
    }
}

/// Takes a rule for reached where something is asked of it: what a scenario exercises, and what does.
#[derive(Debug)]
pub struct ExerciseMonitor<'a>(pub RuleMonitor<'a>);

impl Monitor for ExerciseMonitor<'_> {
    fn word_count(&self) -> usize {
        self.0.word_count()
    }

    fn start(&self, memory: &mut [u32]) {
        self.0.start(memory);
    }

    fn step(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> MonitorVerdict {
        let verdict = self.0.step(memory, moment, asked);
        MonitorVerdict {
            reached: verdict.exercised,
            ..MonitorVerdict::default()
        }
    }

    fn idle_ticks(&self, memory: &[u32]) -> u32 {
        self.0.idle_ticks(memory)
    }
}

/// Takes a goal for reached only at moments to which time has led: what an app does by itself, because
/// something that it waited for is over.
#[derive(Debug)]
pub struct WakeMonitor<'a>(pub RuleMonitor<'a>);

impl Monitor for WakeMonitor<'_> {
    fn word_count(&self) -> usize {
        self.0.word_count()
    }

    fn start(&self, memory: &mut [u32]) {
        self.0.start(memory);
    }

    fn step(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> MonitorVerdict {
        let verdict = self.0.step(memory, moment, asked);
        MonitorVerdict {
            reached: match moment.elapsed {
                0 => RuleSet::NONE,
                _ => verdict.reached,
            },
            ..MonitorVerdict::default()
        }
    }

    fn idle_ticks(&self, memory: &[u32]) -> u32 {
        self.0.idle_ticks(memory)
    }
}
