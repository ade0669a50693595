//! Compares captured outputs with those of another run, within a tolerance.

use lockstep_core::app::AppDescriptor;
use lockstep_core::output::Level;
use lockstep_core::ports::Scale;
use lockstep_core::time::{Length, RunTicks, TickPeriod};

use super::capture::WaveformCapture;
use crate::trace::Kind;
use crate::trace::document::Document;

/// An output and its levels, each from its tick on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputHistory {
    /// The output.
    pub name: String,
    /// How many of the digits of a level stand behind the point where it is written.
    pub decimals: u8,
    /// Its levels, as they change; `None` is unknown.
    pub changes: Vec<(RunTicks, Option<Level>)>,
}

/// How two histories are laid over each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// Both begin at tick 0.
    #[default]
    Start,
    /// The first change of an output that both have is at the same time.
    FirstEdge,
}

/// Two runs that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// How long a tick is.
    pub period: TickPeriod,
    /// The outputs that both have.
    pub compared: Vec<String>,
    /// How many ticks the right one is later than the left one.
    pub offset: i128,
    /// How many changes were compared.
    pub changes: usize,
    /// How far the worst change is off, of those within the tolerance.
    pub largest: u128,
    /// The first difference, if there is one, in a sentence.
    pub difference: Option<String>,
}

/// The outputs of a waveform.
#[must_use]
pub fn captured(descriptor: &AppDescriptor, capture: &WaveformCapture) -> Vec<OutputHistory> {
    let outputs = capture.outputs.iter().filter_map(|captured| {
        let output = descriptor.outputs().get(usize::from(captured.output))?;
        Some(OutputHistory {
            name: output.name().to_owned(),
            decimals: output.range().scale().decimals(),
            changes: captured.changes.clone(),
        })
    });
    outputs.collect()
}

/// The outputs of a trace.
#[must_use]
pub fn of_trace(trace: &Document) -> Vec<OutputHistory> {
    let mut histories: Vec<OutputHistory> = Vec::new();
    for line in trace.lines.iter().filter(|line| line.kind == Kind::Out) {
        let (level, decimals) = level_of(&line.value);
        match histories.iter_mut().find(|it| it.name == line.name) {
            Some(history) => history.change(line.tick, level),
            None => histories.push(OutputHistory {
                name: line.name.clone(),
                decimals,
                changes: vec![(line.tick, level)],
            }),
        }
    }
    histories
}

/// A level as a trace writes it, always with all of its decimals, and how many they are.
fn level_of(value: &str) -> (Option<Level>, u8) {
    let places = value.split_once('.').map_or(0, |(_, places)| places.len());
    let digits = value.replacen('.', "", 1);
    (
        digits.parse().ok().map(Level),
        u8::try_from(places).unwrap_or(0),
    )
}

impl OutputHistory {
    /// A level of it as it is written.
    fn shown(&self, level: Option<Level>) -> String {
        let scale = Scale::new(i32::MIN, i32::MAX).with_decimals(self.decimals);
        level.map_or_else(
            || "unknown".to_owned(),
            |level| scale.shown(level.0).to_string(),
        )
    }

    /// The last of several levels in a tick counts, and no level follows itself.
    fn change(&mut self, tick: RunTicks, level: Option<Level>) {
        if self.changes.last().is_some_and(|(last, _)| *last == tick) {
            self.changes.pop();
        }
        if self.changes.last().map(|(_, last)| *last) != Some(level) {
            self.changes.push((tick, level));
        }
    }

    /// The changes after the first level.
    fn edges(&self) -> &[(RunTicks, Option<Level>)] {
        self.changes.get(1..).unwrap_or_default()
    }
}

/// Compares the outputs that both have, up to the end of the shorter one.
#[must_use]
pub fn compare(
    (left, left_end): (&[OutputHistory], RunTicks),
    (right, right_end): (&[OutputHistory], RunTicks),
    tolerance: RunTicks,
    alignment: Alignment,
    tick: TickPeriod,
) -> Comparison {
    let pairs: Vec<(&OutputHistory, &OutputHistory)> = left
        .iter()
        .filter_map(|left| Some((left, right.iter().find(|right| right.name == left.name)?)))
        .collect();
    let offset = match alignment {
        Alignment::Start => 0,
        Alignment::FirstEdge => {
            first_edges(&pairs).map_or(0, |(left, right)| i128::from(right.0) - i128::from(left.0))
        }
    };
    let end = i128::from(left_end.0).min(i128::from(right_end.0) - offset);
    let mut comparison = Comparison {
        period: tick,
        compared: pairs.iter().map(|(left, _)| left.name.clone()).collect(),
        offset,
        changes: 0,
        largest: 0,
        difference: None,
    };
    let mut first: Option<(i128, String)> = None;
    for (left, right) in pairs {
        let found = comparison.pair(left, right, tolerance, end);
        if let Some(found) = found
            && first.as_ref().is_none_or(|(tick, _)| found.0 < *tick)
        {
            first = Some(found);
        }
    }
    comparison.difference = first.map(|(_, sentence)| sentence);
    comparison
}

