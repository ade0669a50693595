//! Checks what is expected of what is sent on a serial line.

use lockstep_core::event::SerialId;

use super::{Checker, Mismatch};
use crate::quoted::Quoted;
use crate::scenario::SerialAssertion;
use crate::scenario::pattern::Pattern;
use crate::scenario::plan::{CauseKind, Check};
use crate::trace::EntryKind;

/// How many of the bytes that were sent a message shows.
const SHOWN: usize = 60;

impl Checker<'_> {
    pub(super) fn serial(
        &self,
        line: SerialId,
        assertion: &SerialAssertion,
        check: &Check,
    ) -> Result<(), Mismatch> {
        let name = self.line_name(line);
        match assertion {
            SerialAssertion::Sent(pattern) => {
                let (from, now) = (self.index(check.cause.start), self.index(check.at));
                let sent = self.sent_between(line, from, now);
                if pattern.find(&sent).is_some() {
                    return Ok(());
                }
                let tick = check.at.tick;
                let since = match check.cause.kind {
                    CauseKind::PowerUp => "power-up".to_owned(),
                    kind => format!("the {kind} at tick {}", check.cause.start.tick.0),
                };
                let up_to = format!("since {since}, up to tick {}", tick.0);
                let message = format!("`{name}` did not say {pattern} {up_to}: {}", it_said(&sent));
                Err(Mismatch::new(tick, message))
            }
            SerialAssertion::SentWithin(pattern, within) => {
                let window = self.window_to_reset(check);
                let sent = self.sent_between(line, window.first, window.last);
                if pattern.find(&sent).is_some() {
                    return Ok(());
                }
                let within = self.length(*within);
                let message = format!(
                    "`{name}` did not say {pattern} within {within}, {window}: {}",
                    it_said(&sent)
                );
                Err(Mismatch::new(window.end, message))
            }
            SerialAssertion::Silent(length) => {
                let window = self.window(check);
                let mut entries = self.between(window.first, window.last).iter();
                let said = entries.find_map(|entry| match &entry.what {
                    EntryKind::Sent(other, bytes) if *other == line => Some((entry.tick, bytes)),
                    _ => None,
                });
                let Some((tick, bytes)) = said else {
                    return Ok(());
                };
                let message = format!(
                    "at tick {} `{name}` said {}, expected nothing for {}, {window}",
                    tick.0,
                    Quoted(bytes.get(..SHOWN).unwrap_or(bytes)),
                    self.length(*length)
                );
                Err(Mismatch::new(tick, message))
            }
        }
    }

    /// The bytes that were sent on a line from one index of the trace to another.
    pub(super) fn sent_between(&self, line: SerialId, from: usize, to: usize) -> Vec<u8> {
        let entries = self.between(from, to).iter();
        let sent = entries.filter_map(|entry| match &entry.what {
            EntryKind::Sent(other, bytes) if *other == line => Some(bytes.iter().copied()),
            _ => None,
        });
        sent.flatten().collect()
    }

    /// The tick from which on a line has said this, if it says it later than at this index.
    pub(super) fn said_later(
        &self,
        line: SerialId,
        pattern: &Pattern,
        from: usize,
    ) -> Option<lockstep_core::time::RunTicks> {
        let sent = self.sent_between(line, from, self.entries.len());
        let end = pattern.end(&sent)?;
        let mut before = 0;
        self.entries
            .get(from..)?
            .iter()
            .find_map(|entry| match &entry.what {
                EntryKind::Sent(other, bytes) if *other == line => {
                    before += bytes.len();
                    (before >= end).then_some(entry.tick)
                }
                _ => None,
            })
    }

    pub(super) fn line_name(&self, line: SerialId) -> &'static str {
        let lines = self.descriptor.serial_lines();
        lines
            .get(usize::from(line.0))
            .map_or("?", |line| line.name())
    }
}

/// What was said instead, its end if it is long.
fn it_said(sent: &[u8]) -> String {
    match sent.len().checked_sub(SHOWN) {
        _ if sent.is_empty() => "it said nothing".to_owned(),
        None | Some(0) => format!("it said {}", Quoted(sent)),
        Some(hidden) => {
            let end = sent.get(hidden..).unwrap_or_default();
            format!("it said {hidden} bytes and {}", Quoted(end))
        }
    }
}
