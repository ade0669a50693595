//! Runs of the program itself.

use std::process::{Command, Stdio};

/// Runs `sim`, which must succeed.
pub(crate) fn sim(arguments: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()));
}
