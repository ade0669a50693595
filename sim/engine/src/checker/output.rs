//! Checks what is expected of one output.

use lockstep_core::output::{Level, Range};
use lockstep_core::time::{Length, RunTicks};

use super::window::Window;
use super::{Checker, LevelChange, Mismatch};
use crate::scenario::plan::Check;
use crate::scenario::quantity::Quantity;
use crate::scenario::{Measurement, OutputAssertion, Polarity, TargetLevel};

impl Checker<'_> {
    pub(super) fn output(
        &self,
        output: u8,
        assertion: OutputAssertion<i32>,
        check: &Check,
    ) -> Result<(), Mismatch> {
        let window = match assertion {
            // A level that is to stay has to stay through a reset as well.
            OutputAssertion::Stays(..) => self.window(check),
            _ => self.window_to_reset(check),
        };
        let name = self.output_name(output);
        let levels = self
            .level(output, window.first)
            .zip(self.level(output, window.now));
        let Some((level_before, level)) = levels else {
            let tick = window.at.tick;
            let message = format!("the trace does not show `{name}` up to tick {}", tick.0);
            return Err(Mismatch::new(tick, message));
        };
        let view = OutputView {
            checker: self,
            output,
            name,
            window,
            level_before,
            level,
        };
        match assertion {
            OutputAssertion::Is(target) => view.is(target, true),
            OutputAssertion::IsNot(target) => view.is(target, false),
            OutputAssertion::Becomes(target, within) => view.becomes(target, within),
            OutputAssertion::Changes(within) => view.changes(within),
            OutputAssertion::Stays(target, length) => view.stays(target, length),
            OutputAssertion::Pulse(polarity, measure) => view.pulse(polarity, measure),
            OutputAssertion::Period(measure) => view.period(measure),
        }
    }

    pub(super) fn only_on(&self, outputs: &[u8], check: &Check) -> Result<(), Mismatch> {
        let now = self.index(check.at);
        let tick = check.at.tick;
        let declared = (0..).zip(self.descriptor.outputs());
        let switched = declared.filter(|(_, it)| !matches!(it.range(), Range::Number(_)));
        for (index, output) in switched {
            let is_on = self.level(index, now).is_some_and(|it| it > Level::OFF);
            let (was, expected) = match (is_on, outputs.contains(&index)) {
                (true, false) => ("on", "off"),
                (false, true) => ("off", "on"),
                _ => continue,
            };
            let name = output.name();
            let message = format!("at tick {} `{name}` was {was}, expected {expected}", tick.0);
            return Err(Mismatch::new(tick, message));
        }
        Ok(())
    }

    pub(super) fn output_name(&self, output: u8) -> &'static str {
        let outputs = self.descriptor.outputs();
        let declared = outputs.get(usize::from(output));
        declared.map_or("?", |output| output.name())
    }
}

/// An output in the window of an expectation.
struct OutputView<'a> {
    checker: &'a Checker<'a>,
    output: u8,
    name: &'static str,
    window: Window,
    /// Its level where the window opens.
    level_before: Level,
    /// Its level where the expectation stands.
    level: Level,
}

