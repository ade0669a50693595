//! Embassy firmware: a library of tasks over traits, and an example as Embassy has them.

use super::support::Project;

/// The manifest of a library of tasks.
pub(crate) const MANIFEST: &str = "\
[package]
name = \"stairs-firmware\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
embassy-futures = \"0.1\"
embassy-time = \"0.5\"
embedded-hal = \"1.0\"
embedded-hal-async = \"1.0\"
";

#[test]
fn the_tasks_of_a_library_are_joined_with_ports() {
    let project = Project::copy_of("embassy/firmware", "stairs");
    project.write("Cargo.toml", MANIFEST);
    project.lock("lockstep/");
    let firmware = project.read("src/lib.rs");
    project.lockstep(&["init", "--embassy", "--yes"]).holds();
    assert_eq!(project.read("Cargo.toml"), MANIFEST);
    assert_eq!(project.read("src/lib.rs"), firmware);
    let golden = project.read("lockstep/scenarios/power-up.snap");
    // Pressed at 1000, debounced for 20 ms; and alive all the while.
    assert!(golden.contains("1020  out  light   100"), "{golden}");
    assert!(golden.contains("500  out  led     1"), "{golden}");
    project
        .shell("cargo sim run lockstep/scenarios/power-up.scn")
        .holds();
    project.lockstep_in("src", &["test"]).holds();

    // The firmware behaves otherwise, and its golden says so.
    project.replace(
        "src/lib.rs",
        "DEBOUNCE: Duration = Duration::from_millis(20)",
        "DEBOUNCE: Duration = Duration::from_millis(30)",
    );
    let red = project.lockstep(&["test"]);
    assert_ne!(red.code, 0);
    red.says("1030  out  light   100");
}

#[test]
fn an_example_of_embassy_gets_a_task_to_begin_with_and_stays_as_it_is() {
    let project = Project::copy_of("strangers/blinky", "blinky");
    project.lock("lockstep/");
    let before = project.files();
    let said = project.lockstep(&["init", "--embassy", "--yes"]).holds();
    said.says("chip      nRF52840_xxAA");
    said.says("target    thumbv7em-none-eabi");
    said.says("look at `lockstep/src/lib.rs`");
    project.read("lockstep/scenarios/power-up.snap");
    // Everything that cargo builds here is for the board, and the simulator is not.
    project.shell("cargo sim run lockstep/scenarios").holds();
    let file = project.read("lockstep.toml");
    let command = file.split("goldens = \"").nth(1).unwrap();
    project.shell(command.split('"').next().unwrap()).holds();
    let after = project.files();
    let own = before
        .keys()
        .filter(|path| !path.starts_with(".cargo") && !path.ends_with("Cargo.lock"));
    for path in own {
        assert_eq!(after[path], before[path], "{}", path.display());
    }
}
