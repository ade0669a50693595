//! Holds a trace against what a scenario expects of it.
//!
//! Only the trace is looked at, never the app, so the trace of any world can be judged.

use firmware_core::contract::{Interface, LogId, LogValues};
use firmware_core::output::Level;
use firmware_core::time::Ticks;

use crate::engine::Observation;
use crate::scenario::check::{Check, Claim, Half, Moment};
use crate::scenario::{LogClaim, Measure, OutputClaim, Polarity, Target};
use crate::source::Place;
use crate::trace::{Entry, Trace};

/// An expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where the expectation stands.
    pub place: Place,
    /// The tick at which it was clear that it does not hold.
    pub tick: Ticks,
    /// When, what was expected and what was there.
    pub message: String,
    /// What helps to understand it, where there is something.
    pub note: Option<String>,
}

/// The expectations that do not hold, in the order they were written.
#[must_use]
pub fn judge(checks: &[Check], trace: &Trace) -> Vec<Failure> {
    let judge = Judge {
        interface: trace.interface(),
        entries: trace.entries(),
    };
    checks
        .iter()
        .filter_map(|check| judge.check(check).err())
        .collect()
}

struct Judge<'a> {
    interface: &'static Interface,
    entries: &'a [Entry],
}

/// A change of one output.
#[derive(Clone, Copy)]
struct Change {
    tick: Ticks,
    level: Level,
}