impl OutputView<'_> {
    fn length(&self, ticks: RunTicks) -> Length {
        self.checker.length(ticks)
    }

    fn shown(&self, level: Level) -> Quantity {
        self.checker.shown(self.output, level)
    }

    /// Its changes in the window.
    fn in_window(&self) -> impl Iterator<Item = LevelChange> {
        let Window { first, last, .. } = self.window;
        self.checker.changes_between(self.output, first, last)
    }

    /// How many of them come before the point where the expectation stands.
    fn immediate(&self) -> usize {
        let Window { first, now, .. } = self.window;
        let before = self.checker.positions_between(self.output, first, now);
        before.len()
    }

    fn is(&self, target: TargetLevel<i32>, wanted: bool) -> Result<(), Mismatch> {
        if meets(self.level, target) == wanted {
            return Ok(());
        }
        let not = if wanted { "" } else { "not " };
        let tick = self.window.at.tick;
        Err(Mismatch::new(
            tick,
            format!(
                "at tick {} `{}` was {}, expected {not}{}",
                tick.0,
                self.name,
                self.shown(self.level),
                self.checker.named(self.output, target)
            ),
        ))
    }

    fn becomes(&self, target: TargetLevel<i32>, within: RunTicks) -> Result<(), Mismatch> {
        let mut before = self.level_before;
        let mut came = self.in_window().map(|change| {
            let was = std::mem::replace(&mut before, change.level);
            !meets(was, target) && meets(change.level, target)
        });
        if came.any(|came| came) {
            return Ok(());
        }
        let target = self.checker.named(self.output, target);
        Err(self.never(&format!("become {target} within {}", self.length(within))))
    }

    fn changes(&self, within: RunTicks) -> Result<(), Mismatch> {
        if self.in_window().next().is_none() {
            return Err(self.never(&format!("change within {}", self.length(within))));
        }
        Ok(())
    }

    /// What was done immediately above may bring the output to the level, once; from there
    /// on it does not change, or not out of the range that is named.
    fn stays(&self, target: Option<TargetLevel<i32>>, length: RunTicks) -> Result<(), Mismatch> {
        if let Some(range) = target.filter(|target| target.is_range()) {
            return self.stays_in(range);
        }
        let is_there = |level| target.is_none_or(|target| meets(level, target));
        let mut there = is_there(self.level_before);
        let mut level = self.level_before;
        let immediate = self.immediate();
        for (index, change) in self.in_window().enumerate() {
            if index == immediate
                && let Some(target) = target
            {
                self.is(target, true)?;
            }
            if there {
                return Err(self.did_not_stay(level, change, index < immediate, length));
            }
            there = is_there(change.level);
            level = change.level;
        }
        target.map_or(Ok(()), |target| self.is(target, true))
    }

    fn stays_in(&self, range: TargetLevel<i32>) -> Result<(), Mismatch> {
        self.is(range, true)?;
        let immediate = self.immediate();
        let mut later = self.in_window().skip(immediate);
        let Some(change) = later.find(|change| !meets(change.level, range)) else {
            return Ok(());
        };
        let message = format!(
            "at tick {} `{}` became {}, expected {}, {}",
            change.tick.0,
            self.name,
            self.shown(change.level),
            self.checker.named(self.output, range),
            self.window
        );
        Err(Mismatch::new(change.tick, message))
    }

    fn did_not_stay(
        &self,
        level: Level,
        change: LevelChange,
        is_immediate: bool,
        length: RunTicks,
    ) -> Mismatch {
        let length = self.length(length);
        let mut part = self.window.part(is_immediate, change.tick);
        if !part.is_empty() {
            part.push(',');
        }
        Mismatch::new(
            change.tick,
            format!(
                "at tick {}{part} `{}` changed from {} to {}, expected no change for {length}, {}",
                change.tick.0,
                self.name,
                self.shown(level),
                self.shown(change.level),
                self.window
            ),
        )
    }

    /// Every pulse in the window is measured, also one that is too long before it is over.
    fn pulse(&self, polarity: Polarity, measure: Measurement) -> Result<(), Mismatch> {
        let edges = self.edges();
        let begins = polarity == Polarity::High;
        let mut count = 0;
        for pulse in edges.windows(2).filter(|edges| edges[0].1 == begins) {
            let (from, to) = (pulse[0].0, pulse[1].0);
            let what = format!(
                "was {polarity} for {}",
                self.length(to.saturating_sub(from))
            );
            self.measured(&what, from, to, measure)?;
            count += 1;
        }
        if count == 0 {
            let within = self.length(measure.within);
            return Err(self.never(&format!("pulse {polarity} within {within}")));
        }
        match edges.last() {
            Some((from, level)) if *level == begins => {
                let what = format!("was {polarity} and did not end");
                self.not_overdue(&what, *from, measure)
            }
            _ => Ok(()),
        }
    }

    /// Every rising edge in the window is measured from the one before, and none may be
    /// missing at its end.
    fn period(&self, measure: Measurement) -> Result<(), Mismatch> {
        let edges = self.edges();
        let rises: Vec<_> = edges.iter().filter(|(_, on)| *on).collect();
        let Some((last, [_, ..])) = rises.split_last() else {
            let within = self.length(measure.within);
            return Err(self.never(&format!("rise twice within {within}")));
        };
        for pair in rises.windows(2) {
            let (from, to) = (pair[0].0, pair[1].0);
            let what = format!("rose again after {}", self.length(to.saturating_sub(from)));
            self.measured(&what, from, to, measure)?;
        }
        self.not_overdue("did not rise again", last.0, measure)
    }

    fn measured(
        &self,
        what: &str,
        from: RunTicks,
        to: RunTicks,
        measure: Measurement,
    ) -> Result<(), Mismatch> {
        let length = to.saturating_sub(from);
        if length.0.abs_diff(measure.length.0) <= measure.tolerance.0 {
            return Ok(());
        }
        Err(self.measured_wrong(what, from, to, measure))
    }

    /// Whether what began at a tick may be unfinished where the window closes.
    fn not_overdue(
        &self,
        what: &str,
        from: RunTicks,
        measure: Measurement,
    ) -> Result<(), Mismatch> {
        let end = self.window.end;
        let longest = measure.length.saturating_add(measure.tolerance);
        if end.saturating_sub(from) <= longest {
            return Ok(());
        }
        Err(self.measured_wrong(what, from, end, measure))
    }

    fn measured_wrong(
        &self,
        what: &str,
        from: RunTicks,
        to: RunTicks,
        measure: Measurement,
    ) -> Mismatch {
        let tolerance = match measure.tolerance {
            RunTicks::ZERO => String::new(),
            tolerance => format!(" +- {}", self.length(tolerance)),
        };
        Mismatch::new(
            to,
            format!(
                "`{}` {what}, from tick {} to {}, expected {}{tolerance}",
                self.name,
                from.0,
                to.0,
                self.length(measure.length)
            ),
        )
    }

    /// The ticks at which the output leaves zero or returns to it.
    fn edges(&self) -> Vec<(RunTicks, bool)> {
        let mut on = self.level_before > Level::OFF;
        let mut edges = Vec::new();
        for change in self.in_window() {
            let next = change.level > Level::OFF;
            if next != on {
                edges.push((change.tick, next));
                on = next;
            }
        }
        edges
    }

    fn never(&self, what: &str) -> Mismatch {
        const SHOWN: usize = 5;
        let changes: Vec<_> = self.in_window().collect();
        let there = match changes.as_slice() {
            [] => format!("it stayed {}", self.shown(self.level_before)),
            changes => {
                let listed: Vec<_> = changes
                    .iter()
                    .take(SHOWN)
                    .map(|change| format!("{} at tick {}", self.shown(change.level), change.tick.0))
                    .collect();
                let more = match changes.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!(
                    "from {} it went to {}{more}",
                    self.shown(self.level_before),
                    listed.join(", ")
                )
            }
        };
        Mismatch::new(
            self.window.end,
            format!("`{}` did not {what}, {}: {there}", self.name, self.window),
        )
    }
}

pub(super) fn meets(level: Level, target: TargetLevel<i32>) -> bool {
    match target {
        TargetLevel::On => level > Level::OFF,
        TargetLevel::Off => level == Level::OFF,
        TargetLevel::Level(wanted) => level.0 == wanted,
        TargetLevel::AtLeast(least) => level.0 >= least,
        TargetLevel::AtMost(most) => level.0 <= most,
        TargetLevel::Between(least, most) => (least..=most).contains(&level.0),
    }
}
