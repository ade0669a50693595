//! The broken inputs that are made by code: recordings, and texts whose bytes an editor or
//! a checkout would mend, or that are too long to be written by hand.

use std::fs;
use std::path::Path;

use lockstep_core::app::AppDescriptor;
use lockstep_core::event::ButtonId;
use lockstep_core::time::{Instant, RunTicks};
use lockstep_engine::recording::Recording;
use lockstep_engine::script::{Action, BootCondition, Script, ScriptEvent, SwitchState};
use shipped_apps::shipped;

/// Where the parts of a recording stand, as `docs/formats.md` says.
const VERSION_AT: usize = 8;
const LENGTH_AT: usize = 9;
const CONTENT_AT: usize = 13;
const CHECKSUM: usize = 4;

/// Writes every file that is made.
pub(crate) fn write_all(folder: &Path) {
    for (name, bytes) in all() {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Whether the files in the folder are the ones that are made, and no recording is there
/// that is not.
pub(crate) fn check_all(folder: &Path) -> Result<(), String> {
    let made = all();
    for (name, bytes) in &made {
        let found = fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        if found != *bytes {
            return Err(format!(
                "{name} is not what `made` makes: `INSTA_UPDATE=always` mends it"
            ));
        }
    }
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".rec") && !made.iter().any(|(made, _)| *made == name) {
            return Err(format!("nobody knows how {name} came about"));
        }
    }
    Ok(())
}

fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = recordings();
    all.extend(scenarios());
    all.extend(waveforms());
    all
}

fn recordings() -> Vec<(&'static str, Vec<u8>)> {
    let good = tap_of_the_lamp();
    let content = &good[CONTENT_AT..good.len() - CHECKSUM];
    // Everything up to the conditions at the start.
    let names = &content[..content.len() - 7];
    vec![
        ("empty.rec", Vec::new()),
        (
            "not-a-recording.rec",
            b"app lamp\n\ntap A for 50 ms\n".to_vec(),
        ),
        (
            "line-ends-changed.rec",
            // What a program leaves that takes the file for text.
            [&good[..6], b"\n", &good[8..]].concat(),
        ),
        ("newer-format.rec", with(&good, VERSION_AT, &[4])),
        ("format-0.rec", with(&good, VERSION_AT, &[0])),
        ("cut-in-the-signature.rec", good[..5].to_vec()),
        ("cut-in-the-header.rec", good[..11].to_vec()),
        ("cut-short.rec", good[..good.len() - 7].to_vec()),
        ("damaged.rec", with(&good, CONTENT_AT + 2, b"i")),
        (
            "damaged-checksum.rec",
            with(&good, good.len() - 1, &[!good[good.len() - 1]]),
        ),
        ("trailing-bytes.rec", [&good[..], b"and more"].concat()),
        ("absurd-length.rec", with(&good, LENGTH_AT, &[0xff; 4])),
        (
            "length-too-small.rec",
            with(&good, LENGTH_AT, &[3, 0, 0, 0]),
        ),
        ("unknown-app.rec", recording(KETTLE)),
        ("missing-button.rec", recording(THREE_BUTTONS)),
        ("absurd-name.rec", sealed(&[b"\xff\xff\xff\xff\x0f"])),
        ("name-of-control-characters.rec", sealed(&[b"\x04\x1b[2J"])),
        (
            "absurd-button-count.rec",
            sealed(&[b"\x04lamp\x011\x01b", &[0xff, 0xff, 0xff, 0xff, 0x0f]]),
        ),
        (
            "absurd-event-count.rec",
            sealed(&[names, &[0, 0, 100, 0xff, 0xff, 0xff, 0xff, 0x0f]]),
        ),
        (
            "fewer-events-than-counted.rec",
            sealed(&[names, &[0, 0, 100, 9, 3]]),
        ),
        (
            "more-events-than-counted.rec",
            sealed(&[names, &[0, 0, 100, 1, 3, 253, 1]]),
        ),
        ("no-such-conditions.rec", sealed(&[names, &[9, 0, 100, 0]])),
        (
            "longer-than-thirty-days.rec",
            sealed(&[names, &[0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]]),
        ),
        (
            "event-after-the-end.rec",
            sealed(&[names, &[0, 0, 10, 1, 5 * 20 + 3]]),
        ),
        (
            "button-moves-twice-in-a-tick.rec",
            sealed(&[names, &[0, 0, 100, 2, 3, 3]]),
        ),
        (
            "two-resets-in-a-tick.rec",
            sealed(&[names, &[0, 0, 100, 2, 5, 1]]),
        ),
        (
            "number-longer-than-need-be.rec",
            sealed(&[names, &[0, 0, 100, 1, 0x83, 0]]),
        ),
    ]
}