impl Judge<'_> {
    fn check(&self, check: &Check) -> Result<(), Failure> {
        let fail = |(tick, message, note): Verdict| Failure {
            place: check.place,
            tick,
            message,
            note,
        };
        match check.claim {
            Claim::Output(output, claim) => self.output(output, claim, check.at).map_err(fail),
            Claim::Log {
                log,
                value,
                claim,
                since,
            } => self.log(log, value, claim, check.at, since).map_err(fail),
        }
    }

    fn output(&self, output: u8, claim: OutputClaim, at: Moment) -> Result<(), Verdict> {
        let name = self
            .interface
            .outputs
            .get(usize::from(output))
            .map_or("?", |output| output.name);
        let view = OutputView {
            name,
            at,
            level: self.level(output, at),
        };
        match claim {
            OutputClaim::Is(target) => view.is(target, true),
            OutputClaim::IsNot(target) => view.is(target, false),
            OutputClaim::Becomes(target, within) => {
                view.becomes(target, within, &self.changes(output, at, within))
            }
            OutputClaim::Changes(within) => view.changes(within, &self.changes(output, at, within)),
            OutputClaim::Stays(target, length) => {
                view.stays(target, &self.changes(output, at, length))
            }
            OutputClaim::Pulse(polarity, measure) => {
                view.pulse(polarity, measure, &self.changes(output, at, measure.within))
            }
            OutputClaim::Period(measure) => {
                view.period(measure, &self.changes(output, at, measure.within))
            }
        }
    }

    fn log(
        &self,
        log: LogId,
        value: Option<u16>,
        claim: LogClaim,
        at: Moment,
        since: Option<Moment>,
    ) -> Result<(), Verdict> {
        let matches = |entry: &&Entry| {
            matches!(entry.what, Observation::Log(said)
                if said.id == log && value.is_none_or(|value| said.value == value))
        };
        let name = self.log_name(log, value);
        let now = self.index(at);
        match claim {
            LogClaim::Said => {
                let start = since.map_or(0, |since| self.index(since));
                if self.entries[start..now].iter().any(|entry| matches(&entry)) {
                    return Ok(());
                }
                let since = match since {
                    Some(since) => format!("since the press or reset at tick {}", since.tick.0),
                    None => "since the start".to_owned(),
                };
                Err((
                    at.tick,
                    format!(
                        "log `{name}` was not said {since}, up to tick {}",
                        at.tick.0
                    ),
                    self.last_said(log, now),
                ))
            }
            LogClaim::SaidWithin(within) => {
                let end = at.tick.saturating_add(within);
                let window = &self.entries[now..self.index(window_end(at, within))];
                if window.iter().any(|entry| matches(&entry)) {
                    return Ok(());
                }
                Err((
                    end,
                    format!(
                        "log `{name}` was not said within {within}, from tick {} to {}",
                        at.tick.0, end.0
                    ),
                    self.last_said(log, self.index(window_end(at, within))),
                ))
            }
            LogClaim::NotSaid(length) => {
                let window = &self.entries[now..self.index(window_end(at, length))];
                match window.iter().find(matches) {
                    None => Ok(()),
                    Some(entry) => Err((
                        entry.tick,
                        format!(
                            "log `{name}` was said at tick {}, within the {length} from tick {} \
                             on that should be without it",
                            entry.tick.0, at.tick.0
                        ),
                        None,
                    )),
                }
            }
        }
    }

    fn last_said(&self, log: LogId, before: usize) -> Option<String> {
        self.entries[..before]
            .iter()
            .rev()
            .find_map(|entry| match entry.what {
                Observation::Log(said) if said.id == log => Some(format!(
                    "the last one was `{}`, at tick {}",
                    self.log_name(log, Some(said.value)),
                    entry.tick.0
                )),
                _ => None,
            })
    }

    fn log_name(&self, log: LogId, value: Option<u16>) -> String {
        let Some(kind) = self.interface.logs.get(usize::from(log.0)) else {
            return "?".to_owned();
        };
        match (kind.values, value) {
            (_, None) => kind.name.to_owned(),
            (LogValues::Words(words), Some(value)) => {
                let word = words.get(usize::from(value)).copied().unwrap_or("?");
                format!("{} {word}", kind.name)
            }
            (LogValues::Number, Some(value)) => format!("{} {value}", kind.name),
        }
    }

    /// The changes of an output in the window that begins at a moment.
    fn changes(&self, output: u8, at: Moment, within: Ticks) -> Vec<Change> {
        self.entries[self.index(at)..self.index(window_end(at, within))]
            .iter()
            .filter_map(|entry| change(entry, output))
            .collect()
    }

    /// What stands on an output at a moment.
    fn level(&self, output: u8, at: Moment) -> Level {
        self.entries[..self.index(at)]
            .iter()
            .rev()
            .find_map(|entry| change(entry, output))
            .map_or(Level::OFF, |change| change.level)
    }

    /// How many entries happened before a moment.
    fn index(&self, moment: Moment) -> usize {
        let after = self.index_after(moment.tick);
        match moment.half {
            Half::Acted => after,
            Half::Passed => {
                let before = match moment.tick {
                    Ticks::ZERO => 0,
                    Ticks(tick) => self.index_after(Ticks(tick - 1)),
                };
                // Powering up is an input of its own, and not one that hands do.
                let power_up = usize::from(moment.tick == Ticks::ZERO).min(after);
                let acted = self.entries[before + power_up..after]
                    .iter()
                    .position(|entry| matches!(entry.what, Observation::Input(_)));
                acted.map_or(after, |acted| before + power_up + acted)
            }
        }
    }

    /// How many entries happened up to and with a tick.
    fn index_after(&self, tick: Ticks) -> usize {
        self.entries.partition_point(|entry| entry.tick <= tick)
    }
}

/// A window ends with its last tick, but before hands act in it: what is done there is
/// written after the window.
fn window_end(at: Moment, length: Ticks) -> Moment {
    Moment {
        tick: at.tick.saturating_add(length),
        half: Half::Passed,
    }
}

fn change(entry: &Entry, output: u8) -> Option<Change> {
    match entry.what {
        Observation::Output(index, level) if index == output => Some(Change {
            tick: entry.tick,
            level,
        }),
        _ => None,
    }
}

/// When it was clear that an expectation does not hold, why, and what helps.
type Verdict = (Ticks, String, Option<String>);

/// An output at the moment an expectation begins to look.
struct OutputView {
    name: &'static str,
    at: Moment,
    level: Level,
}

