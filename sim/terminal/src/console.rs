//! What was received and sent on a serial line, as lines of a console.

use lockstep_core::event::SerialId;

use super::signal_history::{Change, Signal};
use super::ui_state::UiState;
use lockstep_engine::quoted::Quoted;
use lockstep_engine::trace::{Entry, EntryKind};

/// Of so many packets at least, lines are made.
const PACKETS: usize = 256;

/// The most bytes of a line: what has no ends of lines is broken.
const LONGEST: usize = 80;

/// Bytes of one direction, up to the end of their line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConsoleLine {
    /// Whether the app received them; it sent them otherwise.
    pub(super) is_received: bool,
    pub(super) bytes: Vec<u8>,
}

/// The last lines of a serial line, up to the cursor.
pub(super) fn last_lines(ui: &UiState, id: SerialId, count: usize) -> Vec<ConsoleLine> {
    let index = usize::from(id.0);
    let recent = |signal| {
        let changes = ui.signals.changes(signal);
        let past = changes.partition_point(|change| change.tick <= ui.cursor);
        // By whole blocks, so that lines are broken at the same bytes as time goes on.
        let first = past.saturating_sub(PACKETS) / PACKETS * PACKETS;
        &changes[first..past]
    };
    let [received, sent] = [Signal::Received(index), Signal::Sent(index)].map(recent);
    let mut packets: Vec<_> = received.iter().chain(sent).collect();
    packets.sort_by_key(|packet| packet.value);
    let mut lines: Vec<ConsoleLine> = Vec::new();
    for packet in packets {
        let Some((is_received, bytes)) = payload(ui.trace().entries(), *packet) else {
            continue;
        };
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            for part in part.chunks(LONGEST) {
                append(&mut lines, is_received, part);
            }
        }
    }
    lines.split_off(lines.len().saturating_sub(count))
}

fn append(lines: &mut Vec<ConsoleLine>, is_received: bool, part: &[u8]) {
    let goes_on = |line: &&mut ConsoleLine| {
        line.is_received == is_received
            && !line.bytes.ends_with(b"\n")
            && line.bytes.len() + part.len() <= LONGEST
    };
    match lines.last_mut().filter(goes_on) {
        Some(line) => line.bytes.extend(part),
        None => lines.push(ConsoleLine {
            is_received,
            bytes: part.to_vec(),
        }),
    }
}

/// The bytes of a packet, and whether the app received them.
pub(super) fn payload(entries: &[Entry], packet: Change) -> Option<(bool, &[u8])> {
    let index = usize::try_from(packet.value).ok()?;
    match &entries.get(index)?.what {
        EntryKind::Received(_, bytes) => Some((true, bytes)),
        EntryKind::Sent(_, bytes) => Some((false, bytes)),
        _ => None,
    }
}

/// Bytes as they are shown: as text in quotes, or in hex.
pub(super) fn shown(bytes: &[u8], in_hex: bool) -> String {
    match in_hex {
        true => {
            let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            digits.join(" ")
        }
        false => Quoted(bytes).to_string(),
    }
}