/// The first change of the first output that changes in both.
fn first_edges(pairs: &[(&OutputHistory, &OutputHistory)]) -> Option<(RunTicks, RunTicks)> {
    pairs
        .iter()
        .filter_map(|(left, right)| Some((left.edges().first()?.0, right.edges().first()?.0)))
        .min_by_key(|(left, _)| *left)
}

impl Comparison {
    /// The first difference of two histories, and the tick of the left one at which it is.
    fn pair(
        &mut self,
        left: &OutputHistory,
        right: &OutputHistory,
        tolerance: RunTicks,
        end: i128,
    ) -> Option<(i128, String)> {
        let name = &left.name;
        let tolerance = i128::from(tolerance.0);
        let mut index = 0;
        loop {
            let one = left.changes.get(index);
            let other = right.changes.get(index);
            index += 1;
            let tick = |change: Option<&(RunTicks, Option<Level>)>, offset: i128| {
                change.map(|(tick, _)| i128::from(tick.0) - offset)
            };
            let (left_tick, right_tick) = (tick(one, 0), tick(other, self.offset));
            let earliest = left_tick.into_iter().chain(right_tick).min()?;
            // Past the end of one, the other may go on; at the very end, a change may be late.
            if index > 1 && earliest > end - tolerance {
                return None;
            }
            let (Some((_, left_level)), Some((_, right_level))) = (one, other) else {
                let (side, level) = match (one, other) {
                    (Some((_, level)), _) => ("left", level),
                    (_, Some((_, level))) => ("right", level),
                    (None, None) => return None,
                };
                let level = left.shown(*level);
                return Some((
                    earliest,
                    format!("only on the {side} does `{name}` become {level}, at tick {earliest}"),
                ));
            };
            if left_level != right_level {
                return Some((
                    earliest,
                    format!(
                        "`{name}` becomes {} on the left and {} on the right, at tick {earliest}",
                        left.shown(*left_level),
                        right.shown(*right_level)
                    ),
                ));
            }
            // The first level has no edge: when it was first seen says nothing.
            if index == 1 {
                continue;
            }
            let (left_tick, right_tick) = (left_tick?, right_tick?);
            let off = right_tick - left_tick;
            if off.abs() > tolerance {
                let (later, by) = if off > 0 {
                    ("right", off)
                } else {
                    ("left", -off)
                };
                return Some((
                    earliest,
                    format!(
                        "`{name}` becomes {} {} later on the {later}: at tick {left_tick} \
                         on the left and {right_tick} on the right, which is more than \
                         {} apart",
                        left.shown(*left_level),
                        length(by, self.period),
                        length(tolerance, self.period)
                    ),
                ));
            }
            self.changes += 1;
            self.largest = self.largest.max(off.unsigned_abs());
        }
    }
}

/// The time that so many ticks take.
fn length(ticks: i128, tick: TickPeriod) -> Length {
    tick.length(RunTicks(u64::try_from(ticks).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(changes: &[(u64, i32)]) -> Vec<OutputHistory> {
        let changes = changes
            .iter()
            .map(|(tick, level)| (RunTicks(*tick), Some(Level(*level))));
        vec![OutputHistory {
            name: "led".to_owned(),
            decimals: 0,
            changes: changes.collect(),
        }]
    }

    fn difference(
        left: &[(u64, i32)],
        right: &[(u64, i32)],
        tolerance: u64,
        alignment: Alignment,
    ) -> Option<String> {
        let (left, right) = (history(left), history(right));
        let end = RunTicks(1_000);
        compare(
            (&left, end),
            (&right, end),
            RunTicks(tolerance),
            alignment,
            TickPeriod::MILLISECOND,
        )
        .difference
    }

    #[test]
    fn changes_within_the_tolerance_are_the_same() {
        let left = [(0, 0), (10, 1), (60, 0)];
        let right = [(0, 0), (12, 1), (59, 0)];
        assert_eq!(difference(&left, &right, 2, Alignment::Start), None);
        let found = difference(&left, &right, 1, Alignment::Start).unwrap();
        assert!(found.contains("2 ms later on the right"), "{found}");
    }

    #[test]
    fn the_first_edge_aligns_what_begins_at_another_time() {
        let left = [(0, 0), (10, 1), (60, 0)];
        let right = [(0, 0), (510, 1), (560, 0)];
        assert!(difference(&left, &right, 2, Alignment::Start).is_some());
        assert_eq!(difference(&left, &right, 0, Alignment::FirstEdge), None);
        assert_eq!(difference(&right, &left, 0, Alignment::FirstEdge), None);
    }

    #[test]
    fn what_only_one_has_is_a_difference() {
        let left = [(0, 0), (10, 1)];
        let right = [(0, 0), (10, 1), (60, 0)];
        let found = difference(&left, &right, 2, Alignment::Start).unwrap();
        assert!(found.contains("only on the right"), "{found}");
        let found = difference(&[(0, 0)], &[(0, 1)], 2, Alignment::Start).unwrap();
        assert!(
            found.contains("0 on the left and 1 on the right"),
            "{found}"
        );
    }
}
