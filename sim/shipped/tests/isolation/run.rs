//! `sim run` of apps that end their process.

use std::process::{Command, Output};

use libtest_mimic::Trial;

use crate::{AS_SIMULATOR, named};

/// Pressed at tick 20, a core acts in tick 25.
const SCENARIO: &str = "t:20 d:A t:50 u:A t:10";

pub(crate) fn trials() -> Vec<Trial> {
    named(&[
        ("run: each ending has its verdict", each_ending),
        ("run: what was observed before is shown", observed_before),
        (
            "run: in this process, an exit is no success",
            exit_in_process,
        ),
        ("run: an app may print", prints),
        ("run: several files, each its verdict", several),
        (
            "run: ended children are ignored around it",
            children_ignored,
        ),
        ("run: an app that plays differently each time", shuffled),
    ])
}

/// This binary as a simulator.
pub(crate) fn sim(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(arguments)
        .env(AS_SIMULATOR, "1")
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE");
    command
}

fn run(app: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let arguments = ["run", "--app", app, "--inline", SCENARIO];
    let output = sim(&[&arguments, more].concat()).output().unwrap();
    shown(&output)
}

pub(crate) fn shown(output: &Output) -> (Option<i32>, String, String) {
    let [stdout, stderr] = [&output.stdout, &output.stderr];
    (
        output.status.code(),
        String::from_utf8_lossy(stdout).into_owned(),
        String::from_utf8_lossy(stderr).into_owned(),
    )
}

fn each_ending() {
    for (app, code, ending) in [
        ("leaver", 1, "exited with code 0 at tick 25"),
        ("aborter", 1, "aborted at tick 25"),
        ("recurser", 1, "overflowed its stack at tick 25"),
        ("looper", 42, "did not return within 0.5 s at tick 25"),
        ("killed", 1, "was killed by signal 9 at tick 25"),
        ("raiser", 1, "was killed by signal 11 at tick 25"),
        ("babbler", 42, "did not return within 60 s at tick 25"),
        ("talkative", 1, "panicked at tick 25: too much too much"),
        ("panicker", 1, "panicked at tick 25: on purpose ("),
        ("hoarder", 1, "aborted at tick 25"),
    ] {
        // Long enough for an app that does return, on any machine.
        let limit = if app == "looper" { "0.5" } else { "60" };
        let (exit, stdout, stderr) = run(app, &["--tick-limit", limit]);
        let expected = format!("error: `--inline`: app `{app}` {ending}");
        assert!(stderr.contains(&expected), "{app}: {stdout}{stderr}");
        let verdict = "FAIL: invalid from tick 25 on";
        assert!(stderr.contains(verdict), "{app}: {stdout}{stderr}");
        assert_eq!(exit, Some(code), "{app}: {stdout}{stderr}");
        assert_eq!(stdout, "", "{app}");
    }
}

fn observed_before() {
    let (_, _, stderr) = run("leaver", &[]);
    for line in ["20  in   A      press", "20  out  led    1", "25  (here)"] {
        assert!(stderr.contains(line), "{line}\n{stderr}");
    }
}

fn exit_in_process() {
    let (exit, stdout, stderr) = run("leaver", &["--in-process"]);
    assert_eq!(exit, Some(1), "{stdout}{stderr}");
    assert!(
        stderr.contains("ended the program while it was played"),
        "{stderr}"
    );
    // Neither does a run that ends in time look like one.
    let (exit, stdout, stderr) = run("printer", &["--in-process"]);
    assert_eq!(exit, Some(0), "{stdout}{stderr}");
    assert!(!stderr.contains("ended the program"), "{stderr}");
}

fn prints() {
    let (exit, stdout, stderr) = run("printer", &[]);
    assert_eq!(exit, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("printed by the core"), "{stdout}");
    assert!(
        stderr.ends_with("pass: no expectations, 80 ms played\n"),
        "{stderr}"
    );
}

/// As under some supervisors: ended children are ignored, and so are they by what is started.
fn children_ignored() {
    let inline = "t:20 d:A t:50 u:A t:10";
    let output = Command::new("env")
        .arg("--ignore-signal=CHLD")
        .arg(std::env::current_exe().unwrap())
        .args(["run", "--app", "leaver", "--inline", inline])
        .env(AS_SIMULATOR, "1")
        .env("NO_COLOR", "1")
        .output();
    let (exit, stdout, stderr) = shown(&output.unwrap());
    assert_eq!(exit, Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("exited with code 0 at tick 25"), "{stderr}");
}

/// Nothing that the processes have in common makes it look as if it were the same each time.
fn shuffled() {
    let (exit, _, stderr) = run("shuffler", &["--check-wakeups"]);
    assert_eq!(exit, Some(1), "{stderr}");
    assert!(
        stderr.contains("app `shuffler` broke its contract at tick 25"),
        "{stderr}"
    );
}

fn several() {
    let folder = tempfile::tempdir().unwrap();
    for app in ["aborter", "counter", "leaver", "looper"] {
        let text = format!("app {app}\nwait 20 ms\ntap A for 50 ms\nexpect led is off\n");
        std::fs::write(folder.path().join(format!("{app}.scn")), text).unwrap();
    }
    let folder = folder.path().to_str().unwrap();
    let output = sim(&["run", "--tick-limit", "2", folder]).output().unwrap();
    let (exit, stdout, stderr) = shown(&output);
    assert_eq!(exit, Some(42), "{stdout}{stderr}");
    assert!(
        stdout.ends_with("1 passed, 3 failed, 0 not played\n"),
        "{stdout}{stderr}"
    );
}
