extern crate std;

use super::*;
use crate::action::SwitchState;
use crate::app::{Log, LogId};
use crate::event::{ButtonId, NumberId, SerialId};
use crate::matrix::MatrixId;
use crate::output::Level;
use crate::short::{self, ShortBytes};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

fn bytes(message: &impl Serialize) -> Vec<u8> {
    let mut buffer = [0; MAX_FRAME];
    let bytes = encode(message, &mut buffer).expect("a message has room in a frame");
    let (closing, body) = bytes.split_last().expect("a frame is not empty");
    assert!(*closing == 0 && !body.contains(&0));
    let mut plain = bytes.to_vec();
    let length = unstuff(&mut plain);
    plain.truncate(length);
    plain
}

/// Takes the bytes out of their COBS frame, by the definition of COBS.
fn unstuff(frame: &mut [u8]) -> usize {
    let (mut from, mut to) = (0, 0);
    while frame[from] != 0 {
        let code = usize::from(frame[from]);
        for offset in 1..code {
            frame[to] = frame[from + offset];
            to += 1;
        }
        from += code;
        if code < 255 && frame[from] != 0 {
            frame[to] = 0;
            to += 1;
        }
    }
    to
}

const HELLO: Hello<'static> = Hello {
    protocol: VERSION,
    run: None,
    app: "a",
    version: "1",
    build: "b",
    fingerprint: 1,
    image: &[7, 8],
    tick_hz: 1_000,
    capacity: 32,
    boot: BootReport {
        condition: BootCondition(2),
        data_copied: true,
        bss_zeroed: true,
        crashes: 3,
    },
    crash_record: &[9],
};

#[test]
fn each_stimulus_has_its_word() {
    assert_eq!(Stimulus::ALL.map(Stimulus::word), ["rtt", "pins"]);
}

#[test]
fn every_frame_stands_in_these_bytes() {
    let status = Status {
        phase: Phase::Stopped,
        tick: RunTicks(300),
        queued: 2,
        losses: Losses {
            frames: 1,
            ticks: 0,
            bytes: 0,
        },
    };
    let end = RunEnd {
        tick: RunTicks(128),
        observations: 5,
        losses: Losses {
            frames: 0,
            ticks: 1,
            bytes: 3,
        },
    };
    let closes = Action::Button(ButtonId(1), SwitchState::Closed);
    let reset = Action::Reset(BootCondition(1));
    let log = Log::new(LogId(2), 300);
    let said = Log::text(LogId(3), "hi");
    let warmer = Action::Number(NumberId(1), 214);
    let arrives = Action::Byte(SerialId(0), b'x');
    for (number, message, expected) in [
        (
            0,
            Message::Hello(HELLO),
            &[
                0, 0, 3, 0, 1, b'a', 1, b'1', 1, b'b', 1, 2, 7, 8, 0xe8, 7, 32, 2, 1, 1, 3, 1, 9,
            ][..],
        ),
        (
            1,
            Message::Observed(RunTicks(5), Observation::Input(closes)),
            &[1, 1, 5, 0, 0, 1, 0],
        ),
        (
            2,
            Message::Observed(RunTicks(5), Observation::Input(reset)),
            &[2, 1, 5, 0, 1, 1],
        ),
        (
            3,
            Message::Observed(RunTicks(5), Observation::Log(log)),
            &[3, 1, 5, 1, 2, 0, 0xd8, 4],
        ),
        (
            4,
            Message::Observed(RunTicks(5), Observation::Output(3, Level(50))),
            &[4, 1, 5, 2, 3, 100],
        ),
        (
            4,
            Message::Observed(RunTicks(5), Observation::Output(3, Level(-1))),
            &[4, 1, 5, 2, 3, 1],
        ),
        (
            5,
            Message::Observed(RunTicks(5), Observation::Input(warmer)),
            &[5, 1, 5, 0, 2, 1, 0xac, 3],
        ),
        (
            5,
            Message::Observed(RunTicks(5), Observation::Input(arrives)),
            &[5, 1, 5, 0, 3, 0, b'x'],
        ),
        (
            5,
            Message::Observed(RunTicks(5), Observation::Log(said)),
            &[5, 1, 5, 1, 3, 1, 2, b'h', b'i'],
        ),
        (
            5,
            Message::Observed(
                RunTicks(5),
                Observation::Sent(SerialId(1), ShortBytes::new(b"ok")),
            ),
            &[5, 1, 5, 3, 1, 2, b'o', b'k'],
        ),
        (
            5,
            Message::Observed(
                RunTicks(5),
                Observation::Row(MatrixId(1), 4, ShortBytes::new(&[0x98])),
            ),
            &[5, 1, 5, 4, 1, 4, 1, 0x98],
        ),
        (200, Message::End(end), &[0xc8, 1, 2, 0x80, 1, 5, 0, 1, 3]),
        (6, Message::Status(status), &[6, 3, 2, 0xac, 2, 2, 1, 0, 0]),
        (7, Message::Refused(Refusal::Malformed), &[7, 4, 0]),
        (
            7,
            Message::Refused(Refusal::Late(RunTicks(9))),
            &[7, 4, 1, 9],
        ),
        (7, Message::Refused(Refusal::OutOfOrder), &[7, 4, 2]),
        (7, Message::Refused(Refusal::QueueFull), &[7, 4, 3]),
        (7, Message::Refused(Refusal::NoSuchButton), &[7, 4, 4]),
        (7, Message::Refused(Refusal::PinsMoveButtons), &[7, 4, 5]),
        (7, Message::Refused(Refusal::ClockNotSettable), &[7, 4, 6]),
        (7, Message::Refused(Refusal::AlreadyPlaying), &[7, 4, 7]),
        (7, Message::Refused(Refusal::CrashLoop), &[7, 4, 8]),
    ] {
        let frame = Frame { number, message };
        assert_eq!(bytes(&frame), expected, "{message:?}");
    }
}

