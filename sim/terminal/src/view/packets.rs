//! Bytes of serial lines in the waves: packets that can be read where there is room.

use lockstep_core::time::RunTicks;
use lockstep_engine::timed_input::arrival;
use lockstep_engine::trace::Entry;

use super::text::head_of;
use crate::console::{payload, shown};
use crate::signal_history::{Change, Signal, SignalHistory};
use crate::ui_state::UiState;

/// The fewest columns of a text; in less room a packet is a glyph.
const SHORTEST: usize = 3;

/// The most packets in a column that are looked at one by one.
const MOST: usize = 64;

/// What is drawn of the packets that begin in a column.
pub(super) enum PacketMark {
    /// The text of the only one.
    Text(String),
    /// How many there are.
    Count(usize),
}

/// The packets of a serial line, of one branch.
pub(super) struct Packets<'a> {
    pub(super) signals: &'a SignalHistory,
    pub(super) signal: Signal,
    pub(super) entries: &'a [Entry],
}

impl Packets<'_> {
    /// What is drawn from which column on. The spans of the columns are their first ticks, and
    /// those of the next ones.
    pub(super) fn marks(
        &self,
        ui: &UiState,
        spans: &[(RunTicks, RunTicks)],
    ) -> Vec<(usize, PacketMark)> {
        let gap = self.longest_gap(ui);
        let mut marks = Vec::new();
        let mut last: Option<RunTicks> = None;
        for (column, (from, before)) in spans.iter().enumerate() {
            let changes = self.signals.between(self.signal, *from, *before);
            let mut begins = 0;
            for change in changes.iter().take(MOST) {
                let goes_on = last.is_some_and(|last| change.tick.0 - last.0 <= gap.0);
                begins += usize::from(!goes_on);
                last = Some(change.tick);
            }
            if changes.len() > MOST {
                begins = changes.len();
                last = changes.last().map(|change| change.tick);
            }
            match (begins, changes.first()) {
                (0, _) | (_, None) => {}
                (1, Some(first)) => {
                    let first = changes
                        .iter()
                        .find(|it| !self.goes_on(it, gap))
                        .unwrap_or(first);
                    let text = self.text(ui, *first, gap, spans.len());
                    marks.push((column, PacketMark::Text(text)));
                }
                (count, _) => marks.push((column, PacketMark::Count(count))),
            }
        }
        marks
    }

    /// The packet that is under way in the column of the cursor, as a text; empty where there is
    /// none.
    pub(super) fn at_cursor(&self, ui: &UiState, column: RunTicks) -> String {
        let after = ui.cursor.saturating_add(RunTicks(1));
        let here = self.signals.between(self.signal, column, after);
        let packet = here.last().and_then(|last| payload(self.entries, *last));
        packet.map_or(String::new(), |(_, bytes)| shown(bytes, ui.shows_hex))
    }

    /// Bytes that come no later than this after those before belong to the same packet.
    fn longest_gap(&self, ui: &UiState) -> RunTicks {
        let index = match self.signal {
            Signal::Received(index) | Signal::Sent(index) => index,
            _ => return RunTicks(1),
        };
        let line = ui.descriptor().serial_lines().get(index);
        let byte = line.map(|line| arrival(line, ui.tick_period(), 1));
        byte.unwrap_or_default().saturating_add(RunTicks(1))
    }

    fn goes_on(&self, change: &Change, gap: RunTicks) -> bool {
        let earliest = change.tick.saturating_sub(gap);
        let before = self.signals.between(self.signal, earliest, change.tick);
        !before.is_empty()
    }

    /// The bytes from one change on, as far as they fit in so many columns.
    fn text(&self, ui: &UiState, first: Change, gap: RunTicks, columns: usize) -> String {
        let changes = self.signals.changes(self.signal);
        let from = changes.partition_point(|change| change.tick < first.tick);
        let mut bytes: Vec<u8> = Vec::new();
        let mut last = first.tick;
        for change in changes.get(from..).unwrap_or_default() {
            if change.tick.0 - last.0 > gap.0 || bytes.len() > columns {
                break;
            }
            last = change.tick;
            if let Some((_, more)) = payload(self.entries, *change) {
                bytes.extend(more);
            }
        }
        shown(&bytes, ui.shows_hex)
    }
}

/// The text in this many columns, with a gap where it is cut; `None` where too few are left.
pub(super) fn fitted(text: &str, room: usize, gap: char) -> Option<String> {
    if head_of(text, room).len() == text.len() {
        return Some(text.to_owned());
    }
    let head = head_of(text, room.checked_sub(1)?);
    (room >= SHORTEST).then(|| format!("{head}{gap}"))
}
