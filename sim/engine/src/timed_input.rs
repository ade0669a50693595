//! What is done to a board over several ticks: bytes on a serial line, clicks of an encoder. The
//! events of each count their ticks from its beginning.

use lockstep_core::action::{Action, SwitchState};
use lockstep_core::event::SerialId;
use lockstep_core::ports::{Encoder, SerialLine};
use lockstep_core::time::{RunTicks, TickPeriod};

use crate::script::ScriptEvent;

/// Of a byte on a serial line: a start bit, eight bits of data, a stop bit.
const BITS_A_BYTE: u64 = 10;

/// The moves of its contacts in one click of an encoder.
pub const MOVES_A_CLICK: u64 = 4;

/// When a byte arrives that comes after so many others, as fast as the line carries them.
#[must_use]
pub fn arrival(line: &SerialLine, tick: TickPeriod, before: u64) -> RunTicks {
    let us = before.saturating_mul(BITS_A_BYTE * 1_000_000) / u64::from(line.baud().max(1));
    RunTicks(us / u64::from(tick.as_us()))
}

/// Each byte arrives when the line has carried those before it.
pub fn send<'a>(
    id: SerialId,
    line: &'a SerialLine,
    tick: TickPeriod,
    bytes: &'a [u8],
) -> impl Iterator<Item = ScriptEvent> + 'a {
    (0..).zip(bytes).map(move |(before, byte)| ScriptEvent {
        tick: arrival(line, tick, before),
        action: Action::Byte(id, *byte),
    })
}

/// The contacts close and open one after the other, in equal steps; clockwise for clicks above 0.
/// A board sees all of it where the length is at least [`MOVES_A_CLICK`] ticks a click.
pub fn turn(
    encoder: &Encoder,
    clicks: i32,
    length: RunTicks,
) -> impl Iterator<Item = ScriptEvent> + use<> {
    let (first, second) = match clicks > 0 {
        true => (encoder.a(), encoder.b()),
        false => (encoder.b(), encoder.a()),
    };
    let moves = u64::from(clicks.unsigned_abs()) * MOVES_A_CLICK;
    (0..moves).map(move |step| {
        let (button, contact) = match step % MOVES_A_CLICK {
            0 => (first, SwitchState::Closed),
            1 => (second, SwitchState::Closed),
            2 => (first, SwitchState::Open),
            _ => (second, SwitchState::Open),
        };
        let passed = u128::from(step) * u128::from(length.0) / u128::from(moves);
        ScriptEvent {
            tick: RunTicks(u64::try_from(passed).unwrap_or(length.0)),
            action: Action::Button(button, contact),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockstep_core::event::ButtonId;

    fn ticks(events: impl Iterator<Item = ScriptEvent>) -> Vec<u64> {
        events.map(|event| event.tick.0).collect()
    }

    #[test]
    fn bytes_arrive_as_fast_as_their_line_is() {
        let sent = |baud| {
            let line = SerialLine::new("uart").with_baud(baud);
            ticks(send(SerialId(0), &line, TickPeriod::MILLISECOND, b"status"))
        };
        assert_eq!(sent(115_200), [0, 0, 0, 0, 0, 0]);
        assert_eq!(sent(9_600), [0, 1, 2, 3, 4, 5]);
        assert_eq!(sent(5_000), [0, 2, 4, 6, 8, 10]);
        assert_eq!(sent(1), [0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    }

    #[test]
    fn a_click_is_four_moves_and_the_first_contact_says_the_way() {
        let knob = Encoder::new("knob", ButtonId(3), ButtonId(5));
        assert_eq!(
            ticks(turn(&knob, 2, RunTicks(16))),
            [0, 2, 4, 6, 8, 10, 12, 14]
        );
        let contacts = |clicks| -> Vec<_> {
            let moves = turn(&knob, clicks, RunTicks(4));
            moves.map(|event| event.action).collect()
        };
        let press = |id| Action::Button(ButtonId(id), SwitchState::Closed);
        let release = |id| Action::Button(ButtonId(id), SwitchState::Open);
        assert_eq!(contacts(1), [press(3), press(5), release(3), release(5)]);
        assert_eq!(contacts(-1), [press(5), press(3), release(5), release(3)]);
    }
}
