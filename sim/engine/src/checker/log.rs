//! Checks what is expected of the logs.

use lockstep_core::app::{LogId, LogKind, LogValues};
use lockstep_core::time::RunTicks;

use super::{Checker, Mismatch};
use crate::scenario::LogAssertion;
use crate::scenario::pattern::Pattern;
use crate::scenario::plan::{CauseKind, Check, LogTarget};
use crate::trace::EntryKind;

/// A log at its place in the trace.
#[derive(Clone, Copy)]
pub(super) struct LoggedAt<'a> {
    pub(super) index: usize,
    pub(super) tick: RunTicks,
    pub(super) id: LogId,
    what: &'a EntryKind,
}

impl LoggedAt<'_> {
    /// Whether its value is this one, or any is meant.
    pub(super) fn has(&self, value: Option<&LogTarget>) -> bool {
        match (value, self.what) {
            (None, _) => true,
            (Some(LogTarget::Number(expected)), EntryKind::Log(_, number)) => number == expected,
            (Some(LogTarget::Text(pattern)), EntryKind::Text(_, text)) => pattern.is_whole(text),
            _ => false,
        }
    }

    /// Its value, to be expected.
    pub(super) fn value(&self) -> Option<LogTarget> {
        match self.what {
            EntryKind::Log(_, number) => Some(LogTarget::Number(*number)),
            EntryKind::Text(_, text) => {
                Some(LogTarget::Text(Pattern::exactly(text))).filter(|_| !text.is_empty())
            }
            _ => None,
        }
    }
}

impl Checker<'_> {
    pub(super) fn log(
        &self,
        log: LogId,
        value: Option<&LogTarget>,
        assertion: LogAssertion,
        check: &Check,
    ) -> Result<(), Mismatch> {
        let matches = |logged: &LoggedAt<'_>| logged.id == log && logged.has(value);
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
                    self.log_name(logged.id, logged.value().as_ref()),
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
    ) -> impl DoubleEndedIterator<Item = LoggedAt<'_>> {
        let entries = self.between(from, to).iter().enumerate();
        entries.filter_map(move |(offset, entry)| match entry.what {
            EntryKind::Log(id, _) | EntryKind::Text(id, _) => Some(LoggedAt {
                index: from + offset,
                tick: entry.tick,
                id,
                what: &entry.what,
            }),
            _ => None,
        })
    }

    pub(super) fn log_name(&self, log: LogId, value: Option<&LogTarget>) -> String {
        let Some(kind) = self.descriptor.logs().get(usize::from(log.0)) else {
            return "?".to_owned();
        };
        match value {
            None => kind.name().to_owned(),
            Some(value) => format!("{} {}", kind.name(), value_name(kind, value)),
        }
    }
}

/// The value of a log as sentences write it.
pub(super) fn value_name(kind: &LogKind, value: &LogTarget) -> String {
    match (kind.values(), value) {
        (LogValues::Words(words), LogTarget::Number(number)) => {
            let word = usize::try_from(*number).ok().and_then(|it| words.get(it));
            word.copied().unwrap_or("?").to_owned()
        }
        (_, LogTarget::Number(number)) => number.to_string(),
        (_, LogTarget::Text(text)) => text.to_string(),
    }
}
