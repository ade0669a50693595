//! The simulator adapts to its terminal: background, colors, characters.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use crate::endings::SIM;
use crate::session::{Emulator, KITTY, PLAIN, Session};

const LIGHT: Emulator = Emulator {
    background: Some("rgb:fdfd/f6f6/e3e3"),
    ..PLAIN
};

const SILENT: Emulator = Emulator {
    attributes: false,
    ..PLAIN
};

/// The color of headings on a dark and on a light background.
const DARK_ACCENT: &str = "38;2;86;180;233";
const LIGHT_ACCENT: &str = "38;2;0;95;160";

const BACKGROUND_QUERY: &str = "\x1b]11;?";

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 10] = [
        ("a light terminal", light),
        ("a dark terminal", dark),
        ("a terminal that does not report its background", unreported),
        ("a terminal that answers nothing", silent),
        ("a background that is reported late", late),
        ("a theme of the command line", themes),
        ("a terminal without 24-bit colors", sixteen_colors),
        ("colors that override NO_COLOR", forced_colors),
        ("a locale without UTF-8", ascii),
        ("a dumb terminal", dumb),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    tests.map(trial).into()
}

/// The simulator, once it is drawn.
fn shown(arguments: &[&str], environment: &[(&str, &str)], emulator: Emulator) -> Session {
    let mut session = Session::start(SIM, arguments, environment, emulator);
    session.wait_for("? help");
    session
}

fn quit(mut session: Session) -> Session {
    session.send("q");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
    ended.session
}

fn light() {
    let session = quit(shown(&[], &[], LIGHT));
    assert!(session.count(LIGHT_ACCENT) > 0);
    assert_eq!(session.count(DARK_ACCENT), 0);
}

fn dark() {
    let dark = Emulator {
        background: Some("rgb:1e1e/1e1e/1e1e"),
        ..KITTY
    };
    let session = quit(shown(&[], &[], dark));
    assert!(session.count(DARK_ACCENT) > 0);
}

fn unreported() {
    let session = quit(shown(&[], &[], PLAIN));
    assert_eq!(session.count(BACKGROUND_QUERY), 1);
    assert!(session.count(DARK_ACCENT) > 0);
}

fn silent() {
    let start = Instant::now();
    let session = shown(&[], &[], SILENT);
    // It waits half a second for the background, and crossterm two for the keyboard.
    assert!(start.elapsed() < Duration::from_secs(8));
    quit(session);
}

fn late() {
    let mut session = shown(&[], &[], PLAIN);
    session.send("\x1b]11;rgb:aaaa/bbbb/1111\x1b\\");
    session.send("?");
    session.wait_for("Buttons");
    session.send("\x1b");
    session.wait_for("[ A ] a up");
    // A button that was pressed would make it ask about unsaved changes.
    quit(session);
}

fn themes() {
    for (theme, emulator, accent) in [("light", PLAIN, LIGHT_ACCENT), ("dark", LIGHT, DARK_ACCENT)]
    {
        for arguments in [&["--theme", theme][..], &["open", "--theme", theme]] {
            let session = quit(shown(arguments, &[], emulator));
            assert_eq!(session.count(BACKGROUND_QUERY), 0);
            assert!(session.count(accent) > 0, "{arguments:?}");
        }
    }
}

fn sixteen_colors() {
    let session = quit(shown(&[], &[("COLORTERM", "")], PLAIN));
    assert_eq!(session.count("38;2;"), 0);
    // Bright cyan, in the notation of 256 colors.
    assert!(session.count("\x1b[38;5;14") > 0);
}

fn forced_colors() {
    let session = quit(shown(&["--color", "always"], &[("NO_COLOR", "1")], PLAIN));
    assert!(session.count(DARK_ACCENT) > 0);
    let session = quit(shown(&[], &[("NO_COLOR", "1")], PLAIN));
    assert_eq!(session.count("38;"), 0);
}

fn ascii() {
    for environment in [
        &[("LC_ALL", "C")][..],
        &[("LC_ALL", ""), ("LC_CTYPE", ""), ("LANG", "POSIX")],
    ] {
        let session = quit(shown(&[], environment, PLAIN));
        assert!(session.output.is_ascii(), "{environment:?}");
    }
    let session = quit(shown(&["--ascii"], &[], PLAIN));
    assert!(session.output.is_ascii());
    let session = quit(shown(&[], &[], PLAIN));
    assert!(!session.output.is_ascii());
}

fn dumb() {
    let session = Session::start(SIM, &[], &[("TERM", "dumb")], PLAIN);
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(2));
    let text = ended.text();
    assert!(text.contains("TERM is `dumb`"), "{text}");
    assert!(text.contains("sim run FILE"), "{text}");
    assert_eq!(ended.session.count("\x1b["), 0);
}