#[test]
fn every_word_has_its_number() {
    for (number, phase) in (0..).zip([
        Phase::Normal,
        Phase::Playing,
        Phase::Stopped,
        Phase::CrashLoop,
    ]) {
        assert_eq!(bytes(&phase), [number]);
    }
    for (number, stimulus) in (0..).zip([Stimulus::Scheduled, Stimulus::Pins]) {
        assert_eq!(bytes(&stimulus), [number]);
    }
    for number in 0..3 {
        assert_eq!(bytes(&BootCondition(number)), [number]);
    }
    let refusals = [
        Refusal::Malformed,
        Refusal::Late(RunTicks(0)),
        Refusal::OutOfOrder,
        Refusal::QueueFull,
        Refusal::NoSuchButton,
        Refusal::PinsMoveButtons,
        Refusal::ClockNotSettable,
        Refusal::AlreadyPlaying,
        Refusal::CrashLoop,
        Refusal::NotStopped,
        Refusal::TwiceInOneTick,
        Refusal::NoSuchBootCondition,
        Refusal::NoSuchNumber,
        Refusal::NoSuchSerialLine,
        Refusal::NumberOutOfRange,
    ];
    for (number, refusal) in (0..).zip(refusals) {
        assert_eq!(bytes(&refusal)[0], number, "{refusal:?}");
    }
}

#[test]
fn what_is_more_or_less_than_a_message_is_none() {
    let stop = [2, 3, 0];
    assert_eq!(decode_in_place(&mut stop.clone()), Ok(Command::Stop));
    assert_eq!(decode_in_place(&mut stop[..2].to_vec()), Ok(Command::Stop));
    for wrong in [
        &[][..],
        &[0],
        &[4, 3, 99, 99, 0],
        &[2, 3, 0, 2, 3, 0],
        &[3, 3, 0],
        &[2, 9, 0],
    ] {
        let decoded: Result<Command, _> = decode_in_place(&mut wrong.to_vec());
        assert_eq!(decoded, Err(DecodeError), "{wrong:?}");
    }
}

#[test]
fn every_command_stands_in_these_bytes() {
    let start = RunParameters {
        run: 300,
        condition: BootCondition::OK,
        clock: Instant(u32::MAX),
        end: RunTicks(1_000),
        stimulus: Stimulus::Pins,
        passes_idle: true,
    };
    let opens = Action::Button(ButtonId(0), SwitchState::Open);
    for (command, expected) in [
        (Command::Hello, &[0][..]),
        (
            Command::Start(start),
            &[1, 0xac, 2, 0, 0xff, 0xff, 0xff, 0xff, 15, 0xe8, 7, 1, 1],
        ),
        (Command::At(RunTicks(7), opens), &[2, 7, 0, 0, 1]),
        (Command::Stop, &[3]),
        (Command::Query, &[4]),
    ] {
        assert_eq!(bytes(&command), expected, "{command:?}");
    }
}

#[test]
fn the_largest_of_each_has_room() {
    let text = core::str::from_utf8(&[b'x'; MAX_TEXT]).expect("ASCII");
    let hello = Hello {
        app: text,
        version: text,
        build: text,
        run: Some(u32::MAX),
        fingerprint: u64::MAX,
        image: &[0xff; 20],
        tick_hz: u32::MAX,
        capacity: u16::MAX,
        crash_record: &[0xff; MAX_CRASH_RECORD],
        ..HELLO
    };
    let frame = Frame {
        number: u32::MAX,
        message: Message::Hello(hello),
    };
    assert!(encode(&frame, &mut [0; MAX_FRAME]).is_some());
    for what in [
        Observation::Sent(SerialId(u8::MAX), ShortBytes::new(&[0xff; short::MAX])),
        Observation::Log(Log::text(LogId(u8::MAX), &"x".repeat(short::MAX))),
        Observation::Row(
            MatrixId(u8::MAX),
            u8::MAX,
            ShortBytes::new(&[1; short::MAX]),
        ),
    ] {
        let frame = Frame {
            number: u32::MAX,
            message: Message::Observed(RunTicks::MAX, what),
        };
        assert!(encode(&frame, &mut [0; MAX_FRAME]).is_some());
    }
    let start = RunParameters {
        run: u32::MAX,
        condition: BootCondition(2),
        clock: Instant(u32::MAX),
        end: RunTicks::MAX,
        stimulus: Stimulus::Pins,
        passes_idle: true,
    };
    assert!(encode(&Command::Start(start), &mut [0; MAX_COMMAND]).is_some());
}

#[test]
fn what_has_no_room_is_not_written() {
    assert_eq!(encode(&Command::Query, &mut [0; 2]), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_malformed(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let _ = decode_in_place::<Frame<'_>>(&mut bytes.clone());
        let _ = decode_in_place::<Command>(&mut bytes);
    }

    #[test]
    fn what_was_encoded_is_decoded(number: u32, tick: u64, index: u8, level: i32) {
        let message =
            Message::Observed(RunTicks(tick), Observation::Output(index, Level(level)));
        let frame = Frame { number, message };
        let mut buffer = [0; MAX_FRAME];
        let length = encode(&frame, &mut buffer).map_or(0, <[u8]>::len);
        let mut bytes = vec![0; length];
        bytes.copy_from_slice(&buffer[..length]);
        prop_assert_eq!(decode_in_place::<Frame<'_>>(&mut bytes), Ok(frame));
    }
}
