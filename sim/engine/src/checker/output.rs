//! Checks what is expected of one output.

use lockstep_core::output::Level;
use lockstep_core::time::Ticks;

use super::LevelChange;
use crate::scenario::plan::SamplePoint;
use crate::scenario::{Measurement, Polarity, TargetLevel};

pub(super) fn too_late(what: &str, tick: Ticks, end: Ticks) -> String {
    let late = tick.saturating_sub(end);
    format!("{what} at tick {}, {late} too late", tick.0)
}

/// Why an expectation does not hold.
pub(super) struct Mismatch {
    pub(super) tick: Ticks,
    pub(super) message: String,
    pub(super) note: Option<String>,
}

impl Mismatch {
    pub(super) fn new(tick: Ticks, message: String, note: Option<String>) -> Self {
        Self {
            tick,
            message,
            note,
        }
    }
}

/// An output at the point where an expectation begins to look.
pub(super) struct OutputWindow {
    pub(super) name: &'static str,
    pub(super) at: SamplePoint,
    pub(super) level: Level,
}

impl OutputWindow {
    pub(super) fn is(&self, target: TargetLevel, wanted: bool) -> Result<(), Mismatch> {
        if meets(self.level, target) == wanted {
            return Ok(());
        }
        let not = if wanted { "" } else { "not " };
        Err(Mismatch::new(
            self.at.tick,
            format!(
                "at tick {} `{}` was {}, expected {not}{target}",
                self.at.tick.0, self.name, self.level.0
            ),
            None,
        ))
    }

    pub(super) fn becomes(
        &self,
        target: TargetLevel,
        within: Ticks,
        changes: &[LevelChange],
        late: impl FnOnce() -> Option<LevelChange>,
    ) -> Result<(), Mismatch> {
        if changes.iter().any(|change| meets(change.level, target)) {
            return Ok(());
        }
        let note = if meets(self.level, target) {
            Some(format!(
                "it was {} already at tick {}: only a change counts, `stays` holds a level",
                self.level.0, self.at.tick.0
            ))
        } else {
            self.late(late(), within)
        };
        let what = format!("become {target} within {within}");
        Err(self.never(&what, within, changes, note))
    }

    pub(super) fn changes(
        &self,
        within: Ticks,
        changes: &[LevelChange],
        late: impl FnOnce() -> Option<LevelChange>,
    ) -> Result<(), Mismatch> {
        if changes.is_empty() {
            let what = format!("change within {within}");
            return Err(self.never(&what, within, changes, self.late(late(), within)));
        }
        Ok(())
    }

    fn late(&self, late: Option<LevelChange>, within: Ticks) -> Option<String> {
        let end = self.at.tick.saturating_add(within);
        late.map(|change| too_late(&format!("it became {}", change.level.0), change.tick, end))
    }

    pub(super) fn stays(
        &self,
        target: Option<TargetLevel>,
        length: Ticks,
        changes: &[LevelChange],
    ) -> Result<(), Mismatch> {
        if let Some(target) = target {
            self.is(target, true)?;
        }
        let Some(change) = changes.first() else {
            return Ok(());
        };
        Err(Mismatch::new(
            change.tick,
            format!(
                "at tick {} `{}` changed from {} to {}, expected no change for {length}, from \
                 tick {} to {}",
                change.tick.0,
                self.name,
                self.level.0,
                change.level.0,
                self.at.tick.0,
                self.at.tick.saturating_add(length).0
            ),
            Some(format!(
                "it stayed for {}",
                change.tick.saturating_sub(self.at.tick)
            )),
        ))
    }

    pub(super) fn pulse(
        &self,
        polarity: Polarity,
        measure: Measurement,
        changes: &[LevelChange],
    ) -> Result<(), Mismatch> {
        let edges = self.edges(changes);
        let begins = polarity == Polarity::High;
        let pulse = edges
            .windows(2)
            .find(|edges| edges[0].1 == begins && edges[1].1 != begins);
        match pulse {
            Some(edges) => {
                let (from, to) = (edges[0].0, edges[1].0);
                let what = format!("was {polarity} for {}", to.saturating_sub(from));
                self.measured(&what, from, to, measure)
            }
            None => {
                let what = format!("pulse {polarity} within {}", measure.within);
                let note = (!edges.is_empty())
                    .then(|| "a pulse has to begin and to end within the time".to_owned());
                Err(self.never(&what, measure.within, changes, note))
            }
        }
    }

    pub(super) fn period(
        &self,
        measure: Measurement,
        changes: &[LevelChange],
    ) -> Result<(), Mismatch> {
        let rises: Vec<_> = self
            .edges(changes)
            .into_iter()
            .filter(|(_, on)| *on)
            .collect();
        match rises[..] {
            [first, second, ..] => {
                let (from, to) = (first.0, second.0);
                let what = format!("rose again after {}", to.saturating_sub(from));
                self.measured(&what, from, to, measure)
            }
            _ => {
                let what = format!("rise twice within {}", measure.within);
                Err(self.never(&what, measure.within, changes, None))
            }
        }
    }

    fn measured(
        &self,
        what: &str,
        from: Ticks,
        to: Ticks,
        measure: Measurement,
    ) -> Result<(), Mismatch> {
        let length = to.saturating_sub(from);
        if length.0.abs_diff(measure.length.0) <= measure.tolerance.0 {
            return Ok(());
        }
        let tolerance = match measure.tolerance {
            Ticks::ZERO => String::new(),
            tolerance => format!(" +- {tolerance}"),
        };
        Err(Mismatch::new(
            to,
            format!(
                "`{}` {what}, from tick {} to {}, expected {}{tolerance}",
                self.name, from.0, to.0, measure.length
            ),
            None,
        ))
    }

    /// The ticks at which the output leaves zero or returns to it.
    fn edges(&self, changes: &[LevelChange]) -> Vec<(Ticks, bool)> {
        let mut on = self.level > Level::OFF;
        let mut edges = Vec::new();
        for change in changes {
            let next = change.level > Level::OFF;
            if next != on {
                edges.push((change.tick, next));
                on = next;
            }
        }
        edges
    }

    fn never(
        &self,
        what: &str,
        within: Ticks,
        changes: &[LevelChange],
        note: Option<String>,
    ) -> Mismatch {
        const SHOWN: usize = 5;
        let end = self.at.tick.saturating_add(within);
        let there = match changes {
            [] => format!("it stayed {}", self.level.0),
            changes => {
                let listed: Vec<_> = changes
                    .iter()
                    .take(SHOWN)
                    .map(|change| format!("{} at tick {}", change.level.0, change.tick.0))
                    .collect();
                let more = match changes.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(
                    "from {} it went to {}{more}",
                    self.level.0,
                    listed.join(", ")
                )
            }
        };
        Mismatch::new(
            end,
            format!(
                "`{}` did not {what}, from tick {} to {}: {there}",
                self.name, self.at.tick.0, end.0
            ),
            note,
        )
    }
}

pub(super) fn meets(level: Level, target: TargetLevel) -> bool {
    match target {
        TargetLevel::On => level > Level::OFF,
        TargetLevel::Off => level == Level::OFF,
        TargetLevel::Level(wanted) => level.0 == wanted,
    }
}
