//! Random scenarios do the same on the host and on the virtual board, with both stimuli.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "support/machine.rs"]
mod machine;
#[path = "support/mod.rs"]
mod support;

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = support::missing("thumbv6m-none-eabi").or_else(machine::missing);
    let trials = vec![support::trial(
        "host-and-virtual-board-agree".to_owned(),
        missing,
        host_and_virtual_board_agree,
    )];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn host_and_virtual_board_agree() -> Result<(), Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_hil"))
        .args(["run", "--random", "100", "--seed", "20261130"])
        .args(["--bench", "virtual", "--attempts", "1"])
        .current_dir(support::root())
        .output()?;
    let report = String::from_utf8(output.stdout)?;
    let closing = "200 passed, 0 failed, 0 flaky, 0 infra, 0 skipped";
    match output.status.success() && report.contains(closing) {
        true => Ok(()),
        false => Err(report.into()),
    }
}
