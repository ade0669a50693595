use super::*;
use lockstep_core::time::TickPeriod;

use crate::script::{BootCondition, MAX_EVENTS, SwitchState, max_length};
use crate::testing::{press_and_reset, scripts, trace_of};
use lockstep_apps::toggle;
use lockstep_core::app::App;
use lockstep_core::time::{Instant, RunTicks};
use proptest::prelude::*;

const TOGGLE: AppDescriptor = toggle::Toggle::DESCRIPTOR;

const TWO_BUTTONS: AppDescriptor = AppDescriptor::new("two", "1.2.3")
    .with_build("abc")
    .with_buttons(&["A", "B"])
    .with_boot_conditions(TOGGLE.boot_conditions());

fn recording(descriptor: &'static AppDescriptor) -> Recording {
    Recording::of(descriptor, &press_and_reset()).unwrap()
}

fn two() -> Recording {
    recording(const { &TWO_BUTTONS })
}

/// A recording with a valid envelope, whatever its content.
fn sealed(content: &[&[u8]]) -> Vec<u8> {
    envelope::seal(1, &content.concat())
}

/// The names of an app with a button A, up to the conditions at the start.
const APP: &[u8] = b"\x03one\x011\x012\x01\x01A";

#[test]
fn the_bytes_are_those_in_the_docs() {
    let bytes = two().encode();
    let (rest, checksum) = bytes.split_last_chunk().unwrap();
    assert_eq!(
        rest,
        [
            b"\x89LSREC\r\n" as &[u8], // signature
            &[1],                      // version
            &[43, 0, 0, 0],            // length
            b"\x03two",                // app
            b"\x051.2.3",              // its version
            b"\x03abc",                // its build
            b"\x02\x01A\x01B",         // its buttons
            &[0],                      // conditions: ok
            &[0],                      // clock
            &[9],                      // last tick
            &[3],                      // events
            &[2 * 5 + 3],              // 2 ticks later, A
            &[5 + 2],                  // 1 tick later, reset: uart-missing
            &[3 * 5 + 3],              // 3 ticks later, A
        ]
        .concat()
    );
    assert_eq!(u32::from_le_bytes(*checksum), crc32fast::hash(rest));
}

#[test]
fn what_was_recorded_can_be_played_by_its_app() {
    const SWAPPED: AppDescriptor = TWO_BUTTONS.with_buttons(&["C", "B", "A"]).with_build("def");
    const WITHOUT: AppDescriptor = TWO_BUTTONS.with_buttons(&["A"]);
    let recording = two();
    assert_eq!(recording.script(&TWO_BUTTONS), Ok(press_and_reset()));
    assert!(recording.built_from(&TWO_BUTTONS));

    let swapped = recording.script(&SWAPPED).unwrap();
    let moved = Action::Button(ButtonId(2), SwitchState::Closed);
    assert_eq!(swapped.events()[0].action, moved);
    assert!(!recording.built_from(&SWAPPED));

    let other = recording.script(&TOGGLE).unwrap_err().to_string();
    assert!(other.contains("app `two` cannot be played by app `toggle`"));
    let missing = recording.script(&WITHOUT).unwrap_err().to_string();
    assert!(
        missing.contains("byte 30: a recording with a button `B`")
            && missing.contains("expected `A`")
    );
}

