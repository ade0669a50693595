//! A crate with a core of its own, and one that is made anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::support::{Project, repository};

/// How many lines of somebody's own files may change.
const MOST_LINES: usize = 30;

fn doorbell() -> Project {
    let project = Project::library("doorbell");
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("src/lib.rs", &std::fs::read_to_string(core).unwrap());
    project.lock("");
    project
}

/// How many lines of files that were there are others now.
fn touched(before: &BTreeMap<PathBuf, String>, after: &BTreeMap<PathBuf, String>) -> usize {
    let own = before
        .iter()
        .filter(|(path, _)| !path.ends_with("Cargo.lock"));
    let changed = own.map(|(path, text)| {
        let diff = similar::TextDiff::from_lines(text.as_str(), after[path].as_str());
        let is_other = |it: &similar::Change<&str>| it.tag() != similar::ChangeTag::Equal;
        diff.iter_all_changes().filter(is_other).count()
    });
    changed.sum()
}

#[test]
fn one_command_brings_scenarios_goldens_and_a_simulator_into_a_crate() {
    let project = doorbell();
    let before = project.files();
    project
        .lockstep(&["init", "--yes"])
        .holds()
        .says("cargo sim run scenarios");
    let after = project.files();
    let touched = touched(&before, &after);
    assert!((1..=MOST_LINES).contains(&touched), "{touched} lines");
    let golden = project.read("scenarios/power-up.snap");
    assert!(golden.contains("1000  log  visitor  rang"), "{golden}");
    project.cargo(&["fmt", "--check"]).holds();
    project.cargo(&["test"]).holds().says("power-up");
    let played = project
        .shell("cargo sim run scenarios/power-up.scn")
        .holds();
    played.says("out  chime    1");

    // A second time, nothing is left to do.
    project
        .lockstep(&["init", "--yes"])
        .holds()
        .says("nothing to change");
    assert_eq!(project.files(), after);
    project
        .lockstep(&["doctor"])
        .holds()
        .says("1 of 1 scenarios have one");
    project.lockstep_in("src", &["verify"]).holds();

    // A core that behaves otherwise does not leave its golden.
    project.replace("src/lib.rs", "CHIME: u16 = 250", "CHIME: u16 = 200");
    let red = project.cargo(&["test"]);
    assert_ne!(red.code, 0);
    red.says("`INSTA_UPDATE=always cargo test --test scenarios` writes it");
    let refused = project.lockstep(&["bless"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    refused.says("-    1250  out  chime    0");
    refused.says("+    1200  out  chime    0");
    assert_eq!(project.read("scenarios/power-up.snap"), golden);
    assert!(
        !project
            .folder()
            .join("scenarios/power-up.snap.new")
            .exists()
    );
    project
        .lockstep(&["bless", "--yes"])
        .holds()
        .says("1 golden written");
    project.cargo(&["test"]).holds();
}

#[test]
fn hints_are_commands_that_are_there() {
    let project = doorbell();
    project.lockstep(&["init", "--yes"]).holds();
    let made = project.lockstep(&["new", "scenario", "night/ring"]).holds();
    assert_eq!(made.out, "scenarios/night/ring.scn\n");
    made.says("`cargo lockstep sim run scenarios/night/ring.scn` plays it");
    project
        .lockstep(&["sim", "run", "scenarios/night/ring.scn"])
        .holds();
    assert_eq!(project.lockstep(&["new", "scenario", "night/ring"]).code, 2);

    // What is wrong says how it is mended, and that does it.
    let missing = project.cargo(&["test"]);
    assert_ne!(missing.code, 0);
    let said = missing.out.split("night/ring.snap`: `").nth(1).unwrap();
    project.shell(said.split('`').next().unwrap()).holds();
    project.cargo(&["test"]).holds();

    // Programs name the command that they were called by.
    let without_terminal = |printed: super::support::Printed, command: &str| {
        assert_eq!(printed.code, 2);
        printed.says(&format!("`{command} run FILE` plays a scenario"));
    };
    without_terminal(project.shell("cargo sim"), "cargo sim");
    let below = project.lockstep_in("src", &["sim"]);
    without_terminal(below, "cargo lockstep sim");
    let usage = project.shell("cargo sim --nonsense");
    assert_eq!(usage.code, 2);
    usage.says("Usage: cargo sim");
}

#[test]
fn what_would_be_done_is_shown_and_nothing_is_done() {
    let project = doorbell();
    let before = project.files();
    let shown = project.lockstep(&["init", "--yes", "--dry-run"]).holds();
    for line in [
        "+++ b/Cargo.toml",
        "+++ b/examples/sim.rs",
        "+++ b/tests/scenarios.rs",
        "+++ b/lockstep.toml",
        "+app doorbell",
    ] {
        shown.says(line);
    }
    assert_eq!(project.files(), before);
    let unasked = project.lockstep(&["init"]);
    assert_eq!(unasked.code, 2);
    unasked.says("`--yes` agrees");
    assert_eq!(project.files(), before);
}

#[test]
fn a_new_crate_has_a_core_to_begin_with() {
    let project = Project::empty("hall-light");
    project.lock("");
    std::fs::remove_file(project.folder().join("Cargo.lock")).unwrap();
    project.lockstep(&["init", "--yes", "--no-build"]).holds();
    project.lock("");
    project.lockstep(&["init", "--yes"]).holds();
    project.read("scenarios/light.snap");
    project.cargo(&["test"]).holds();
    project
        .shell("cargo sim run scenarios")
        .holds()
        .says("pass: 3 expectations held");
}

#[test]
fn a_library_without_an_app_gets_one_beside_its_sources() {
    let project = Project::library("sensor");
    project.lock("");
    let library = project.read("src/lib.rs");
    let said = project.lockstep(&["init", "--yes"]).holds();
    said.says("look at `tests/app/mod.rs`");
    assert_eq!(project.read("src/lib.rs"), library);
    project.cargo(&["test"]).holds().says("light");
}

#[test]
fn what_is_there_is_not_written_over() {
    let project = doorbell();
    project.write("tests/scenarios.rs", "#[test]\nfn mine() {}\n");
    project.write(".cargo/config.toml", "[alias]\nsim = \"run --bin mine\"\n");
    let said = project.lockstep(&["init", "--yes", "--no-build"]).holds();
    said.says("`tests/scenarios.rs` exists and does something else");
    assert_eq!(
        project.read("tests/scenarios.rs"),
        "#[test]\nfn mine() {}\n"
    );
    assert_eq!(
        project.read(".cargo/config.toml"),
        "[alias]\nsim = \"run --bin mine\"\n"
    );
    let commands = project.read("lockstep.toml");
    assert!(
        commands.contains("sim = \"cargo lockstep sim\""),
        "{commands}"
    );
}

#[test]
fn a_workspace_has_its_core_in_one_of_its_packages() {
    let project = Project::empty("panel");
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"core\", \"other\"]\nresolver = \"3\"\n",
    );
    let manifest =
        |name| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("core/Cargo.toml", &manifest("panel-core"));
    project.write("core/src/lib.rs", &std::fs::read_to_string(core).unwrap());
    project.write("other/Cargo.toml", &manifest("other"));
    project.write("other/src/lib.rs", "");
    project.lock("");
    project
        .lockstep(&["init", "--yes", "--ci", "github"])
        .holds();
    project.read("core/scenarios/power-up.snap");
    project.cargo(&["test"]).holds().says("power-up");
    project.shell("cargo sim run core/scenarios").holds();
    let workflow = project.read(".github/workflows/lockstep.yml");
    assert!(
        workflow.contains("run: cargo test -p panel-core --test scenarios\n"),
        "{workflow}"
    );
    let file = project.read("lockstep.toml");
    assert!(file.contains("scenarios = [\"core/scenarios\"]"), "{file}");
}
