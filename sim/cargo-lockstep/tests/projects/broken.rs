//! What is wrong is told, and nothing is written.

use super::support::{Printed, Project};

/// Refuses, and changes nothing.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], code: i32) -> Printed {
    let before = project.files();
    let printed = project.lockstep(arguments);
    assert_eq!(printed.code, code, "{printed:?}");
    assert_eq!(project.files(), before);
    printed
}

#[test]
fn a_folder_without_a_manifest() {
    let project = Project::empty("notes");
    project.write("notes.txt", "");
    let printed = refused(&project, &["init", "--yes"], 2);
    printed.says("no `Cargo.toml` in `");
    printed.says("`cargo init --lib` makes a crate of this folder");
}

#[test]
fn a_workspace_without_a_library() {
    let project = Project::empty("tools");
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"tool\"]\nresolver = \"3\"\n",
    );
    project.write(
        "tool/Cargo.toml",
        "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    project.write("tool/src/main.rs", "fn main() {}\n");
    let printed = refused(&project, &["init", "--yes"], 2);
    printed.says("no package of the workspace");
    printed.says("`--package tool` writes a starter beside that package");
    let unknown = refused(&project, &["init", "--yes", "--package", "toll"], 2);
    unknown.says("no package `toll` in the workspace: there are `tool`");
}

#[test]
fn a_workspace_with_several_libraries() {
    let project = Project::empty("parts");
    project.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"3\"\n",
    );
    for name in ["a", "b"] {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.write(&format!("{name}/Cargo.toml"), &manifest);
        project.write(&format!("{name}/src/lib.rs"), "");
    }
    let printed = refused(&project, &["init", "--yes"], 2);
    printed.says("say which one holds the core: `--package a`");
}

#[test]
fn a_manifest_that_cargo_does_not_take() {
    let project = Project::library("doorbell");
    project.write("Cargo.toml", "[package]\nname = doorbell\n");
    refused(&project, &["init", "--yes"], 2).says("cargo cannot read `");
}

#[test]
fn a_project_file_with_a_typo() {
    let project = Project::library("doorbell");
    project.write("lockstep.toml", "[comands]\nsim = \"cargo sim\"\n");
    for arguments in [&["init", "--yes"][..], &["sim"], &["doctor"], &["bless"]] {
        let printed = refused(&project, arguments, 2);
        printed.says("there is no key `comands`");
        printed.says("did you mean `commands`?");
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let project = Project::library("doorbell");
    // Where folders are to be, there is a file: so nobody can write there, whoever it is.
    project.write("scenarios", "");
    let printed = refused(&project, &["init", "--yes"], 3);
    printed.says("cannot write `scenarios/light.scn`: nothing was changed");
}

#[test]
fn a_source_that_there_is_not() {
    let project = Project::library("doorbell");
    refused(&project, &["init", "--yes", "--source", "svn"], 2)
        .says("`svn` is no source: expected `registry`, `git`, `git=URL`, `path` or `path=FOLDER`");
    let nowhere = format!("path={}", project.folder().display());
    refused(&project, &["init", "--yes", "--source", &nowhere], 2)
        .says("there is no crate `lockstep-core` below");
}

#[test]
fn commands_outside_of_a_project() {
    let project = Project::library("doorbell");
    for command in ["sim", "test", "bless", "verify"] {
        refused(&project, &[command], 2).says("`cargo lockstep init` in the folder of a crate");
    }
    let doctor = refused(&project, &["doctor"], 3);
    doctor.says("missing  project");
    doctor.says("run `cargo lockstep init`");
    project.write("lockstep.toml", "");
    refused(&project, &["hil"], 2).says("by hand it is `hil = \"FOLDER\"` below `[programs]`");
}

#[test]
fn rules_for_probes_are_shown_before_anything_is_changed() {
    let project = Project::library("doorbell");
    project.write("lockstep.toml", "");
    project.write("benches/own.toml", "board = \"a\"\nprobe = \"ABCD:0001\"\n");
    let rules = project.lockstep(&["doctor", "--udev-rules"]).holds();
    assert!(
        rules
            .out
            .contains("ATTRS{idVendor}==\"abcd\", MODE=\"0660\""),
        "{}",
        rules.out
    );
    let doctor = project.lockstep(&["doctor"]);
    assert_eq!(doctor.code, 3);
    doctor.says("no udev rule for abcd");
    doctor
        .says("`cargo lockstep doctor --udev-rules | sudo tee /etc/udev/rules.d/69-lockstep.rules");
}
