//! The commands of `docs/start.md`, typed one after the other: what the page shows is printed.

use std::fs;

use super::support::{Project, repository};

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

#[test]
fn every_command_of_the_start_page_prints_what_the_page_shows() {
    let page = fs::read_to_string(repository().join("docs/start.md")).unwrap();
    let project = Project::empty("doorbell");
    // What the page has the reader write.
    let core = fs::read_to_string(repository().join("fixtures/strangers/doorbell.rs")).unwrap();
    assert!(
        page.contains(&format!("```rust\n{core}```\n")),
        "the page shows the core"
    );
    let shown = commands(&page);
    assert!(shown.len() > 8, "{} commands", shown.len());
    for shown in &shown {
        // In the order in which a terminal shows it.
        let printed = project.shell(&format!("{{ {}\n}} 2>&1", shown.command));
        if shown.command.starts_with("cargo init") {
            project.write("src/lib.rs", &core).lock("");
        }
        let all = printed.out;
        let all = all.replace(&project.folder().display().to_string(), "/home/me/doorbell");
        let all = all.replace(&repository().display().to_string(), "/home/me/lockstep");
        if let Some(line) = not_printed(shown, &all) {
            panic!("`{}` does not print {line:?}:\n{all}", shown.command);
        }
    }
}
