//! The commands of `docs/start.md`, typed one after the other: what the page shows is printed.

use std::fs;
use std::process::Command;

use super::embassy::MANIFEST as EMBASSY_MANIFEST;
use super::support::{Printed, Project, repository};

/// A command of a page, and the lines that stand below it.
struct Shown<'p> {
    command: String,
    lines: Vec<&'p str>,
}

/// What stands in the blocks of a page that are for a shell.
fn commands(page: &str) -> Vec<Shown<'_>> {
    let mut all: Vec<Shown<'_>> = Vec::new();
    let blocks = page.split("```console\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines()) {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => all.push(Shown {
                command: command.to_owned(),
                lines: Vec::new(),
            }),
            (None, Some(shown)) => shown.lines.push(line),
            (None, None) => panic!("{line:?} stands above the first command"),
        }
    }
    all
}

/// The first line that is not printed after those above it. Cargo prints more than a page shows.
fn not_printed<'p>(shown: &Shown<'p>, printed: &str) -> Option<&'p str> {
    let mut lines = printed.lines();
    let lines_of_page = shown.lines.iter().filter(|line| !line.trim().is_empty());
    lines_of_page
        .copied()
        .find(|line| !lines.any(|it| it.trim_end() == line.trim_end()))
}

/// The sections of the start page that are about projects of their own.
const EMBASSY: &str = "An Embassy firmware";
const RTIC: &str = "An RTIC firmware";

/// The workspace of the RTIC application: its functions, and beside them the application.
const RTIC_MANIFEST: &str = "\
[workspace]
resolver = \"3\"
members = [\"core\"]
exclude = [\"board\"]

[workspace.package]
version = \"1.0.0\"
edition = \"2024\"
publish = false
";

fn start_page() -> String {
    fs::read_to_string(repository().join("docs/start.md")).unwrap()
}

/// The sections of a page, each with its title.
fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let sections = page.split("\n## ");
    sections.map(|section| section.split_once('\n').unwrap_or((section, "")))
}

fn section(page: &str, title: &str) -> String {
    let found = sections(page).find(|(other, _)| *other == title);
    found.unwrap_or_else(|| panic!("{title}")).1.to_owned()
}

/// The commands print what the page shows; `act` does what the page has the reader do after one.
fn follow(project: &Project, shown: &[Shown<'_>], act: &dyn Fn(&str)) {
    for shown in shown {
        // In the order in which a terminal shows it.
        let printed = project.shell(&format!("{{ {}\n}} 2>&1", shown.command));
        act(&shown.command);
        let all = printed.out;
        let all = all.replace(&project.parent().display().to_string(), "/home/me");
        let all = all.replace(&repository().display().to_string(), "/home/me/lockstep");
        if let Some(line) = not_printed(shown, &all) {
            panic!("`{}` does not print {line:?}:\n{all}", shown.command);
        }
    }
}

#[test]
fn every_command_of_the_start_page_prints_what_the_page_shows() {
    let page = start_page();
    let project = Project::empty("doorbell");
    // What the page has the reader write.
    let core = fs::read_to_string(repository().join("fixtures/strangers/doorbell.rs")).unwrap();
    assert!(
        page.contains(&format!("```rust\n{core}```\n")),
        "the page shows the core"
    );
    let others = [EMBASSY, RTIC];
    let shown = sections(&page).filter(|(title, _)| !others.contains(title));
    let shown: Vec<_> = shown.flat_map(|(_, text)| commands(text)).collect();
    assert!(shown.len() > 8, "{} commands", shown.len());
    follow(&project, &shown, &|command| {
        if command.starts_with("cargo init") {
            project.write("src/lib.rs", &core).lock("");
        }
    });
}

#[test]
fn the_start_page_plays_the_tasks_of_an_embassy_firmware() {
    let project = Project::copy_of("embassy/firmware", "stairs");
    project
        .write("Cargo.toml", EMBASSY_MANIFEST)
        .lock("lockstep/");
    let text = section(&start_page(), EMBASSY);
    let shown = commands(&text);
    assert_eq!(shown.len(), 3);
    follow(&project, &shown, &|_| {});
}

#[test]
fn the_start_page_plays_the_core_of_an_rtic_firmware() {
    // What the page names and this workspace does not use is downloaded, if it is not there.
    let mut download = Command::new(env!("CARGO"));
    download
        .args(["tree", "--locked", "--package", "gate"])
        .current_dir(repository().join("fixtures"));
    Printed::from(download.output().unwrap()).holds();
    let project = Project::copy_of("rtic", "gate");
    fs::remove_dir_all(project.folder().join("simulator")).unwrap();
    project.write("Cargo.toml", RTIC_MANIFEST).lock("");
    let text = section(&start_page(), RTIC);
    let ports =
        fs::read_to_string(repository().join("fixtures/rtic/simulator/src/lib.rs")).unwrap();
    assert!(
        text.contains(&format!("```rust\n{ports}```\n")),
        "the page shows the ports"
    );
    let dependencies = text.split("```toml\n[dependencies]\n").nth(1);
    let dependencies = dependencies.unwrap().split("```").next().unwrap();
    let dependencies = dependencies.replace("/home/me/lockstep", repository().to_str().unwrap());
    let shown = commands(&text);
    assert_eq!(shown.len(), 3);
    follow(&project, &shown, &|command| {
        if command.starts_with("cargo init") {
            let manifest = project.read("ports/Cargo.toml") + &dependencies;
            project
                .write("ports/Cargo.toml", &manifest)
                .write("ports/src/lib.rs", &ports);
        }
    });
}
