//! `hil run` as a process, to which something happens.

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};

use super::{Test, hil, told};

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const TESTS: [(&str, Test); 5] = [
    (
        "process/a-machine-that-is-killed-costs-one-case",
        a_machine_that_is_killed_costs_one_case,
    ),
    (
        "process/an-interruption-says-what-ran",
        an_interruption_says_what_ran,
    ),
    ("process/a-time-limit-ends-it", a_time_limit_ends_it),
    (
        "process/a-probe-that-is-not-there-is-skipped",
        a_probe_that_is_not_there_is_skipped,
    ),
    (
        "process/a-bench-that-must-be-there-is-infra",
        a_bench_that_must_be_there_is_infra,
    ),
];

fn on_one_machine(scenarios: &[&str]) -> Command {
    let mut command = hil(scenarios);
    command.args(["--bench", "virtual", "--stimulus", "rtt", "--jobs", "1"]);
    command
}

/// The one machine of a process, once it is there.
fn machine(of: &Child) -> Result<Pid, Failed> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        for pid in children(of.id()).into_iter().flat_map(|child| {
            let mut family = children(child);
            family.push(child);
            family
        }) {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if name.starts_with("qemu-system") {
                return Ok(Pid::from_raw(i32::try_from(pid)?).ok_or("no process")?);
            }
        }
    }
    Err("no machine is started".into())
}

fn children(of: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{of}/task")) else {
        return Vec::new();
    };
    let lists = tasks
        .flatten()
        .map(|task| fs::read_to_string(task.path().join("children")));
    let numbers = lists.flatten().flat_map(|list| {
        let numbers: Vec<_> = list.split_whitespace().map(str::to_owned).collect();
        numbers
    });
    numbers.filter_map(|number| number.parse().ok()).collect()
}

fn a_machine_that_is_killed_costs_one_case() -> Result<(), Failed> {
    let scenarios = ["lamp/lock/held-on", "lamp/power/short-press-toggles"];
    let child = on_one_machine(&scenarios)
        .args(["--attempts", "1"])
        .spawn()?;
    kill_process(machine(&child)?, Signal::KILL)?;
    let output = child.wait_with_output()?;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("the emulator exited"), "{told}");
    assert!(
        told.contains("1 passed, 0 failed, 0 flaky, 1 infra"),
        "{told}"
    );
    Ok(())
}

fn an_interruption_says_what_ran() -> Result<(), Failed> {
    let child = on_one_machine(&["lamp/auto-off"]).spawn()?;
    let machine = machine(&child)?;
    let pid = Pid::from_raw(i32::try_from(child.id())?).ok_or("no process")?;
    kill_process(pid, Signal::INT)?;
    let output = child.wait_with_output()?;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("interrupted after"), "{told}");
    assert!(!is_alive(machine), "the machine goes with the process");
    Ok(())
}

fn is_alive(pid: Pid) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while rustix::process::test_kill_process(pid).is_ok() {
        if Instant::now() > deadline {
            return true;
        }
    }
    false
}

fn a_time_limit_ends_it() -> Result<(), Failed> {
    let output = on_one_machine(&["lamp/auto-off"])
        .args(["--timeout", "1"])
        .output()?;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(42), "{told}");
    assert!(told.contains("timed out after"), "{told}");
    Ok(())
}

fn a_probe_that_is_not_there_is_skipped() -> Result<(), Failed> {
    let output = hil(&["toggle/reset", "--stimulus", "rtt"]).output()?;
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("is plugged in") && told.contains("1 passed"),
        "{told}"
    );
    Ok(())
}

/// Whoever names it wants it.
fn a_bench_that_must_be_there_is_infra() -> Result<(), Failed> {
    let named = hil(&["toggle", "--bench", "microbit-v1", "--stimulus", "rtt"]).output()?;
    let required = hil(&["toggle/reset", "--stimulus", "rtt"])
        .env("LOCKSTEP_REQUIRE", "microbit-v1")
        .output()?;
    for output in [named, required] {
        assert_eq!(output.status.code(), Some(3), "{}", told(&output));
    }
    Ok(())
}
