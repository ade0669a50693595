//! The rules of a file as one automaton.

use lockstep_search::{Judge, Judgement, Moment, RuleSet};

use crate::expression::Memory;
use crate::rule::Rule;

/// Judges moments by some rules.
#[derive(Debug)]
pub struct RuleJudge<'a> {
    rules: &'a [Rule],
    memory: &'a Memory,
    /// Where the words of each rule begin, after those of the memory.
    starts: Vec<usize>,
    word_count: usize,
}

impl<'a> RuleJudge<'a> {
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

impl Judge for RuleJudge<'_> {
    fn word_count(&self) -> usize {
        self.word_count
    }

    fn start(&self, _: &mut [u32]) {}

    fn judge(&self, words: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> Judgement {
        let (remembered, words) = self.parts(words);
        self.memory.take(remembered, moment);
        let mut judgement = Judgement::default();
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
            let verdict = rule.judge(own, moment, self.memory, remembered);
            if verdict.is_broken {
                judgement.broken.insert(place);
            }
            if verdict.is_reached {
                judgement.reached.insert(place);
            }
            if verdict.is_exercised {
                judgement.exercised.insert(place);
            }
        }
        judgement
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
pub struct ExerciseJudge<'a>(pub RuleJudge<'a>);

impl Judge for ExerciseJudge<'_> {
    fn word_count(&self) -> usize {
        self.0.word_count()
    }

    fn start(&self, memory: &mut [u32]) {
        self.0.start(memory);
    }

    fn judge(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> Judgement {
        let judgement = self.0.judge(memory, moment, asked);
        Judgement {
            reached: judgement.exercised,
            ..Judgement::default()
        }
    }

    fn idle_ticks(&self, memory: &[u32]) -> u32 {
        self.0.idle_ticks(memory)
    }
}

/// Takes a goal for reached only at moments to which time has led: what an app does by itself, because
/// something that it waited for is over.
#[derive(Debug)]
pub struct WakeJudge<'a>(pub RuleJudge<'a>);

impl Judge for WakeJudge<'_> {
    fn word_count(&self) -> usize {
        self.0.word_count()
    }

    fn start(&self, memory: &mut [u32]) {
        self.0.start(memory);
    }

    fn judge(&self, memory: &mut [u32], moment: &Moment<'_>, asked: RuleSet) -> Judgement {
        let judgement = self.0.judge(memory, moment, asked);
        Judgement {
            reached: match moment.elapsed {
                0 => RuleSet::NONE,
                _ => judgement.reached,
            },
            ..Judgement::default()
        }
    }

    fn idle_ticks(&self, memory: &[u32]) -> u32 {
        self.0.idle_ticks(memory)
    }
}
