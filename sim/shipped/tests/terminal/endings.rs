//! All ways to end, suspend and resume the simulator.

use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use rustix::process::Signal;

use crate::apps::AS_SIMULATOR;
use crate::session::{Emulator, KITTY, PLAIN, Session};

pub(crate) const SIM: &str = env!("CARGO_BIN_EXE_sim");

const CTRL_C: &str = "\x03";
const CTRL_L: &str = "\x0c";
const CTRL_Z: &str = "\x1a";

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 17] = [
        ("quit", quit),
        ("quit with unsaved changes", quit_unsaved),
        ("interrupted by a key", interrupted),
        ("terminated by a signal", terminated),
        ("keys that report their release", key_releases),
        ("an app that panics", app_panics),
        ("apps that end their process", apps_end_their_process),
        (
            "an app that exits in the program itself",
            app_exits_in_process,
        ),
        ("a panic of the UI", ui_panics),
        ("the terminal is closed", closed),
        (
            "the terminal is closed without a signal",
            closed_without_a_signal,
        ),
        ("an unfinished escape sequence", unfinished_sequence),
        ("suspended by a key", suspended_by_key),
        ("suspended by a signal", suspended_by_signal),
        ("resized", resized),
        ("redrawn", redrawn),
        ("no terminal", no_terminal),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    tests.map(trial).into()
}

/// The lamp, shown and ready for keys.
fn lamp(emulator: Emulator) -> Session {
    opened(&[], emulator)
}

fn opened(arguments: &[&str], emulator: Emulator) -> Session {
    let mut session = Session::start(SIM, arguments, &[], emulator);
    session.wait_for("? help");
    session.assert_entered();
    session
}

fn quit() {
    let mut session = lamp(PLAIN);
    session.wait_for("real 1.");
    session.send("q");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
}

fn quit_unsaved() {
    let mut session = lamp(PLAIN);
    session.send("A");
    session.wait_for("[ A ] a down");
    session.send("a");
    session.wait_for("[ A ] a up");
    session.send("q");
    session.wait_for("(y/n)");
    session.send("y");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
}

fn interrupted() {
    let mut session = lamp(PLAIN);
    session.send("A");
    session.wait_for("[ A ] a down");
    session.send(CTRL_C);
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
}

fn terminated() {
    for (signal, code) in [(Signal::TERM, 130), (Signal::INT, 130), (Signal::HUP, 0)] {
        for arguments in [&[][..], &["open"]] {
            let session = opened(arguments, KITTY);
            session.signal(signal);
            let ended = session.ended();
            assert_eq!(ended.status.code(), Some(code), "{arguments:?} {signal:?}");
            ended.session.assert_restored();
        }
    }
}

fn key_releases() {
    let mut session = lamp(KITTY);
    assert_eq!(session.count("\x1b[>3u"), 1);
    session.send("\x1b[97;1:1u");
    session.wait_for("[ A ] a down");
    // Held for longer than a tap: a long press.
    session.send("\x1b[97;1:2u");
    session.wait_for("state, ");
    session.send("\x1b[97;1:3u");
    session.wait_for("[ A ] a up");
    session.send(CTRL_C);
    session.ended().session.assert_restored();
}

/// This binary as a simulator of apps that break.
fn breaking(app: &str, more: &[&str]) -> Session {
    let this = std::env::current_exe().unwrap();
    let environment = [(AS_SIMULATOR, "1"), ("RUST_BACKTRACE", "0")];
    let arguments = [&["--app", app], more].concat();
    let mut session = Session::start(this.to_str().unwrap(), &arguments, &environment, KITTY);
    session.wait_for("? help");
    session
}

fn app_panics() {
    let mut session = breaking("shaky", &[]);
    session.send("a");
    session.wait_for("do not press me");
    session.assert_entered();
    session.send("?");
    session.wait_for("Buttons");
    session.send(CTRL_C);
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
}

