use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Call, Ended, Outcome, run};

fn shell(script: &str) -> Call {
    Call::new(["sh", "-c", script])
}

#[test]
fn the_cause_of_a_failure_is_the_error_that_was_told() {
    let never = AtomicBool::new(false);
    let mut call = shell("echo 'E: no such package' >&2; echo bye >&2; exit 100");
    call.keeps_errors = true;
    let cause = |call: &Call| run(call, &never).ended.cause();
    assert_eq!(cause(&call).as_deref(), Some("E: no such package"));
    let told = cause(&shell("exit 3"));
    assert_eq!(told.as_deref(), Some("it ended with exit code 3"));
    assert_eq!(cause(&shell("exit 0")), None);
    let killed = run(&shell("kill -9 $$"), &never).ended;
    assert_eq!(killed, Ended::Killed);
    let nothing = run(&Call::new(["/nowhere/at/all"]), &never).ended;
    assert!(matches!(nothing, Ended::NotStarted(_)));
}

#[test]
fn what_is_printed_is_kept_where_that_is_wanted() {
    let mut call = shell("echo one; echo two; exit 1");
    call.keeps_output = true;
    let Outcome { ended, output } = run(&call, &AtomicBool::new(false));
    assert_eq!(ended, Ended::Exit(1, Vec::new()));
    assert_eq!(output, b"one\ntwo\n");
}

#[test]
fn who_is_left_behind_and_keeps_the_streams_open_is_not_waited_for() {
    let mut call = shell("echo out; echo error >&2; sleep 60 & exit 4");
    call.keeps_output = true;
    call.keeps_errors = true;
    let started = Instant::now();
    let Outcome { ended, output } = run(&call, &AtomicBool::new(false));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(ended, Ended::Exit(4, vec!["error".to_owned()]));
    assert_eq!(output, b"out\n");
}

#[test]
fn what_takes_too_long_is_ended_and_says_so() {
    let mut call = shell("sleep 60");
    call.limit = Some(Duration::from_millis(50));
    let ended = run(&call, &AtomicBool::new(false)).ended;
    assert_eq!(ended, Ended::TooLong(Duration::from_millis(50)));
}

#[test]
fn an_interruption_ends_a_program_and_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    // The child deafens itself against an interruption: it must be ended all the same.
    let script = format!(
        "sh -c 'trap \"\" INT; echo $$ > {0}.new; mv {0}.new {0}; sleep 300 & wait' & wait",
        pid.display()
    );
    let interrupted = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        let run = scope.spawn(|| run(&shell(&script), &interrupted));
        let started = Instant::now();
        while !pid.exists() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(10));
        }
        interrupted.store(true, Ordering::Relaxed);
        run.join().unwrap()
    });
    assert_eq!(ended.ended, Ended::Interrupted);
    let pid: i32 = std::fs::read_to_string(pid)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let started = Instant::now();
    while rustix::process::test_kill_process(pid).is_ok() {
        // One that has ended stays until it is reaped; nobody may be there to do so.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        if state.is_ok_and(|state| state.contains(") Z ")) {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the child lives on"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
