//! What goes wrong on purpose, and the verdict that it must get: a green run is worth as much as
//! what it takes to make it red.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../support/copy.rs"]
mod copy;
mod firmware;
mod golden;
#[path = "../support/machine.rs"]
mod machine;
mod process;
mod served_probe;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

/// What a test does.
type Test = fn() -> Result<(), Failed>;

/// `hil run` with these arguments, in this repository.
fn hil(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hil"));
    command
        .current_dir(support::root())
        .arg("run")
        .args(arguments)
        .env_remove("LOCKSTEP_REQUIRE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const TARGET: &str = "thumbv6m-none-eabi";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = support::missing(TARGET).or_else(machine::missing);
    let mut trials: Vec<Trial> = firmware::FAULTS
        .iter()
        .map(|fault| {
            let name = format!("firmware/{}", fault.name);
            support::trial(name, missing.clone(), || firmware::is_found(fault))
        })
        .collect();
    trials.extend(firmware::FAULTS_INSIDE.iter().map(|fault| {
        let name = format!("firmware/{}", fault.name);
        support::trial(name, missing.clone(), || firmware::is_found_inside(fault))
    }));
    for (name, test) in process::TESTS
        .into_iter()
        .chain(served_probe::TESTS)
        .chain(golden::TESTS)
    {
        trials.push(support::trial(name.to_owned(), missing.clone(), test));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
