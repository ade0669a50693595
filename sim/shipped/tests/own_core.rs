//! A core from outside the workspace plays with what the documentation shows.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const LINES: usize = 30;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/own-core")
}

fn shared_target_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("..")
}

#[test]
fn a_core_of_ones_own_plays_a_scenario() {
    let mut process = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--manifest-path"])
        .arg(folder().join("Cargo.toml"))
        .args(["--", "run", "-"])
        // What the workspace has built serves here too, if it is built in the same way.
        .env("CARGO_TARGET_DIR", shared_target_folder())
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let scenario = b"app doorbell\ntap bell for 10 ms\nexpect log visitor rang\n\
                     expect chime becomes off within 250 ms\n";
    process.stdin.take().unwrap().write_all(scenario).unwrap();
    let output = process.wait_with_output().unwrap();
    let trace = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert!(trace.contains("10  log  visitor  rang"), "{trace}");
    assert!(trace.contains("250  out  chime    0"), "{trace}");
}

#[test]
fn it_takes_no_more_than_thirty_lines() {
    let source = std::fs::read_to_string(folder().join("src/main.rs")).unwrap();
    let lines = source.lines().filter(|line| !line.trim().is_empty());
    let count = lines.count();
    assert!(count <= LINES, "{count} lines");
}
