//! The commands of the README: what stands below one of the simulator is what it prints, and every
//! other is known not to be run here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Commands that are not run here, by how they begin, and why.
const NOT_RUN: [(&str, &str); 9] = [
    ("cargo install ", "it changes the machine"),
    (
        "cargo lockstep init",
        "`sim/cargo-lockstep/tests/projects` does, in projects",
    ),
    ("cargo verify", "it runs this"),
    ("cargo test ", "with a core that is changed"),
    ("cargo hil doctor", "`hil-tests/shipped/tests/cli.rs` does"),
    ("cargo hil build", "`cargo verify` does"),
    ("cargo hil size", "`cargo verify` does"),
    (
        "cargo hil board",
        "`hil-tests/shipped/tests/virtual_board` does",
    ),
    ("cargo hil run", "`cargo verify` does"),
];

/// What `cargo sim` prints without a terminal.
const NEEDS_A_TERMINAL: &str = "the simulator needs a terminal";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The first block of the page that is a scenario, with `75` in place of `50` in line 6, as the
/// page says below it.
fn scenario(page: &str) -> String {
    let block = page
        .split("```text\n")
        .skip(1)
        .find(|it| it.starts_with("app lamp"));
    let scenario = block.unwrap().split("```").next().unwrap();
    let changed = scenario.replace(
        "expect lamp becomes 50 within",
        "expect lamp becomes 75 within",
    );
    assert_ne!(changed, scenario);
    changed
}

#[test]
fn every_command_of_the_readme_prints_what_stands_below_it() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Paths of the page are those of the repository.
    std::os::unix::fs::symlink(
        fs::canonicalize(root().join("fixtures")).unwrap(),
        folder.path().join("fixtures"),
    )
    .unwrap();
    fs::copy(
        root().join("lockstep.toml"),
        folder.path().join("lockstep.toml"),
    )
    .unwrap();
    fs::write(folder.path().join("on.scn"), scenario(&page)).unwrap();
    let mut run = 0;
    let mut wrong = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for shown in block.split("$ ").skip(1) {
            let (command, expected) = shown.split_once('\n').unwrap_or((shown, ""));
            if NOT_RUN
                .iter()
                .any(|(beginning, _)| command.starts_with(beginning))
            {
                continue;
            }
            let Some(arguments) = command.strip_prefix("cargo sim") else {
                wrong.push(format!("`{command}` is neither run nor known not to be"));
                continue;
            };
            // After it, the page shows what a change of the core does: that the golden does not have.
            let is_of_a_change = command.contains("after.txt");
            let output = Command::new("sh")
                .args(["-c", &format!("{}{arguments}", env!("CARGO_BIN_EXE_sim"))])
                .current_dir(folder.path())
                .output()
                .unwrap();
            let result = String::from_utf8(output.stdout).unwrap();
            // Standard error may name the time that it took; a page then shows the result alone.
            let printed = result.clone() + &String::from_utf8(output.stderr).unwrap();
            run += 1;
            let holds = match arguments {
                "" => printed.contains(NEEDS_A_TERMINAL),
                _ => [&printed, &result]
                    .iter()
                    .any(|it| it.trim_end() == expected.trim_end()),
            };
            if !holds && !is_of_a_change {
                wrong.push(format!(
                    "`{command}` prints\n{printed}\ninstead of\n{expected}"
                ));
            }
        }
    }
    assert!(run > 3, "{run} commands were run");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