#[test]
fn a_descriptor_that_cannot_be_read_again_is_not_recorded() {
    const CONTROL: AppDescriptor = TWO_BUTTONS.with_build("a\u{1b}b");
    const NO_BUTTON: AppDescriptor = TWO_BUTTONS.with_buttons(&[]);
    const TWICE: AppDescriptor = TWO_BUTTONS.with_buttons(&["A", "A"]);
    for (descriptor, problem) in [
        (const { &CONTROL }, "control characters"),
        (const { &NO_BUTTON }, "at tick 2"),
        (const { &TWICE }, "two buttons"),
    ] {
        let error = Recording::of(descriptor, &press_and_reset()).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn an_identity_has_at_most_max_identity_bytes() {
    for (length, is_recorded) in [(MAX_IDENTITY, true), (MAX_IDENTITY + 1, false)] {
        let build: &'static str = "b".repeat(length).leak();
        let version: &'static str = "1".repeat(length).leak();
        for descriptor in [
            TWO_BUTTONS.with_build(build),
            AppDescriptor::new("two", version).with_buttons(&["A", "B"]),
        ] {
            let descriptor: &'static AppDescriptor = Box::leak(Box::new(descriptor));
            let script = Script::default();
            assert_eq!(Recording::of(descriptor, &script).is_ok(), is_recorded);
        }
    }
}

#[test]
fn marks_of_direction_are_not_recorded() {
    const REVERSED: AppDescriptor = TWO_BUTTONS.with_build("a\u{202e}b");
    let error = Recording::of(const { &REVERSED }, &Script::default()).unwrap_err();
    assert!(error.to_string().contains("control characters"), "{error}");
}

#[test]
fn errors_say_where_and_what_is_wrong() {
    let with = |place: usize, byte: u8| {
        let mut bytes = two().encode();
        bytes[place] = byte;
        bytes
    };
    let good = two().encode();
    let end = good.len();
    for (bytes, offset, message) in [
        (Vec::new(), 0, "expected at least 17 bytes"),
        (b"app: lamp\n".to_vec(), 0, "found 0x61, expected 0x89"),
        (b"\x89LSREC\n".to_vec(), 6, "found 0x0a, expected 0x0d"),
        (good[..5].to_vec(), 5, "expected at least 17 bytes"),
        (good[..end - 1].to_vec(), end - 1, "expected at least 43"),
        (with(8, 4), 8, "reads up to format 3: update it"),
        (with(8, 0), 8, "format 0 does not exist"),
        (with(9, 0), 9, "expected at least 17"),
        (with(12, 1), 9, "at most 8388608 is allowed"),
        (with(20, b'9'), end - 4, "damaged"),
        (with(end - 1, 0), end - 4, "damaged"),
        ([&good[..], b"!"].concat(), end, "1 more bytes follow"),
        (sealed(&[]), 13, "cannot be read, expected the app's name"),
        (sealed(&[b"\x02\xff\xfe"]), 13, "expected the app's name"),
        (sealed(&[b"\x03o\x1be"]), 13, "control characters"),
        (sealed(&[b"\x021e"]), 13, "beginning with a letter"),
        (
            sealed(&[b"\x03one\x011\x012\x02\x01A\x01A"]),
            21,
            "two buttons",
        ),
        (
            sealed(&[b"\x03one\x011\x012\x81\x01"]),
            21,
            "buttons is 129: at most 128",
        ),
        (sealed(&[APP, &[3, 0, 9, 0]]), 24, "no conditions 3"),
        (
            sealed(&[APP, &[0, 0, 0x80, 0xa8, 0xb2, 0xa0, 0x7f]]),
            26,
            "at most 2592000000",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 0xc1, 0x84, 0x3d]]),
            27,
            "at most 1000000",
        ),
        (sealed(&[APP, &[0, 0, 9, 2, 3]]), 29, "expected an event"),
        (
            sealed(&[APP, &[0, 0, 9, 1, 3, 7]]),
            29,
            "more follows after 1",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 1, 10 * 4]]),
            28,
            "after the last tick, 9",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 2, 3, 3]]),
            29,
            "moves twice at tick 0",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 2, 4, 1]]),
            29,
            "second reset at tick 1",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 2, 5, 3]]),
            29,
            "out of order at tick 1",
        ),
        (
            sealed(&[APP, &[0, 0, 9, 1, 0x83, 0]]),
            28,
            "not in its shortest form",
        ),
        (
            sealed(&[APP, &[0x80, 0, 0, 9, 0]]),
            24,
            "not in its shortest form",
        ),
    ] {
        let message_found = Recording::decode(&bytes).unwrap_err().to_string();
        let place = format!("byte {offset}: ");
        assert!(message_found.starts_with(&place), "{place}{message_found}");
        assert!(
            message_found.contains(message),
            "{message}: {message_found}"
        );
    }
}

#[test]
fn the_largest_recording_can_be_read() {
    let events = (0..MAX_EVENTS / 2).flat_map(|tap| {
        let tick = 600 * u64::try_from(tap).unwrap();
        [(tick, SwitchState::Closed), (tick + 100, SwitchState::Open)].map(|(tick, contact)| {
            ScriptEvent {
                tick: RunTicks(tick),
                action: Action::Button(ButtonId(0), contact),
            }
        })
    });
    let script = Script::new(
        BootCondition::OK,
        Instant::ZERO,
        events.collect(),
        max_length(TickPeriod::MILLISECOND),
    )
    .unwrap();
    let recording = Recording::of(const { &TOGGLE }, &script).unwrap();
    let bytes = recording.encode();
    assert!(bytes.len() < MAX_BYTES);
    assert_eq!(Recording::decode(&bytes), Ok(recording));
}