/// The simulator stays usable, and shows the run up to there.
fn apps_end_their_process() {
    for (app, ending) in [
        ("leaver", "exited with code 0"),
        ("aborter", "aborted"),
        ("recurser", "overflowed its stack"),
        ("looper", "did not return within 2 s"),
        ("killed", "was killed by signal 9"),
    ] {
        let mut session = breaking(app, &["--tick-limit", "2"]);
        session.send("a");
        session.wait_for(ending);
        session.assert_entered();
        session.send("?");
        session.wait_for("Buttons");
        session.send("q");
        // Undone, it goes on.
        session.send("u");
        session.wait_for("undone");
        session.send(" ");
        session.wait_for("real 1.");
        session.send(CTRL_C);
        let ended = session.ended();
        assert_eq!(ended.status.code(), Some(0), "{app}");
        ended.session.assert_restored();
    }
}

/// There it ends the simulator, which gives the terminal back and does not look like success.
fn app_exits_in_process() {
    let mut session = breaking("leaver", &["--in-process"]);
    session.send("a");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(1));
    ended.session.assert_restored();
    let text = ended.text();
    assert!(text.contains("an app ended the program"), "{text}");
}

fn ui_panics() {
    // Where the app is in a process of its own, its `Clone` is not called.
    let mut session = breaking("fragile", &["--in-process"]);
    session.send("a");
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(101));
    ended.session.assert_restored();
    let text = ended.text();
    assert!(text.contains("do not copy me"), "{text}");
}

/// Much less processor time than a loop that keeps reading the end of input uses, and much
/// more than ending takes.
const TO_END: Duration = Duration::from_millis(300);

fn closed() {
    for emulator in [PLAIN, KITTY] {
        let (code, used) = lamp(emulator).hang_up();
        assert_eq!(code, Some(0));
        assert!(used < TO_END, "{used:?}");
    }
}

/// Only the shell gets a signal when the terminal is closed.
fn closed_without_a_signal() {
    let script = "trap '' HUP; \"$0\"; exit $?";
    let mut session = Session::start("sh", &["-c", script, SIM], &[], PLAIN);
    session.wait_for("? help");
    let (code, used) = session.hang_up();
    assert_eq!(code, Some(0));
    assert!(used < TO_END, "{used:?}");
}

fn unfinished_sequence() {
    let mut session = lamp(PLAIN);
    // Alt-[, which begins the sequences of most keys.
    session.send("\x1b[");
    session.wait_for("0:02.");
    // The next key still belongs to it.
    session.send("x");
    session.send("?");
    session.wait_for("Buttons");
    session.send(CTRL_C);
    session.ended().session.assert_restored();
}

fn suspended_by_key() {
    suspended(|session| session.send(CTRL_Z));
}

fn suspended_by_signal() {
    suspended(|session| session.signal(Signal::TSTP));
}

fn suspended(suspend: impl Fn(&mut Session)) {
    let mut session = lamp(KITTY);
    for times in 1..=2 {
        suspend(&mut session);
        session.stopped();
        session.assert_restored();
        session.signal(Signal::CONT);
        session.wait_until("keyboard flags", |session| {
            session.count("\x1b[>3u") == times + 1
        });
        session.send("?");
        session.wait_for("Buttons");
        session.assert_entered();
        session.send("\x1b[27u");
    }
    session.send(CTRL_C);
    let ended = session.ended();
    assert_eq!(ended.status.code(), Some(0));
    ended.session.assert_restored();
    assert_eq!(
        ended.session.count("\x1b[>3u"),
        ended.session.count("\x1b[<1u")
    );
}

fn resized() {
    let mut session = lamp(PLAIN);
    session.resize(30, 10);
    session.wait_for("40x12");
    session.resize(120, 40);
    session.wait_for("? help");
    session.send("q");
    session.ended().session.assert_restored();
}

fn redrawn() {
    let mut session = lamp(PLAIN);
    let before = session.count("\x1b[2J");
    session.send(CTRL_L);
    session.wait_until("cleared screen", |session| {
        session.count("\x1b[2J") > before
    });
    session.wait_for("? help");
    session.send("q");
    session.ended().session.assert_restored();
}

fn no_terminal() {
    let output = Command::new(SIM).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("needs a terminal"), "{message}");
}
