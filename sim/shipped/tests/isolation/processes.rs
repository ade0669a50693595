//! No process outlives its program, however that ends.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use crate::named;
use crate::run::sim;

/// Much longer than anything takes, on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// By this variable of theirs, processes of one program are known.
const MARK: &str = "LOCKSTEP_TEST_MARK";

pub(crate) fn trials() -> Vec<Trial> {
    named(&[
        (
            "processes: none is left of a run that ended",
            none_after_a_run,
        ),
        (
            "processes: none is left of a program that was killed",
            none_after_a_kill,
        ),
        (
            "processes: none is left of one that was interrupted",
            none_after_an_interrupt,
        ),
    ])
}

/// The processes with this mark, zombies apart.
fn marked(mark: &str) -> Vec<i32> {
    let entry = format!("{MARK}={mark}\0");
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.parse().ok()
    });
    processes
        .filter(|pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&entry)
        })
        .collect()
}

fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        thread::yield_now();
    }
}

fn none_after_a_run() {
    let mark = format!("{}-run", std::process::id());
    for app in ["counter", "leaver", "looper"] {
        let inline = ["--inline", "d:A t:9", "--tick-limit", "2"];
        let mut command = sim(&[&["run", "--app", app], &inline[..]].concat());
        command.env(MARK, &mark).output().unwrap();
        wait_for("the processes end", || marked(&mark).is_empty());
    }
}

/// A program whose app is in an endless loop.
fn looping(mark: &str) -> Child {
    let mut command = sim(&["run", "--app", "looper", "--inline", "d:A t:9"]);
    command.args(["--tick-limit", "600"]).env(MARK, mark);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    // The program, the process that forks, and the app.
    wait_for("the app is played", || marked(mark).len() == 3);
    child
}

fn none_after_a_kill() {
    let mark = format!("{}-killed", std::process::id());
    let mut program = looping(&mark);
    program.kill().unwrap();
    program.wait().unwrap();
    wait_for("the processes end", || marked(&mark).is_empty());
}

fn none_after_an_interrupt() {
    let mark = format!("{}-interrupted", std::process::id());
    let mut program = looping(&mark);
    let pid = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let status = program.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    wait_for("the processes end", || marked(&mark).is_empty());
}
