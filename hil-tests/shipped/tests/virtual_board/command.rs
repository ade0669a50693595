//! `hil board`, as people and scripts meet it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use lockstep_virtual_board::machine::Pace;
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::*;

fn hil(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hil"));
    command.arg("board").args(arguments);
    command.env("TMPDIR", temporary).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it, and reads until it says how it is used.
fn start(temporary: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = hil(&[], temporary).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until(&mut out, "key       q");
    (child, out)
}

fn read_until(out: &mut impl BufRead, start: &str) -> String {
    let mut line = String::new();
    while !line.starts_with(start) {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "`{start}` never came");
    }
    line
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

#[test]
fn an_interrupt_ends_it_with_130_and_leaves_nothing() {
    let Some(_) = machine(Pace::RealTime) else {
        return;
    };
    for signal in ["-INT", "-TERM", "-KILL"] {
        let temporary = tempfile::tempdir().unwrap();
        let (mut child, _out) = start(temporary.path());
        assert!(!is_empty(temporary.path()));
        let id = child.id().to_string();
        let kill = Command::new("kill").args([signal, &id]).status();
        assert!(kill.unwrap().success());
        let code = child.wait().unwrap().code();
        assert_eq!(code, (signal != "-KILL").then_some(130));
        until("the end of the machine", || is_empty(temporary.path()));
    }
}

#[test]
fn keys_press_buttons() {
    let Some(_) = machine(Pace::RealTime) else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, mut out) = start(temporary.path());
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"a\n").unwrap();
    read_until(&mut out, "in   A pressed");
    read_until(&mut out, "in   A released");
    keys.write_all(b"q\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(is_empty(temporary.path()));
}

#[test]
fn a_key_that_is_none_is_answered_with_those_there_are() {
    let Some(_) = machine(Pace::RealTime) else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, mut out) = start(temporary.path());
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"x").unwrap();
    let told = read_until(&mut out, "key       `");
    assert_eq!(told, "key       `x` is none of these:\n");
    read_until(&mut out, "key       a taps A, A holds it and lets it go");
    keys.write_all(b"q").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn in_a_terminal_each_key_counts_at_once_and_the_terminal_is_given_back() {
    let Some(_) = machine(Pace::RealTime) else {
        return;
    };
    for (key, code) in [("q", 0), ("\x03", 130)] {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        let before = format!("{:?}", tcgetattr(&pty).unwrap());
        let board = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_hil"));
        let mut child = board.arg("board").spawn(pts).unwrap();
        let mut out = BufReader::new(&pty);
        read_until(&mut out, "key       q");
        until("single keys", || {
            let modes = tcgetattr(&pty).unwrap().local_modes;
            !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
        });
        (&pty).write_all(b"a").unwrap();
        read_until(&mut out, "in   A pressed");
        (&pty).write_all(key.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(format!("{:?}", tcgetattr(&pty).unwrap()), before);
    }
}

#[test]
fn a_machine_that_dies_ends_it_with_3_and_the_cause() {
    let Some(_) = machine(Pace::RealTime) else {
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let (child, _out) = start(temporary.path());
    let id = child.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    kill_machine(children.trim().parse().unwrap());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains("the machine ended (signal: 9"), "{told}");
    until("the end of the folder", || is_empty(temporary.path()));
}

#[test]
fn without_the_emulator_it_ends_with_3_and_the_command_that_adds_it() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = hil(&[], temporary.path());
    let ended = command.env("PATH", temporary.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains("apt-get install qemu-system-arm"), "{told}");
}

#[test]
fn a_taken_port_ends_it_with_3() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let temporary = tempfile::tempdir().unwrap();
    let ended = hil(&["--listen", &address], temporary.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(
        told.contains(&format!("cannot listen on {address}")),
        "{told}"
    );
    assert!(is_empty(temporary.path()));
}

#[test]
fn an_image_of_another_app_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let arguments = ["--app", "toggle", "--image", "somewhere/microbit-v1-lamp"];
    let ended = hil(&arguments, temporary.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(told.contains("is an image of `lamp`"), "{told}");
}

#[test]
fn an_image_without_a_clock_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let ended = hil(&["--image", env!("CARGO_BIN_EXE_hil")], temporary.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
}

#[test]
fn an_address_of_the_network_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let ended = hil(&["--listen", "0.0.0.0:3333"], temporary.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
}

/// Ends it with an emulator that is this script, and gives what it told.
fn with_emulator(script: &str) -> String {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let emulator = folder.path().join("qemu-system-arm");
    std::fs::write(&emulator, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&emulator, mode).unwrap();
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let begun = std::time::Instant::now();
    let ended = hil(&[], temporary.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(begun.elapsed() < 6 * SECOND, "it is told within seconds");
    assert_eq!(ended.status.code(), Some(3));
    until("the end of the folder", || is_empty(temporary.path()));
    String::from_utf8(ended.stderr).unwrap()
}

#[test]
fn an_emulator_that_does_not_start_is_told_with_its_own_words() {
    let told = with_emulator("echo no such machine >&2; exit 1");
    assert!(
        told.contains("the machine ended (exit status: 1): no such machine"),
        "{told}"
    );
}

#[test]
fn an_emulator_that_hangs_is_told_and_ended() {
    let told = with_emulator("exec sleep 1000");
    assert!(told.contains("the machine did not answer"), "{told}");
}
