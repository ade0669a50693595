//! A core from outside the workspace plays with what the documentation shows.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/own-core")
}

/// Where what others wrote is built, with the boards: its dependencies have other features than those of the
/// workspace.
fn target_folder() -> PathBuf {
    let root = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    root.unwrap().join("firmware-core/boards/target")
}

/// A program of the crate, to be given arguments.
fn program(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--manifest-path"])
        .arg(folder().join("Cargo.toml"))
        .args(["--bin", name, "--"])
        .env("CARGO_TARGET_DIR", target_folder())
        .env("CARGO_PROFILE_DEV_DEBUG", "none");
    command
}

/// The standard output of a program of the crate that plays this scenario.
fn played(name: &str, scenario: &str) -> String {
    let mut process = program(name)
        .args(["run", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(scenario.as_bytes()).unwrap();
    drop(input);
    let output = process.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_core_of_ones_own_plays_a_scenario() {
    let trace = played(
        "own-core",
        "app doorbell\ntap bell for 10 ms\nexpect log visitor rang\n\
         expect chime becomes off within 250 ms\n",
    );
    assert!(trace.contains("10  log  visitor  rang"), "{trace}");
    assert!(trace.contains("250  out  chime    0"), "{trace}");
}

/// The scenarios and the traces of the page: a here-document each, and what follows it.
#[test]
fn the_other_programs_play_as_the_page_shows() {
    let page = page();
    for program in ["greenhouse", "dial"] {
        let command = format!("--bin {program} -- run - <<'END'\n");
        let (_, shown) = page.split_once(&command).unwrap();
        let (scenario, shown) = shown.split_once("> END\n").unwrap();
        let scenario: String = scenario
            .lines()
            .map(|line| format!("{}\n", line.strip_prefix("> ").unwrap()))
            .collect();
        let trace = played(program, &scenario);
        assert!(shown.starts_with(&trace), "{trace}");
    }
}

#[test]
fn a_variant_that_nothing_reaches_is_dead_as_the_page_shows() {
    let page = page();
    let (_, shown) = page
        .split_once("--bin door -- reach --dead --every-tick\n")
        .unwrap();
    let output = program("door")
        .args(["reach", "--dead", "--every-tick"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    // How long it took is another each time.
    let (answers, _) = printed.split_once("looked at").unwrap();
    assert!(answers.contains("DEAD     log leaf locked"), "{printed}");
    assert!(shown.starts_with(answers), "{printed}");
}

fn page() -> String {
    std::fs::read_to_string(folder().join("../../docs/bring-your-own-core.md")).unwrap()
}

#[test]
fn the_page_shows_the_core_that_is_played() {
    let page = page();
    for (file, language) in [
        ("src/main.rs", "rust"),
        ("src/bin/greenhouse.rs", "rust"),
        ("src/bin/dial.rs", "rust"),
        ("src/bin/door.rs", "rust"),
        ("Cargo.toml", "toml"),
    ] {
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        let block = format!("```{language}\n{text}```\n");
        assert!(page.contains(&block), "the page does not show {file}");
    }
}
