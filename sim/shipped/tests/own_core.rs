//! A core from outside the workspace plays with what the documentation shows.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
        // Its dependencies have other features than those of the workspace, so that all of them are
        // built again, and it plays a quarter of a second.
        .args(["--config", "profile.dev.debug='none'"])
        .args(["--", "run", "-"])
        .env("CARGO_TARGET_DIR", shared_target_folder())
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
fn the_page_shows_the_core_that_is_played() {
    let page = folder().join("../../docs/bring-your-own-core.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (file, language) in [("src/main.rs", "rust"), ("Cargo.toml", "toml")] {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let block = format!("```{language}\n{text}```\n");
        assert!(page.contains(&block), "the page does not show {file}");
    }
}