fn scenarios() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let thirty: String = (1..=30).map(|number| format!("wait {number}\n")).collect();
    vec![
        ("empty.scn", Vec::new()),
        (
            "crlf.scn",
            text(
                "# Line ends of another system, and a problem on line 5.\r\n\r\napp lamp\r\n\r\n\
                 wait 50\r\nwait 1 s\r\n",
            ),
        ),
        (
            "byte-order-mark.scn",
            text("\u{feff}app lmap\n# A byte order mark is not part of the first line.\n"),
        ),
        (
            "byte-order-mark-inside.scn",
            text(
                "# A byte order mark inside the file is a character like any other.\n\n\
                 app lamp\n\n\u{feff}wait 1 s\n",
            ),
        ),
        (
            "not-utf-8.scn",
            b"# Latin-1, where UTF-8 is expected.\n\napp lamp\n\nexpect log gr\xf6\xdfe\n".to_vec(),
        ),
        (
            "byte-order-mark-and-not-utf-8.scn",
            b"\xef\xbb\xbfapp l\xe4mp\n".to_vec(),
        ),
        (
            "zero-byte.scn",
            text("# A zero byte.\n\napp lamp\n\npress A\0B\n"),
        ),
        (
            "escape-sequence.scn",
            text(
                "# An escape sequence must not reach the terminal of whoever reads the message.\
                 \n\napp lamp\n\npress \u{1b}[31mA\u{1b}[0m\n",
            ),
        ),
        (
            "right-to-left.scn",
            text(
                "# Nor may a character turn the line around.\n\napp lamp\n\n\
                 press \u{202e}A and B\n",
            ),
        ),
        (
            "very-long-line.scn",
            text(&format!(
                "# A line longer than any sentence.\n\napp lamp\n\nwait {} ms\n",
                "1".repeat(1_200)
            )),
        ),
        (
            "very-long-word.scn",
            text(&format!(
                "# A word that is too long to be repeated.\n\napp lamp\n\nexpect {} is on\n",
                "lamp".repeat(200)
            )),
        ),
        (
            "far-into-a-long-line.scn",
            text(&format!(
                "# The line is shortened, its column is not.\n\napp lamp\n\n\
                 expect log power on{}wihtin 1 s # {}\n",
                " ".repeat(150),
                "x".repeat(700)
            )),
        ),
        (
            "thirty-problems.scn",
            text(&format!(
                "# Nobody reads thirty of them.\n\napp lamp\n\n{thirty}"
            )),
        ),
    ]
}

fn waveforms() -> Vec<(&'static str, Vec<u8>)> {
    let header = "$comment lockstep 1 app=lamp clock=0 $end
$timescale 1 ms $end
$scope module in $end
$var wire 1 a A $end
$upscope $end
$enddefinitions $end
";
    let crlf = format!("{header}#0 1a\n#50 0a\n#100 2a 1a\n").replace('\n', "\r\n");
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        ("empty.vcd", Vec::new()),
        ("crlf.vcd", text(&crlf)),
        (
            "escape-sequence.vcd",
            text("$comment Nor here. $end\n\u{1b}[2J $scope module in $end\n"),
        ),
        (
            "not-utf-8.vcd",
            [header.as_bytes(), b"#0 1a\n#50 s\xff\xfe a\n"].concat(),
        ),
        (
            "scope-bomb.vcd",
            text(&format!(
                "$comment Scopes, and never an end of them. $end\n{}",
                "$scope module deeper $end\n".repeat(1_001)
            )),
        ),
        (
            "never-ending-string.vcd",
            text(&format!("{header}#0 1a\n#50 s{}", "a".repeat(70_000))),
        ),
        (
            "never-ending-comment.vcd",
            text(&format!("$comment {}", "and on ".repeat(10_000))),
        ),
        (
            "one-long-line.vcd",
            text(&format!(
                "{} {} 2a #9999 0a",
                header.replace('\n', " ").trim_end(),
                "#0 1a #1 0a #2 1a #3 0a #4 1a #5 0a #6 1a #7 0a #8 1a #9 0a"
            )),
        ),
    ]
}

/// An app that nobody ships.
const KETTLE: &AppDescriptor = &AppDescriptor::new("kettle", "1.0.0").with_buttons(&["A", "B"]);

/// A lamp of another time.
const THREE_BUTTONS: &AppDescriptor =
    &AppDescriptor::new("lamp", "9.0.0").with_buttons(&["A", "B", "C"]);

/// The descriptor of the lamp, but for its version and build: the bytes must not change when
/// the lamp does.
fn tap_of_the_lamp() -> Vec<u8> {
    const LAMP: &AppDescriptor = &AppDescriptor::new("lamp", "1.0.0").with_buttons(&["A", "B"]);
    assert!(
        shipped()
            .iter()
            .any(|app| app.descriptor().name() == LAMP.name())
    );
    recording(LAMP)
}

/// A tap of the first button, as this app's.
fn recording(descriptor: &'static AppDescriptor) -> Vec<u8> {
    let events =
        [(0, SwitchState::Closed), (50, SwitchState::Open)].map(|(tick, contact)| ScriptEvent {
            tick: RunTicks(tick),
            action: Action::Button(ButtonId(0), contact),
        });
    let script = Script::new(
        BootCondition::OK,
        Instant::ZERO,
        events.to_vec(),
        RunTicks(100),
    )
    .unwrap();
    Recording::of(descriptor, &script).unwrap().encode()
}

fn with(bytes: &[u8], at: usize, other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + other.len()].copy_from_slice(other);
    bytes
}

/// A recording whose signature, length and checksum are right, whatever is in it.
fn sealed(content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = CONTENT_AT + content.len() + CHECKSUM;
    let length = u32::try_from(length).unwrap().to_le_bytes();
    let mut bytes = [b"\x89LSREC\r\n\x01", &length[..], &content].concat();
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}
