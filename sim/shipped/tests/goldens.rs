//! Golden tests as a project of one's own has them: what a golden that differs prints, and
//! what is blessed.
//!
//! This program runs itself as that test target.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::{env, fs};

use libtest_mimic::{Arguments, Trial};
use lockstep_core::app::{App, AppDescriptor, Sink};
use lockstep_core::event::Event;
use lockstep_core::output::Output as Pin;
use lockstep_sim::registry::AppEntry;
use tempfile::TempDir;

/// Where this program, run as a test target, looks for scenarios.
const FOLDER: &str = "LOCKSTEP_TEST_FOLDER";

const SCENARIO: &str = "app toggle\ntap button for 50 ms\nexpect led is on\n";

fn main() -> ExitCode {
    if let Some(folder) = env::var_os(FOLDER) {
        let mut apps = shipped_apps::shipped();
        apps.push(AppEntry::of::<Fragile>());
        return lockstep_sim::goldens::test(apps, PathBuf::from(folder));
    }
    let tests: [(&str, fn()); 7] = [
        ("a_golden_that_holds_passes", a_golden_that_holds_passes),
        (
            "a_golden_that_differs_prints_the_difference_and_no_backtrace",
            a_golden_that_differs_prints_the_difference_and_no_backtrace,
        ),
        (
            "a_golden_that_differs_fails_whatever_insta_is_told",
            a_golden_that_differs_fails_whatever_insta_is_told,
        ),
        ("a_missing_golden_fails", a_missing_golden_fails),
        (
            "an_expectation_that_does_not_hold_is_never_blessed",
            an_expectation_that_does_not_hold_is_never_blessed,
        ),
        (
            "a_golden_without_its_scenario_fails",
            a_golden_without_its_scenario_fails,
        ),
        (
            "an_app_that_panics_prints_no_more_than_its_error",
            an_app_that_panics_prints_no_more_than_its_error,
        ),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

/// An app that panics when its button is pressed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Fragile;

impl App for Fragile {
    const DESCRIPTOR: AppDescriptor = AppDescriptor::new("fragile", "1")
        .with_buttons(&["button"])
        .with_outputs(&[Pin::digital("led")]);
    type Outputs = [lockstep_core::output::Level; 1];

    fn new() -> Self {
        Self
    }

    fn handle(&mut self, event: Event, _: &mut dyn Sink) {
        if let Event::Press(_) = event {
            panic!("do not touch");
        }
    }

    fn outputs(&self) -> Self::Outputs {
        [false.into()]
    }
}

/// A folder with this scenario, and its golden as it should be.
fn blessed() -> TempDir {
    let folder = folder(SCENARIO);
    let output = run(folder.path(), &[("INSTA_UPDATE", "always")]);
    assert!(output.status.success(), "{}", printed(&output));
    folder
}

fn folder(scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("press.scn"), scenario).unwrap();
    folder
}

fn golden(folder: &Path) -> PathBuf {
    folder.join("press.snap")
}

/// Takes one tick from one line of the golden.
fn bend(folder: &Path) {
    let golden = golden(folder);
    let text = fs::read_to_string(&golden).unwrap();
    let bent = text.replace("      50  in   button", "      49  in   button");
    assert_ne!(text, bent, "{text}");
    fs::write(golden, bent).unwrap();
}

fn run(folder: &Path, environment: &[(&str, &str)]) -> Output {
    Command::new(env::current_exe().unwrap())
        .env(FOLDER, folder)
        .env("INSTA_UPDATE", "no")
        .env_remove("INSTA_FORCE_PASS")
        .env("RUST_BACKTRACE", "1")
        .env("NO_COLOR", "1")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    format!("{stdout}\n{stderr}")
}

/// What a run that must fail has printed; no test runner's backtrace is in it.
fn failure(folder: &Path, environment: &[(&str, &str)]) -> String {
    let output = run(folder, environment);
    let printed = printed(&output);
    assert!(!output.status.success(), "{printed}");
    for word in ["panicked at", "stack backtrace", "RUST_BACKTRACE"] {
        assert!(!printed.contains(word), "`{word}` in:\n{printed}");
    }
    printed
}

fn a_golden_that_holds_passes() {
    let folder = blessed();
    let output = run(folder.path(), &[]);
    assert!(output.status.success(), "{}", printed(&output));
}

fn a_golden_that_differs_prints_the_difference_and_no_backtrace() {
    let folder = blessed();
    bend(folder.path());
    let printed = failure(folder.path(), &[]);
    for line in ["-      49  in   button", "+      50  in   button"] {
        let found = printed.lines().any(|printed| {
            let without_margin: String = printed.chars().filter(|c| *c != '│').collect();
            without_margin.contains(line)
        });
        assert!(found, "no `{line}` in:\n{printed}");
    }
    assert!(printed.contains("the trace differs from `"), "{printed}");
}

fn a_golden_that_differs_fails_whatever_insta_is_told() {
    let folder = blessed();
    bend(folder.path());
    let printed = failure(folder.path(), &[("INSTA_FORCE_PASS", "1")]);
    assert!(
        printed.contains("snapshot differs (INSTA_FORCE_PASS is set)"),
        "{printed}"
    );
}

fn a_missing_golden_fails() {
    let folder = folder(SCENARIO);
    failure(folder.path(), &[]);
    assert!(!golden(folder.path()).exists());
}

fn an_expectation_that_does_not_hold_is_never_blessed() {
    let folder = folder(&SCENARIO.replace("is on", "is off"));
    let printed = failure(folder.path(), &[("INSTA_UPDATE", "always")]);
    assert!(printed.contains("press.scn:3:1: "), "{printed}");
    assert!(!golden(folder.path()).exists());
}

fn a_golden_without_its_scenario_fails() {
    let folder = blessed();
    let second = folder.path().join("other.snap");
    fs::copy(golden(folder.path()), second).unwrap();
    let printed = failure(folder.path(), &[]);
    assert!(printed.contains("other.snap"), "{printed}");
}

fn an_app_that_panics_prints_no_more_than_its_error() {
    let folder = folder("app fragile\ntap button for 50 ms\n");
    let output = run(folder.path(), &[("INSTA_UPDATE", "always")]);
    let printed = printed(&output);
    assert!(!output.status.success(), "{printed}");
    let error = "app `fragile` panicked at tick 0: do not touch (";
    assert!(printed.contains(error), "{printed}");
    assert!(printed.contains("goldens.rs:"), "{printed}");
    assert!(!printed.contains("stack backtrace"), "{printed}");
}
