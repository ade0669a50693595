//! Firmware whose cargo is set to a board: nothing that is built plainly runs on the host.

use super::support::{Project, repository};

fn firmware(config: &str) -> Project {
    let project = Project::library("doorbell");
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("src/lib.rs", &std::fs::read_to_string(core).unwrap());
    project.write(".cargo/config.toml", config);
    project.lock("lockstep/");
    project
}

#[test]
fn the_simulator_is_built_for_the_host_where_everything_else_is_for_a_board() {
    let project = firmware("[build]\ntarget = \"thumbv6m-none-eabi\"\n");
    project.lockstep(&["init", "--yes"]).holds();
    let golden = project.read("lockstep/scenarios/power-up.snap");
    assert!(golden.contains("1000  out  chime    1"), "{golden}");
    project.shell("cargo sim run lockstep/scenarios").holds();
    let manifest = project.read("Cargo.toml");
    assert!(
        manifest.contains("lockstep-core = ") && !manifest.contains("lockstep-sim"),
        "{manifest}"
    );
}

#[test]
fn flags_for_a_linker_of_a_board_do_not_reach_the_simulator() {
    let project = firmware(
        "[build]\ntarget = \"thumbv6m-none-eabi\"\nrustflags = [\"-C\", \"link-arg=-Tlink.x\"]\n",
    );
    project.lockstep(&["init", "--yes"]).holds();
    let file = project.read("lockstep.toml");
    assert!(file.contains("sim = \"cargo lockstep sim\""), "{file}");
    project
        .shell("cargo lockstep sim run lockstep/scenarios")
        .holds();
    project.shell("cargo lockstep test").holds();
}

#[test]
fn a_hal_in_the_package_of_the_core_is_named() {
    let project = firmware("");
    project.write(
        "Cargo.toml",
        "[package]\nname = \"doorbell\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nrp2040-hal = \"0.11\"\n",
    );
    let shown = project.lockstep(&["init", "--yes", "--dry-run"]).holds();
    shown.says("depends on `rp2040-hal`, which does not build for the host");
    shown.says("+++ b/lockstep/src/lib.rs");
}

#[test]
fn an_rtic_application_stays_as_it_is_and_gets_a_core_to_begin_with() {
    let project = Project::copy_of("rtic/board", "gate");
    let core = "[package]\nname = \"gate-core\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    project.write("../core/Cargo.toml", core);
    project.write("../core/src/lib.rs", "#![no_std]\n");
    let before = project.files();
    let printed = project.lockstep(&["init", "--yes", "--no-build"]).holds();
    printed.says("hal       nrf52833-hal");
    printed.says("look at `lockstep/src/lib.rs`");
    let after = project.files();
    for (path, text) in &before {
        // Its workspace leaves the package beside it out.
        let expected = match path.ends_with("Cargo.toml") {
            true => format!("{text}exclude = [\"lockstep\"]\n"),
            false => text.clone(),
        };
        assert_eq!(after[path], expected, "{}", path.display());
    }
    let manifest = project.read("lockstep/Cargo.toml");
    assert!(!manifest.contains("gate-board = "), "{manifest}");
    let core = project.read("lockstep/src/lib.rs");
    assert!(core.contains("impl App for Starter"), "{core}");
    let again = project.lockstep(&["init", "--yes", "--no-build"]).holds();
    again.says("nothing to change");
}
