use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use super::{CommandSpec, ProcessOutput, StderrMode, StdoutMode, Supervisor, Termination};

/// How long a test waits for what must happen.
const DEADLINE: Duration = Duration::from_secs(60);

fn shell(script: &str) -> CommandSpec {
    CommandSpec::new(["sh", "-c", script])
}

fn run(spec: &CommandSpec) -> ProcessOutput {
    Supervisor::default().run(spec)
}

fn exited(code: i32, stderr_tail: &[&str]) -> Termination {
    Termination::Exited {
        code,
        stderr_tail: stderr_tail.iter().map(|line| (*line).to_owned()).collect(),
    }
}

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < DEADLINE, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A script whose child ignores an interrupt and writes its process id to a file.
fn stubborn_child(pid: &Path) -> String {
    format!(
        "sh -c 'trap \"\" INT; echo $$ > {0}.new; mv {0}.new {0}; sleep 300 & wait' & wait",
        pid.display()
    )
}

fn is_running(pid: &Path) -> bool {
    let pid: i32 = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let pid = Pid::from_raw(pid).unwrap();
    // A killed process stays a zombie until its parent reaps it, which may never be.
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let is_zombie = state.is_ok_and(|state| state.contains(") Z "));
    test_kill_process(pid).is_ok() && !is_zombie
}

#[test]
fn the_cause_of_a_failure_is_the_error_that_the_program_printed() {
    let mut spec = shell("echo 'E: no such package' >&2; echo bye >&2; exit 100");
    spec.stderr = StderrMode::KeepTail;
    let cause = |spec: &CommandSpec| run(spec).termination.cause();
    assert_eq!(cause(&spec).as_deref(), Some("E: no such package"));
    let without_tail = cause(&shell("exit 3"));
    assert_eq!(without_tail.as_deref(), Some("it ended with exit code 3"));
    assert_eq!(cause(&shell("exit 0")), None);
    let killed = run(&shell("kill -9 $$")).termination;
    assert_eq!(killed, Termination::Signaled);
    let absent = run(&CommandSpec::new(["/nowhere/at/all"])).termination;
    assert!(matches!(absent, Termination::SpawnFailed(_)));
}

#[test]
fn standard_output_is_captured_whole() {
    let mut spec = shell("echo one; echo two; exit 1");
    spec.stdout = StdoutMode::Capture;
    let output = run(&spec);
    assert_eq!(output.termination, exited(1, &[]));
    assert_eq!(output.stdout, b"one\ntwo\n");
}

#[test]
fn a_process_left_behind_with_the_streams_open_is_not_waited_for() {
    let mut spec = shell("echo out; echo error >&2; sleep 60 & exit 4");
    spec.stdout = StdoutMode::Capture;
    spec.stderr = StderrMode::KeepTail;
    let started = Instant::now();
    let output = run(&spec);
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(output.termination, exited(4, &["error"]));
    assert_eq!(output.stdout, b"out\n");
}

#[test]
fn a_program_that_exceeds_its_timeout_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let mut spec = shell(&stubborn_child(&pid));
    // Long enough for the child to write its process id on a busy machine.
    let timeout = Duration::from_secs(2);
    spec.timeout = Some(timeout);
    assert_eq!(run(&spec).termination, Termination::TimedOut(timeout));
    wait_until("the child is killed", || !is_running(&pid));
}

#[test]
fn an_interrupt_ends_a_program_and_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = stubborn_child(&pid);
    let interrupted = Arc::new(AtomicBool::new(false));
    let supervisor = Supervisor::new(Arc::clone(&interrupted));
    let output = thread::scope(|scope| {
        let run = scope.spawn(|| supervisor.run(&shell(&script)));
        wait_until("the child has started", || pid.exists());
        interrupted.store(true, Ordering::Relaxed);
        run.join().unwrap()
    });
    assert_eq!(output.termination, Termination::Interrupted);
    wait_until("the child is killed", || !is_running(&pid));
    let after = supervisor.run(&shell("exit 0")).termination;
    assert_eq!(after, Termination::Interrupted);
}

#[test]
fn kill_all_reaches_what_a_clone_runs() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = stubborn_child(&pid);
    let supervisor = Supervisor::default();
    let clone = supervisor.clone();
    let output = thread::scope(|scope| {
        let run = scope.spawn(|| clone.run(&shell(&script)));
        wait_until("the child has started", || pid.exists());
        supervisor.kill_all();
        run.join().unwrap()
    });
    assert_eq!(output.termination, Termination::Signaled);
    wait_until("the child is killed", || !is_running(&pid));
}

#[test]
fn a_command_is_shown_as_it_is_typed_into_a_shell() {
    let spec = CommandSpec::new(["cargo", "doc", "it's", ""])
        .current_dir("a folder")
        .env("RUSTDOCFLAGS", Some("-D warnings"))
        .env("RUSTFLAGS", None);
    assert_eq!(
        spec.to_string(),
        r"cd 'a folder'; RUSTDOCFLAGS='-D warnings' RUSTFLAGS= cargo doc 'it'\''s' ''"
    );
    assert_eq!(CommandSpec::new(["ls"]).current_dir(".").to_string(), "ls");
}
