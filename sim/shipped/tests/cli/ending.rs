//! Time limits, interrupts, closed pipes and full disks.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{FAILING, FOREVER, GOOD, command, sim_with};
use tempfile::{NamedTempFile, tempdir};

/// Longer than any test here takes.
const DEADLINE: Duration = Duration::from_secs(60);

/// A file that takes longer to play than any test.
fn forever() -> NamedTempFile {
    let file = tempfile::Builder::new().suffix(".scn").tempfile().unwrap();
    std::fs::write(file.path(), FOREVER).unwrap();
    file
}

/// The exit code, if the process ends before the deadline.
fn code(mut child: Child) -> Option<i32> {
    let (done, wait) = mpsc::channel::<()>();
    let id = child.id();
    let guard = thread::spawn(move || {
        if wait.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
            signal("KILL", id);
        }
    });
    let code = child.wait().unwrap().code();
    drop(done);
    guard.join().unwrap();
    code
}

fn signal(name: &str, id: u32) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), id.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn a_run_that_takes_too_long_ends_with_42() {
    let ended = sim_with(
        ["run", "-", "--check-wakeups", "--timeout", "0.2"],
        FOREVER.as_bytes(),
    )
    .with(42);
    assert_eq!(ended.out, "");
    assert!(ended.err.contains("timed out after 0.2 s"), "{}", ended.err);
}

#[test]
fn a_time_limit_that_is_not_reached_changes_nothing() {
    let ended = sim_with(["run", GOOD, "--timeout", "1000"], b"").with(0);
    assert!(ended.err.starts_with("pass: "));
}

#[test]
fn a_run_that_is_interrupted_ends_with_130_and_leaves_no_file() {
    for name in ["INT", "TERM"] {
        let folder = tempdir().unwrap();
        let file = forever();
        let mut child = command([
            "run".as_ref(),
            "--check-wakeups".as_ref(),
            file.path().as_os_str(),
        ])
        .arg("--out")
        .arg(folder.path().join("trace"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        // It reports its progress after a second: by then it plays and handles signals.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.starts_with("playing: "), "{line}");
        signal(name, child.id());
        assert_eq!(code(child), Some(130), "{name}");
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("interrupted\n"), "{rest}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}

/// It stops where it can go on, instead of ending at once.
#[test]
fn a_proof_that_is_interrupted_is_kept_and_ends_with_130() {
    let folder = tempdir().unwrap();
    let kept = folder.path().join("kept");
    let rules = "fixtures/scenarios/lamp/lamp.rules";
    let resume = ["prove", rules, "--checkpoint"];
    let mut child = command(resume)
        .arg(&kept)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // By the time that it says so it handles signals.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("exploring: kept in "), "{line}");
    signal("INT", child.id());
    let mut out = String::new();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_to_string(&mut out).unwrap();
    assert_eq!(code(child), Some(130), "{out}");
    assert!(out.contains("not finished: stopped"), "{out}");
    assert!(kept.exists());
}

#[test]
fn a_closed_standard_output_is_not_an_error() {
    for (arguments, expected) in [
        (
            &["run", "fixtures/scenarios/lamp", "--format", "text"][..],
            0,
        ),
        (&["run", "fixtures/scenarios"], 0),
        (&["run", FAILING], 1),
        (&["apps"], 0),
        (&["completions", "bash"], 0),
        (&["oneline", GOOD], 0),
        (&["--help"], 0),
    ] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut told = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut told).unwrap();
        assert!(!told.contains("panicked"), "{told}");
        assert_eq!(code(child), Some(expected), "{arguments:?}: {told}");
    }
}

#[test]
fn a_closed_standard_error_is_not_an_error() {
    let file = forever();
    let start = Instant::now();
    let mut child = command([
        "run".as_ref(),
        "--check-wakeups".as_ref(),
        file.path().as_os_str(),
    ])
    .args(["--timeout", "1.5"])
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    drop(child.stderr.take());
    assert_eq!(code(child), Some(42));
    assert!(start.elapsed() < DEADLINE);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_error_does_not_keep_a_process_alive() {
    let file = forever();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let child = command([
        "run".as_ref(),
        "--check-wakeups".as_ref(),
        file.path().as_os_str(),
    ])
    .args(["--timeout", "1.5"])
    .stdout(Stdio::null())
    .stderr(full)
    .spawn()
    .unwrap();
    assert_eq!(code(child), Some(42));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    for arguments in [
        &["run", GOOD][..],
        &["apps"],
        &["completions", "bash"],
        &["oneline", GOOD],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(
            told.contains("cannot write `standard output`"),
            "{arguments:?}: {told}"
        );
    }
}
