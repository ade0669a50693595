//! What the UART of a board carries, compared with what the firmware says that it sends.

use lockstep_core::event::SerialId;
use lockstep_core::time::RunTicks;
use lockstep_engine::quoted::Quoted;
use lockstep_engine::trace::{EntryKind, Trace};

use super::pin_edges::PinMismatch;

/// How many bytes before a difference a message shows.
const SHOWN: usize = 24;

/// What should leave on a line in a run, byte by byte, with the tick at which it is sent.
#[must_use]
pub fn expected(trace: &Trace, line: SerialId) -> Vec<(RunTicks, u8)> {
    let entries = trace.entries().iter();
    let sent = entries.filter_map(|entry| match &entry.what {
        EntryKind::Sent(other, bytes) if *other == line => Some((entry.tick, bytes)),
        _ => None,
    });
    sent.flat_map(|(tick, bytes)| bytes.iter().map(move |byte| (tick, *byte)))
        .collect()
}

/// The first difference between what should have left on a line and what has.
#[must_use]
pub fn compare(name: &str, expected: &[(RunTicks, u8)], seen: &[u8]) -> Option<PinMismatch> {
    let shared = expected
        .iter()
        .zip(seen)
        .take_while(|((_, byte), seen)| byte == *seen)
        .count();
    if shared == expected.len() && shared == seen.len() {
        return None;
    }
    let from = shared.saturating_sub(SHOWN);
    let excerpt = |bytes: &[u8]| {
        let part = bytes.get(from..bytes.len().min(shared + SHOWN));
        match part.unwrap_or_default() {
            [] => "nothing".to_owned(),
            part => Quoted(part).to_string(),
        }
    };
    let all: Vec<u8> = expected.iter().map(|(_, byte)| *byte).collect();
    let at = expected.get(shared).or(expected.last());
    Some(PinMismatch {
        tick: at.map_or(RunTicks::ZERO, |(tick, _)| *tick),
        message: format!(
            "serial line `{name}` was seen from outside, from byte {from} on: {}; expected {}",
            excerpt(seen),
            excerpt(&all)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(expected: &[u8], seen: &[u8]) -> Option<(u64, String)> {
        let dated = (0..).zip(expected);
        let dated: Vec<_> = dated.map(|(tick, byte)| (RunTicks(tick), *byte)).collect();
        let mismatch = compare("uart", &dated, seen)?;
        Some((mismatch.tick.0, mismatch.message))
    }

    #[test]
    fn equal_bytes_are_no_difference() {
        assert_eq!(difference(b"", b""), None);
        assert_eq!(difference(b"ok\n", b"ok\n"), None);
    }

    #[test]
    fn a_difference_is_shown_with_the_tick_of_its_first_byte() {
        let message = |seen: &str, expected: &str| {
            format!(
                "serial line `uart` was seen from outside, from byte 0 on: {seen}; expected \
                 {expected}"
            )
        };
        for (sent, seen, tick, shown) in [
            (&b"ok\n"[..], &b"ox\n"[..], 1, [r#""ox\n""#, r#""ok\n""#]),
            (b"ok", b"", 0, ["nothing", r#""ok""#]),
            (b"ok", b"okk", 1, [r#""okk""#, r#""ok""#]),
            (b"", b"x", 0, [r#""x""#, "nothing"]),
        ] {
            let expected = Some((tick, message(shown[0], shown[1])));
            assert_eq!(difference(sent, seen), expected);
        }
    }
}
