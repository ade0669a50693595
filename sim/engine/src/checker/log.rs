//! Checks what is expected of the logs.

use lockstep_core::app::{Log, LogId, LogValues};
use lockstep_core::time::RunTicks;

use super::{Checker, Mismatch};
use crate::dyn_runner::Observation;
use crate::scenario::LogAssertion;
use crate::scenario::plan::{CauseKind, Check};

/// A log at its place in the trace.
#[derive(Clone, Copy)]
pub(super) struct LoggedAt {
    pub(super) index: usize,
    pub(super) tick: RunTicks,
    pub(super) log: Log,
}

impl Checker<'_> {
    pub(super) fn log(
        &self,
        log: LogId,
        value: Option<u16>,
        assertion: LogAssertion,
        check: &Check,
    ) -> Result<(), Mismatch> {
        let matches = |logged: &LoggedAt| {
            logged.log.id == log && value.is_none_or(|value| logged.log.value == value)
        };
        let name = || self.log_name(log, value);
        match assertion {
            LogAssertion::Logged => {
                let from = self.index(check.cause.start);
                let now = self.index(check.at);
                if self.logs_between(from, now).any(|logged| matches(&logged)) {
                    return Ok(());
                }
                let tick = check.at.tick;
                let since = match check.cause.kind {
                    CauseKind::PowerUp => "power-up".to_owned(),
                    kind => format!("the {kind} at tick {}", check.cause.start.tick.0),
                };
                let message = format!("no log `{}` since {since}, up to tick {}", name(), tick.0);
                Err(Mismatch::new(tick, message))
            }
            LogAssertion::LoggedWithin(within) => {
                let window = self.window_to_reset(check);
                let mut logs = self.logs_between(window.first, window.last);
                if logs.any(|logged| matches(&logged)) {
                    return Ok(());
                }
                let within = self.length(within);
                let message = format!("no log `{}` within {within}, {window}", name());
                Err(Mismatch::new(window.end, message))
            }
            LogAssertion::NotLogged(length) => {
                let window = self.window(check);
                let mut logs = self.logs_between(window.first, window.last);
                let Some(logged) = logs.find(matches) else {
                    return Ok(());
                };
                let length = self.length(length);
                let part = window.part(logged.index < window.now, logged.tick);
                let message = format!(
                    "log `{}` at tick {}{part}, expected no `{}` for {length}, {window}",
                    self.log_name(logged.log.id, Some(logged.log.value)),
                    logged.tick.0,
                    name(),
                );
                Err(Mismatch::new(logged.tick, message))
            }
        }
    }

    /// The logs from one index of the trace to another.
    pub(super) fn logs_between(
        &self,
        from: usize,
        to: usize,
    ) -> impl DoubleEndedIterator<Item = LoggedAt> {
        let entries = self.between(from, to).iter().enumerate();
        entries.filter_map(move |(offset, entry)| match entry.what {
            Observation::Log(log) => Some(LoggedAt {
                index: from + offset,
                tick: entry.tick,
                log,
            }),
            _ => None,
        })
    }

    pub(super) fn log_name(&self, log: LogId, value: Option<u16>) -> String {
        let Some(kind) = self.descriptor.logs().get(usize::from(log.0)) else {
            return "?".to_owned();
        };
        match (kind.values(), value) {
            (_, None) => kind.name().to_owned(),
            (LogValues::Words(words), Some(value)) => {
                let word = words.get(usize::from(value)).copied().unwrap_or("?");
                format!("{} {word}", kind.name())
            }
            (LogValues::Number, Some(value)) => format!("{} {value}", kind.name()),
        }
    }
}
