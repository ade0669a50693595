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
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// What a test does.
type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = support::missing("thumbv6m-none-eabi").or_else(machine::missing);
    let mut trials: Vec<Trial> = firmware::FAULTS
        .iter()
        .map(|fault| {
            let name = format!("firmware/{}", fault.name);
            support::trial(name, missing.clone(), || firmware::is_found(fault))
        })
        .collect();
    for (name, test) in process::TESTS.into_iter().chain(golden::TESTS) {
        trials.push(support::trial(name.to_owned(), missing.clone(), test));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
