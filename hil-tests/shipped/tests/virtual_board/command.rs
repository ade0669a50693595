//! `hil board`, as people and scripts meet it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, tcgetattr};

use crate::boards::*;
use crate::process::*;

fn hil(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hil"));
    command.arg("board").args(arguments);
    command.env("TMPDIR", temporary).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it, and reads until it has said how to use it.
fn start(temporary: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = hil(&["--app", "lamp"], temporary).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    read_until(&mut out, "key       q");
    (child, out)
}

/// Fails the test where no such line comes within a minute.
pub(crate) fn read_until<R: Read + AsFd>(out: &mut BufReader<R>, start: &str) -> String {
    let deadline = Instant::now() + 60 * SECOND;
    let mut line = String::new();
    while !line.starts_with(start) {
        line.clear();
        if out.buffer().is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut polled = [PollFd::new(out.get_ref(), PollFlags::IN)];
            let left = Timespec::try_from(left).unwrap();
            let ready = poll(&mut polled, Some(&left)).unwrap();
            assert_ne!(ready, 0, "no line starts with `{start}` within a minute");
        }
        assert_ne!(
            out.read_line(&mut line).unwrap(),
            0,
            "no line starts with `{start}`"
        );
    }
    line
}

fn is_empty(folder: &Path) -> bool {
    folder.read_dir().unwrap().next().is_none()
}

pub(crate) fn signals_end_it_and_leave_no_files() {
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

pub(crate) fn keys_press_buttons() {
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

pub(crate) fn an_unknown_key_lists_the_keys() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, mut out) = start(temporary.path());
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"x").unwrap();
    read_until(&mut out, "key       no key `x`; the keys are:");
    read_until(
        &mut out,
        "key       a taps button A, A presses it, and releases it the next time",
    );
    keys.write_all(b"q").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

pub(crate) fn a_terminal_sends_single_keys_and_is_restored() {
    for (key, code) in [("q", 0), ("\x03", 130)] {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        let before = format!("{:?}", tcgetattr(&pty).unwrap());
        let board = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_hil"));
        let board = board.args(["board", "--app", "lamp"]);
        let mut child = board.spawn(pts).unwrap();
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

pub(crate) fn a_killed_emulator_ends_it_with_3_and_the_cause() {
    let temporary = tempfile::tempdir().unwrap();
    let (child, _out) = start(temporary.path());
    kill_machine(watchdog(&child));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        stderr.contains("the emulator exited (signal: 9"),
        "{stderr}"
    );
    until("the end of the folder", || is_empty(temporary.path()));
}

/// The watchdog of the emulator that a board has started.
fn watchdog(board: &Child) -> u32 {
    let id = board.id();
    let children = format!("/proc/{id}/task/{id}/children");
    let children = std::fs::read_to_string(children).unwrap();
    children.trim().parse().unwrap()
}

/// It says that it waits, and goes on once the emulator answers again.
pub(crate) fn a_starved_emulator_is_waited_for() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, mut out) = start(temporary.path());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let watchdog = watchdog(&child);
    freeze_machine(watchdog);
    read_until(&mut stderr, "note: the emulator has not answered for 4 s");
    thaw_machine(watchdog);
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"a\n").unwrap();
    read_until(&mut out, "in   A pressed");
    keys.write_all(b"q\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

pub(crate) fn a_closed_standard_output_ends_it() {
    let temporary = tempfile::tempdir().unwrap();
    let (mut child, out) = start(temporary.path());
    let _keys = child.stdin.take().unwrap();
    drop(out);
    until("the end of the board", || {
        child
            .try_wait()
            .unwrap()
            .is_some_and(|status| status.code() == Some(0))
    });
    assert!(is_empty(temporary.path()));
}

pub(crate) fn a_missing_emulator_ends_it_with_3_and_the_install_command() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = hil(&[], temporary.path());
    let ended = command.env("PATH", temporary.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        stderr.contains("apt-get install qemu-system-arm"),
        "{stderr}"
    );
}

pub(crate) fn a_port_in_use_ends_it_with_3() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let temporary = tempfile::tempdir().unwrap();
    let ended = hil(&["--listen", &address], temporary.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(
        stderr.contains(&format!("cannot listen on {address}")),
        "{stderr}"
    );
    assert!(is_empty(temporary.path()));
}

pub(crate) fn an_image_of_another_app_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let arguments = ["--app", "toggle", "--image", "somewhere/microbit-v1-lamp"];
    let ended = hil(&arguments, temporary.path()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("is an image of `lamp`"), "{stderr}");
}

pub(crate) fn an_image_without_tick_symbols_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let image = temporary.path().join("other");
    std::fs::write(&image, empty_arm_elf()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ended = hil(&["--image", image.to_str().unwrap()], folder.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("no symbol `TIMER0`"), "{stderr}");
}

/// A 32-bit Arm executable in which nothing is.
fn empty_arm_elf() -> Vec<u8> {
    let mut elf = vec![0; 52];
    elf[..8].copy_from_slice(&[0x7f, b'E', b'L', b'F', 1, 1, 1, 0]);
    // An executable, for Arm, of version 1, with a header of 52 bytes.
    for (at, value) in [(16, 2), (18, 40), (20, 1), (40, 52)] {
        elf[at] = value;
    }
    elf
}

pub(crate) fn only_loopback_addresses_are_accepted() {
    let temporary = tempfile::tempdir().unwrap();
    let ended = hil(&["--listen", "0.0.0.0:3333"], temporary.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
}

/// Starts it with an emulator that is this script, and gives its standard error once it has ended.
fn with_emulator(script: &str) -> String {
    let (folder, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let emulator = folder.path().join("qemu-system-arm");
    std::fs::write(&emulator, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&emulator, mode).unwrap();
    let mut path = folder.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let start = Instant::now();
    let ended = hil(&["--response-timeout", "2"], temporary.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(start.elapsed() < 6 * SECOND, "{:?}", start.elapsed());
    assert_eq!(ended.status.code(), Some(3));
    until("the end of the folder", || is_empty(temporary.path()));
    String::from_utf8(ended.stderr).unwrap()
}

pub(crate) fn an_emulator_that_exits_is_reported_with_its_stderr() {
    let stderr = with_emulator("echo no such machine >&2; exit 1");
    let message = "the emulator exited (exit status: 1): no such machine";
    assert!(stderr.contains(message), "{stderr}");
}

pub(crate) fn an_emulator_that_hangs_is_reported_and_ended() {
    let stderr = with_emulator("exec sleep 1000");
    assert!(stderr.contains("the emulator did not answer"), "{stderr}");
}
