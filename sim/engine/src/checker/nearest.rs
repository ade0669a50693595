//! Finds the nearest thing that did happen, and the sentence that holds.
//!
//! A sentence is only offered after it has been checked against the same trace.

use lockstep_core::app::LogId;
use lockstep_core::event::SerialId;
use lockstep_core::output::{Level, Range};
use lockstep_core::time::RunTicks;

use super::log::{LoggedAt, value_name};
use super::output::meets;
use super::window::Window;
use super::{Checker, LevelChange};
use crate::scenario::plan::{Assertion, Cause, CauseKind, Check, LogTarget};
use crate::scenario::quantity::Quantity;
use crate::scenario::statement_builder::name;
use crate::scenario::{
    Expectation, LogAssertion, Measurement, OutputAssertion, SerialAssertion, TargetLevel, display,
};

/// What helps to understand why an expectation does not hold.
#[derive(Default)]
pub(super) struct NearMiss {
    /// The nearest thing that did happen.
    pub(super) note: Option<String>,
    /// The sentence that holds.
    pub(super) help: Option<String>,
}

/// What to say if no sentence follows from what happened.
const AFTER_A_RESET: &str = "a window ends at a reset: write the expectation below it";

impl Checker<'_> {
    /// What is nearest to an expectation that does not hold.
    pub(super) fn nearest(&self, check: &Check) -> NearMiss {
        if self.end < check.end().tick {
            return NearMiss::default();
        }
        match &check.assertion {
            Assertion::Output(output, assertion) => self.nearest_output(*output, *assertion, check),
            Assertion::Log {
                log,
                value,
                assertion,
            } => self.nearest_log(*log, value.as_ref(), *assertion, check),
            Assertion::Serial(line, assertion) => self.nearest_serial(*line, assertion, check),
            Assertion::OnlyOn(outputs) => self.nearest_only_on(outputs, check),
            Assertion::Matrix(matrix, assertion) => self.nearest_matrix(*matrix, assertion, check),
        }
    }

    fn nearest_serial(
        &self,
        line: SerialId,
        assertion: &SerialAssertion,
        check: &Check,
    ) -> NearMiss {
        let (SerialAssertion::Sent(pattern) | SerialAssertion::SentWithin(pattern, _)) = assertion
        else {
            return NearMiss::default();
        };
        let window = self.window_to_reset(check);
        let Some(tick) = self.said_later(line, pattern, window.first) else {
            return NearMiss::default();
        };
        let late = self.length(tick.saturating_sub(window.end.max(check.at.tick)));
        let note = match assertion {
            SerialAssertion::Sent(_) => format!("it was said at tick {}, {late} later", tick.0),
            _ => format!("it was said at tick {}, {late} too late", tick.0),
        };
        let within = length_to(check.at.tick, tick);
        let offered = Assertion::Serial(line, SerialAssertion::SentWithin(pattern.clone(), within));
        self.offer(check, Some(note), vec![offered])
    }

    /// The sentence with the outputs that are on.
    fn nearest_only_on(&self, outputs: &[u8], check: &Check) -> NearMiss {
        let now = self.index(check.at);
        let declared = (0..).zip(self.descriptor.outputs());
        let on: Vec<u8> = declared
            .filter(|(index, output)| {
                let is_switched = !matches!(output.range(), Range::Number(_));
                is_switched && self.level(*index, now).is_some_and(|it| it > Level::OFF)
            })
            .map(|(index, _)| index)
            .collect();
        let offered = match on.is_empty() {
            true => outputs
                .iter()
                .map(|output| Assertion::Output(*output, OutputAssertion::Is(TargetLevel::Off)))
                .collect(),
            false => vec![Assertion::OnlyOn(on)],
        };
        self.offer(check, None, offered)
    }

    fn nearest_output(
        &self,
        output: u8,
        assertion: OutputAssertion<i32>,
        check: &Check,
    ) -> NearMiss {
        match assertion {
            OutputAssertion::Is(target) | OutputAssertion::IsNot(target) => {
                let wanted = matches!(assertion, OutputAssertion::Is(_));
                self.nearest_level(output, check, |level| meets(level, target) == wanted)
            }
            OutputAssertion::Becomes(target, within) => {
                self.nearest_change(output, check, within, Some(target))
            }
            OutputAssertion::Changes(within) => self.nearest_change(output, check, within, None),
            OutputAssertion::Stays(target, length) => {
                self.nearest_stay(output, check, target, length)
            }
            OutputAssertion::Pulse(_, measure) | OutputAssertion::Period(measure) => {
                self.nearest_measure(output, assertion, measure, check)
            }
        }
    }

    fn nearest_level(&self, output: u8, check: &Check, wanted: impl Fn(Level) -> bool) -> NearMiss {
        let now = self.index(check.at);
        let mut later = self.changes_between(output, now, self.entries.len());
        let mut earlier = self.changes_between(output, 0, now).rev();
        let mut offered = Vec::new();
        let note = if let Some(change) = later.find(|change| wanted(change.level)) {
            let after = length_to(check.at.tick, change.tick);
            offered.push(self.becomes(output, change.level, after));
            let (level, tick) = (self.shown(output, change.level), change.tick.0);
            let after = self.length(after);
            Some(format!("it became {level} at tick {tick}, {after} later"))
        } else {
            let last = earlier.find(|change| wanted(change.level));
            last.map(|change| {
                let (level, tick) = (self.shown(output, change.level), change.tick.0);
                format!("it became {level} at tick {tick}, and something else since")
            })
        };
        offered.extend(self.is_now(output, check));
        self.offer(check, note, offered)
    }

    /// For a change that did not come: to a level, or to any.
    fn nearest_change(
        &self,
        output: u8,
        check: &Check,
        within: RunTicks,
        target: Option<TargetLevel<i32>>,
    ) -> NearMiss {
        let window = self.window_to_reset(check);
        let wanted = |change: &LevelChange| target.is_none_or(|target| meets(change.level, target));
        let there = self.level(output, window.first);
        let already = target
            .zip(there)
            .filter(|(target, level)| meets(*level, *target));
        let late = self
            .changes_between(output, window.last, self.entries.len())
            .find(wanted);
        let before = self
            .changes_between(output, 0, window.first)
            .rev()
            .find(wanted);
        let other = self
            .changes_between(output, window.first, window.last)
            .next_back();
        let at = check.at.tick;
        let mut offered = Vec::new();
        let mut note = None;
        if let Some((target, level)) = already {
            let since = match window.cause {
                Some(CauseKind::PowerUp) => "at power-up".to_owned(),
                Some(cause) => format!("before the {cause} at tick {}", window.opens.tick.0),
                None => format!("at tick {}", at.0),
            };
            let level = self.shown(output, level);
            note = Some(match &other {
                Some(change) => format!(
                    "it was {level} already, {since}, became {} at tick {} and did not come back",
                    self.shown(output, change.level),
                    change.tick.0
                ),
                None => format!(
                    "it was {level} already, {since}: `becomes` needs a change; `stays` checks a level that does not change"
                ),
            });
            offered.push(Assertion::Output(
                output,
                OutputAssertion::Stays(Some(target), within),
            ));
            offered.push(Assertion::Output(output, OutputAssertion::Is(target)));
        } else if window.reset.is_some() {
            return NearMiss {
                note: Some("what a reset does, and what follows it, does not count".to_owned()),
                help: Some(AFTER_A_RESET.to_owned()),
            };
        } else if let Some(change) = late {
            note = Some(format!(
                "it became {} at tick {}, {} too late",
                self.shown(output, change.level),
                change.tick.0,
                self.length(change.tick.saturating_sub(window.end))
            ));
            let length = length_to(at, change.tick);
            offered.push(match target {
                Some(target) => Assertion::Output(output, OutputAssertion::Becomes(target, length)),
                None => Assertion::Output(output, OutputAssertion::Changes(length)),
            });
        } else if let Some(change) = before {
            note = Some(format!(
                "it became {} at tick {}, {}",
                self.shown(output, change.level),
                change.tick.0,
                self.before_window(change.tick, &window)
            ));
        }
        if let Some(change) = other {
            note = note.or_else(|| {
                Some(format!(
                    "it became {} at tick {}",
                    self.shown(output, change.level),
                    change.tick.0
                ))
            });
            offered.push(self.becomes(output, change.level, length_to(at, change.tick)));
        } else if note.is_none()
            && let Some((other, change)) = self.on_another_output(output, check, &wanted)
        {
            let name = self.output_name(other);
            let (level, tick) = (self.shown(other, change.level), change.tick.0);
            note = Some(format!("`{name}` became {level} at tick {tick}"));
            offered.push(self.becomes(other, change.level, length_to(at, change.tick)));
        }
        let level = there.map(|level| self.target(output, level));
        offered.push(Assertion::Output(
            output,
            OutputAssertion::Stays(level, within),
        ));
        self.offer(check, note, offered)
    }

    /// The first change of another output in the window that is like the wanted one.
    fn on_another_output(
        &self,
        output: u8,
        check: &Check,
        wanted: &impl Fn(&LevelChange) -> bool,
    ) -> Option<(u8, LevelChange)> {
        let window = self.window_to_reset(check);
        let others = (0..).zip(self.descriptor.outputs());
        others
            .filter(|(other, _)| *other != output)
            .find_map(|(other, _)| {
                let mut changes = self.changes_between(other, window.first, window.last);
                Some((other, changes.find(wanted)?))
            })
    }

    fn nearest_stay(
        &self,
        output: u8,
        check: &Check,
        target: Option<TargetLevel<i32>>,
        length: RunTicks,
    ) -> NearMiss {
        let window = self.window(check);
        let at = check.at.tick;
        let first = self.changes_between(output, window.now, window.last).next();
        let level = self
            .level(output, window.now)
            .map(|level| self.target(output, level));
        let mut offered = Vec::new();
        let mut note = None;
        if let Some(change) = first {
            let stayed = change.tick.saturating_sub(at);
            note = Some(format!("it stayed for {}", self.length(stayed)));
            for target in [target, level] {
                let shorter = OutputAssertion::Stays(target, stayed.saturating_sub(RunTicks(1)));
                offered.push(Assertion::Output(output, shorter));
            }
            offered.push(self.becomes(output, change.level, length_to(at, change.tick)));
        } else {
            let stays = OutputAssertion::Stays(level, length);
            offered.push(Assertion::Output(output, stays));
        }
        offered.extend(self.is_now(output, check));
        self.offer(check, note, offered)
    }

    fn nearest_measure(
        &self,
        output: u8,
        assertion: OutputAssertion<i32>,
        measure: Measurement,
        check: &Check,
    ) -> NearMiss {
        let window = self.window_to_reset(check);
        let with = |measure| match assertion {
            OutputAssertion::Pulse(polarity, _) => OutputAssertion::Pulse(polarity, measure),
            _ => OutputAssertion::Period(measure),
        };
        let edges: Vec<_> = self
            .changes_between(output, window.first, self.entries.len())
            .collect();
        let mut offered = Vec::new();
        // The same in a window that ends with any of the next changes, then of another
        // output, and then with any length between two changes.
        let nearest = edges.iter().take(16);
        for change in nearest.clone() {
            let within = length_to(check.at.tick, change.tick);
            offered.push((output, with(Measurement { within, ..measure })));
        }
        let others = (0..).zip(self.descriptor.outputs());
        offered.extend(others.map(|(other, _)| (other, with(measure))));
        for (index, change) in nearest.clone().enumerate() {
            for earlier in edges.iter().take(index).rev() {
                let length = change.tick.saturating_sub(earlier.tick);
                for within in [measure.within, length_to(check.at.tick, change.tick)] {
                    let measured = Measurement {
                        length,
                        tolerance: RunTicks::ZERO,
                        within,
                    };
                    offered.push((output, with(measured)));
                }
            }
        }
        let offered = offered
            .into_iter()
            .map(|(output, assertion)| Assertion::Output(output, assertion))
            .collect();
        let in_window = edges.iter().filter(|change| change.tick <= window.end);
        let note = if window.reset.is_some() {
            Some("what a reset does, and what follows it, does not count".to_owned())
        } else if matches!(assertion, OutputAssertion::Pulse(..)) && in_window.count() == 1 {
            Some("a pulse has to begin and to end within the time".to_owned())
        } else {
            None
        };
        let mut nearest = self.offer(check, note, offered);
        if nearest.help.is_none() && window.reset.is_some() {
            nearest.help = Some(AFTER_A_RESET.to_owned());
        }
        nearest
    }

    fn nearest_log(
        &self,
        log: LogId,
        value: Option<&LogTarget>,
        assertion: LogAssertion,
        check: &Check,
    ) -> NearMiss {
        let window = match assertion {
            LogAssertion::Logged | LogAssertion::NotLogged(_) => self.window(check),
            LogAssertion::LoggedWithin(_) => self.window_to_reset(check),
        };
        let (at, all) = (check.at.tick, self.entries.len());
        let (first, last) = match assertion {
            LogAssertion::Logged => (self.index(check.cause.start), window.now),
            _ => (window.first, window.last),
        };
        let same = |logged: &LoggedAt<'_>| logged.id == log && logged.has(value);
        let same_kind = |logged: &LoggedAt<'_>| logged.id == log;
        let log_assertion = |logged: LoggedAt<'_>, assertion| Assertion::Log {
            log: logged.id,
            value: logged.value(),
            assertion,
        };
        let within = |logged: LoggedAt<'_>| {
            log_assertion(
                logged,
                LogAssertion::LoggedWithin(length_to(at, logged.tick)),
            )
        };
        if let LogAssertion::NotLogged(_) = assertion {
            let mut offered = Vec::new();
            let logged = self.logs_between(first, last).find(same);
            if let Some(logged) = logged {
                let silent = logged.tick.saturating_sub(at).saturating_sub(RunTicks(1));
                offered.push(Assertion::Log {
                    log,
                    value: value.cloned(),
                    assertion: LogAssertion::NotLogged(silent),
                });
                offered.push(log_assertion(logged, LogAssertion::Logged));
                offered.push(within(logged));
            }
            return self.offer(check, None, offered);
        }
        let quote = |logged: LoggedAt<'_>| self.log_name(logged.id, logged.value().as_ref());
        let mut offered = Vec::new();
        let late = self.logs_between(last, all).find(same);
        let before = self.logs_between(0, first).rev().find(same);
        let other = self
            .logs_between(first, last)
            .rev()
            .find(same_kind)
            .or_else(|| self.logs_between(first, last).next_back());
        let note = if window.reset.is_some() {
            return NearMiss {
                note: Some("what a reset does, and what follows it, does not count".to_owned()),
                help: Some(AFTER_A_RESET.to_owned()),
            };
        } else if let Some(logged) = late {
            offered.push(within(logged));
            let late = self.length(logged.tick.saturating_sub(window.end.max(at)));
            let tick = logged.tick.0;
            Some(match assertion {
                LogAssertion::Logged => format!("it came at tick {tick}, {late} later"),
                _ => format!("it came at tick {tick}, {late} too late"),
            })
        } else if let Some(logged) = before {
            if matches!(assertion, LogAssertion::LoggedWithin(_)) {
                offered.push(log_assertion(logged, LogAssertion::Logged));
            }
            let before = match assertion {
                LogAssertion::Logged => before_cause(check),
                _ => self.before_window(logged.tick, &window),
            };
            let note = format!(
                "`{}` came at tick {}, {before}",
                quote(logged),
                logged.tick.0
            );
            let mut nearest = self.offer(check, Some(note), offered);
            let is_latest = !self
                .between(logged.index, self.index(check.cause.start))
                .iter()
                .any(|entry| entry.what.is_input());
            if nearest.help.is_none() && is_latest {
                let kind = check.cause.kind;
                nearest.help = Some(format!(
                    "write `expect log {}` above the {kind}",
                    quote(logged)
                ));
            }
            return nearest;
        } else {
            let last = self.logs_between(0, last).rev().find(same_kind);
            Some(match (last, other) {
                (Some(logged), _) => format!(
                    "the last log of `{}` was `{}`, at tick {}",
                    self.log_name(log, None),
                    quote(logged),
                    logged.tick.0
                ),
                (None, Some(logged)) => format!(
                    "there was no log `{}` until then; `{}` came at tick {}",
                    self.log_name(log, None),
                    quote(logged),
                    logged.tick.0
                ),
                (None, None) => {
                    format!("there was no log `{}` until then", self.log_name(log, None))
                }
            })
        };
        if let Some(logged) = other {
            offered.push(log_assertion(logged, LogAssertion::Logged));
            offered.push(within(logged));
        }
        if let LogAssertion::LoggedWithin(length) = assertion {
            offered.push(Assertion::Log {
                log,
                value: value.cloned(),
                assertion: LogAssertion::NotLogged(length),
            });
        }
        self.offer(check, note, offered)
    }

    /// The first of the sentences that holds where the expectation stands.
    pub(super) fn offer(
        &self,
        check: &Check,
        note: Option<String>,
        offered: Vec<Assertion>,
    ) -> NearMiss {
        let holds = |assertion: &Assertion| {
            let check = Check {
                assertion: assertion.clone(),
                ..check.clone()
            };
            !has_empty_window(assertion) && self.check(&check).is_ok()
        };
        let sentence = offered
            .into_iter()
            .filter(holds)
            .find_map(|assertion| self.sentence(&assertion));
        let tick = self.descriptor.tick();
        let help = sentence.map(|sentence| {
            let sentence = display(&sentence, tick);
            format!("this holds: `expect {sentence}`")
        });
        NearMiss { note, help }
    }

    /// What came too early for a window.
    fn before_window(&self, tick: RunTicks, window: &Window) -> String {
        let opens = window.opens.tick;
        match window.cause {
            Some(cause) => format!("before the {cause} at tick {}", opens.0),
            None if tick == opens => "as the wait ended, before the window opens".to_owned(),
            None => {
                let before = self.length(opens.saturating_sub(tick));
                format!("{before} before the window opens")
            }
        }
    }

    fn becomes(&self, output: u8, level: Level, within: RunTicks) -> Assertion {
        let target = self.target(output, level);
        Assertion::Output(output, OutputAssertion::Becomes(target, within))
    }

    fn is_now(&self, output: u8, check: &Check) -> Option<Assertion> {
        let level = self.level(output, self.index(check.at))?;
        let target = self.target(output, level);
        Some(Assertion::Output(output, OutputAssertion::Is(target)))
    }

    /// A level as a sentence names it.
    fn target(&self, output: u8, level: Level) -> TargetLevel<i32> {
        let outputs = self.descriptor.outputs();
        let range = outputs
            .get(usize::from(output))
            .map(|output| output.range());
        match level {
            Level::OFF if !matches!(range, Some(Range::Number(_))) => TargetLevel::Off,
            _ if range == Some(Range::Digital) => TargetLevel::On,
            Level(level) => TargetLevel::Level(level),
        }
    }

    /// The sentence, without `expect`.
    fn sentence(&self, assertion: &Assertion) -> Option<Expectation> {
        Some(match assertion {
            Assertion::Output(output, assertion) => {
                let scale = self.scale(*output);
                let shown = |level| Some(Quantity::of(&scale, level)).ok_or(());
                Expectation::Output {
                    output: name(self.output_name(*output)),
                    assertion: assertion.try_map(shown).ok()?,
                    target_span: None,
                }
            }
            Assertion::Log {
                log,
                value,
                assertion,
            } => {
                let kind = self.descriptor.logs().get(usize::from(log.0))?;
                let value = value.as_ref();
                Expectation::Log {
                    log: name(kind.name()),
                    value: value.map(|value| name(&value_name(kind, value))),
                    assertion: *assertion,
                }
            }
            Assertion::Serial(line, assertion) => Expectation::Serial {
                line: name(self.line_name(*line)),
                assertion: assertion.clone(),
            },
            Assertion::Matrix(matrix, assertion) => Expectation::Matrix {
                matrix: name(
                    self.descriptor
                        .matrices()
                        .get(usize::from(matrix.0))?
                        .name(),
                ),
                assertion: assertion.clone(),
            },
            Assertion::OnlyOn(outputs) => {
                let names = outputs.iter().map(|output| name(self.output_name(*output)));
                Expectation::OnlyOn(names.collect())
            }
        })
    }
}

/// What came too early, for a message.
fn before_cause(check: &Check) -> String {
    let Cause { kind, start } = check.cause;
    format!("before the {kind} at tick {}", start.tick.0)
}

fn has_empty_window(assertion: &Assertion) -> bool {
    assertion.window() == Some(RunTicks::ZERO)
}

/// The shortest length of a window that reaches a tick: the tick itself, but at least one.
pub(super) fn length_to(at: RunTicks, tick: RunTicks) -> RunTicks {
    tick.saturating_sub(at).max(RunTicks(1))
}