impl OutputView {
    fn is(&self, target: Target, wanted: bool) -> Result<(), Verdict> {
        if meets(self.level, target) == wanted {
            return Ok(());
        }
        let not = if wanted { "" } else { "not " };
        Err((
            self.at.tick,
            format!(
                "at tick {} `{}` was {}, expected {not}{target}",
                self.at.tick.0, self.name, self.level.0
            ),
            None,
        ))
    }

    fn becomes(&self, target: Target, within: Ticks, changes: &[Change]) -> Result<(), Verdict> {
        if changes.iter().any(|change| meets(change.level, target)) {
            return Ok(());
        }
        let note = meets(self.level, target).then(|| {
            format!(
                "it was {} already at tick {}: only a change counts, `stays` holds a level",
                self.level.0, self.at.tick.0
            )
        });
        let what = format!("become {target} within {within}");
        Err(self.never(&what, within, changes, note))
    }

    fn changes(&self, within: Ticks, changes: &[Change]) -> Result<(), Verdict> {
        if changes.is_empty() {
            let what = format!("change within {within}");
            return Err(self.never(&what, within, changes, None));
        }
        Ok(())
    }

    fn stays(&self, target: Option<Target>, changes: &[Change]) -> Result<(), Verdict> {
        if let Some(target) = target {
            self.is(target, true)?;
        }
        let Some(change) = changes.first() else {
            return Ok(());
        };
        Err((
            change.tick,
            format!(
                "at tick {} `{}` changed from {} to {}, {} after tick {}",
                change.tick.0,
                self.name,
                self.level.0,
                change.level.0,
                Ticks(change.tick.0 - self.at.tick.0),
                self.at.tick.0
            ),
            None,
        ))
    }

    fn pulse(
        &self,
        polarity: Polarity,
        measure: Measure,
        changes: &[Change],
    ) -> Result<(), Verdict> {
        let edges = self.edges(changes);
        let begins = polarity == Polarity::High;
        let pulse = edges
            .windows(2)
            .find(|edges| edges[0].1 == begins && edges[1].1 != begins);
        match pulse {
            Some(edges) => self.measured("a pulse", edges[0].0, edges[1].0, measure),
            None => {
                let what = format!("pulse {polarity} within {}", measure.within);
                Err(self.never(&what, measure.within, changes, None))
            }
        }
    }

    fn period(&self, measure: Measure, changes: &[Change]) -> Result<(), Verdict> {
        let rises: Vec<_> = self
            .edges(changes)
            .into_iter()
            .filter(|(_, on)| *on)
            .collect();
        match rises[..] {
            [first, second, ..] => self.measured("two rises", first.0, second.0, measure),
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
        measure: Measure,
    ) -> Result<(), Verdict> {
        let length = Ticks(to.0 - from.0);
        if length.0.abs_diff(measure.length.0) <= measure.tolerance.0 {
            return Ok(());
        }
        let tolerance = match measure.tolerance {
            Ticks::ZERO => "exactly".to_owned(),
            tolerance => format!("give or take {tolerance}"),
        };
        Err((
            to,
            format!(
                "`{}` had {what} {length} long, from tick {} to {}; expected {}, {tolerance}",
                self.name, from.0, to.0, measure.length
            ),
            None,
        ))
    }

    /// The ticks at which the output leaves zero or comes back to it.
    fn edges(&self, changes: &[Change]) -> Vec<(Ticks, bool)> {
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
        changes: &[Change],
        note: Option<String>,
    ) -> Verdict {
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
        (
            end,
            format!(
                "`{}` did not {what}, from tick {} to {}: {there}",
                self.name, self.at.tick.0, end.0
            ),
            note,
        )
    }
}

fn meets(level: Level, target: Target) -> bool {
    match target {
        Target::On => level > Level::OFF,
        Target::Off => level == Level::OFF,
        Target::Level(wanted) => level.0 == wanted,
    }
}