/// A few minutes of use: mostly taps and double taps, some long presses, and pauses.
#[test]
fn an_event_takes_less_than_4_bytes_and_an_idle_tick_none() {
    let mut random = 1_u64;
    let mut between = |least: u64, most: u64| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        least + (random >> 8) % (most - least)
    };
    let mut tick = 0;
    let mut events = Vec::new();
    for _ in 0..500 {
        let button = ButtonId(u8::try_from(between(0, 2)).unwrap());
        tick += match between(0, 10) {
            0 => between(5_000, 60_000),
            1..4 => between(100, 300),
            _ => between(400, 4_000),
        };
        let held = match between(0, 10) {
            0 => between(800, 2_500),
            _ => between(40, 200),
        };
        for (tick, contact) in [
            (tick, SwitchState::Closed),
            (tick + held, SwitchState::Open),
        ] {
            events.push(ScriptEvent {
                tick: RunTicks(tick),
                action: Action::Button(button, contact),
            });
        }
        tick += held;
    }
    let count = events.len();
    let bytes = |events, end| {
        let script = Script::new(BootCondition::OK, Instant::ZERO, events, RunTicks(end)).unwrap();
        Recording::of(const { &TWO_BUTTONS }, &script)
            .unwrap()
            .encode()
            .len()
    };
    let idle = bytes(Vec::new(), 3_600_000);
    assert_eq!(idle, bytes(Vec::new(), 7_200_000));
    let played = bytes(events, 7_200_000) - idle;
    assert!(played < 5 * count / 2, "{played} bytes for {count} events");
}

proptest! {
    #[test]
    fn what_is_recorded_is_what_is_replayed(script in scripts(1)) {
        let recording = Recording::of(const { &TOGGLE }, &script).unwrap();
        let bytes = recording.encode();
        let decoded = Recording::decode(&bytes).unwrap();
        prop_assert_eq!(&decoded, &recording);
        prop_assert_eq!(decoded.encode(), bytes);
        let replayed = decoded.script(&TOGGLE).unwrap();
        prop_assert_eq!(trace_of(&replayed), trace_of(&script));
    }

    #[test]
    fn buttons_keep_their_places(script in scripts(2)) {
        let recording = Recording::of(const { &TWO_BUTTONS }, &script).unwrap();
        let decoded = Recording::decode(&recording.encode()).unwrap();
        prop_assert_eq!(decoded.script(&TWO_BUTTONS).unwrap(), script);
    }

    #[test]
    fn every_damaged_byte_and_every_cut_is_refused(script in scripts(2), flip in 1_u8..) {
        let bytes = Recording::of(const { &TWO_BUTTONS }, &script).unwrap().encode();
        for place in 0..bytes.len() {
            prop_assert!(Recording::decode(&bytes[..place]).is_err());
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            prop_assert!(Recording::decode(&damaged).is_err());
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = Recording::decode(&bytes);
    }

    #[test]
    fn what_is_read_is_written_the_same(header in "[\u{0}-\u{9}]{4}", tail: Vec<u8>) {
        for bytes in [
            sealed(&[&tail]),
            sealed(&[APP, &tail]),
            sealed(&[APP, header.as_bytes(), &tail]),
        ] {
            if let Ok(recording) = Recording::decode(&bytes) {
                prop_assert_eq!(recording.encode(), bytes);
            }
        }
    }
}

#[test]
fn the_tick_of_the_app_is_recorded() {
    const QUICK: AppDescriptor = TOGGLE.with_tick(TickPeriod::from_us(250));
    const SLOW: AppDescriptor = TOGGLE.with_tick(TickPeriod::MAX);
    let quick = recording(const { &QUICK });
    let bytes = quick.encode();
    assert_eq!(Recording::decode(&bytes), Ok(quick.clone()));
    assert!(quick.script(&QUICK).is_ok());
    for (other, shown) in [(&TOGGLE, "1 ms"), (&SLOW, "100 ms")] {
        let refused = quick.script(other).unwrap_err().to_string();
        let expected = format!(
            "byte 13: recorded with ticks of 250 us, and app `{}` has ticks of {shown}: record the \
             run again",
            TOGGLE.name()
        );
        assert_eq!(refused, expected);
    }
    // One of a millisecond is in format 1, whose bytes are those that they were.
    assert_eq!(recording(const { &TOGGLE }).encode()[SIGNATURE.len()], 1);
    let of_1000 = envelope::seal(2, &[&[0xe8, 0x07], APP].concat());
    let refused = Recording::decode(&of_1000).unwrap_err().to_string();
    assert!(refused.contains("a tick of 1000 us"), "{refused}");
}
