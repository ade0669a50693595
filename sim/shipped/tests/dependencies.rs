//! Which crate may depend on which: the arrows of `docs/architecture.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The packages of the workspace, and what each declares.
struct Workspace {
    packages: BTreeMap<String, Vec<Dependency>>,
}

struct Dependency {
    name: String,
    is_dev: bool,
}

impl Workspace {
    fn read() -> Self {
        let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        let packages = metadata["packages"].as_array().unwrap().iter();
        let packages = packages.map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let dependencies = dependencies.map(|dependency| Dependency {
                name: dependency["name"].as_str().unwrap().to_owned(),
                is_dev: dependency["kind"] == "dev",
            });
            let name = package["name"].as_str().unwrap().to_owned();
            (name, dependencies.collect())
        });
        Self {
            packages: packages.collect(),
        }
    }

    fn dependencies(&self, package: &str) -> &[Dependency] {
        let Some(dependencies) = self.packages.get(package) else {
            panic!("no package `{package}` in the workspace");
        };
        dependencies
    }

    /// What the package depends on when it is used, through any number of packages of the
    /// workspace.
    fn all_dependencies(&self, package: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(package) = open.pop() {
            for dependency in self.dependencies(package).iter().filter(|it| !it.is_dev) {
                let name = dependency.name.as_str();
                if found.insert(name) && self.packages.contains_key(name) {
                    open.push(name);
                }
            }
        }
        found
    }

    /// The packages that declare this dependency for more than their tests.
    fn users_of(&self, dependency: &str) -> Vec<&str> {
        let users = self.packages.iter().filter(|(_, dependencies)| {
            let mut used = dependencies.iter().filter(|it| !it.is_dev);
            used.any(|it| it.name == dependency)
        });
        let users: Vec<_> = users.map(|(name, _)| name.as_str()).collect();
        assert!(!users.is_empty(), "nothing depends on `{dependency}`");
        users
    }

    #[track_caller]
    fn assert_independent(&self, package: &str, others: &[&str]) {
        let dependencies = self.all_dependencies(package);
        for other in others {
            assert!(
                !dependencies.contains(other),
                "`{package}` depends on `{other}`"
            );
        }
    }
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Packages that belong to a user interface, a command line or a test harness.
const PROGRAM_SIDE: [&str; 10] = [
    "anstream",
    "annotate-snippets",
    "clap",
    "clap_complete",
    "crossterm",
    "indicatif",
    "insta",
    "libtest-mimic",
    "ratatui",
    "signal-hook",
];

/// The table of `docs/architecture.md`: each crate, and what it depends on.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/architecture.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| crate | depends on |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|row| row.starts_with('|'));
    let names = |cell: &str| {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let rows = rows.map(|row| {
        let mut cells = row.split('|').skip(1);
        let crates: Vec<String> = names(cells.next().unwrap());
        (
            crates[0].clone(),
            names(cells.next().unwrap()).into_iter().collect(),
        )
    });
    rows.collect()
}

#[test]
fn the_crates_depend_on_each_other_as_documented() {
    let workspace = Workspace::read();
    let declared = workspace.packages.iter().map(|(name, dependencies)| {
        let used = dependencies.iter().filter(|it| !it.is_dev);
        let own = used.filter(|it| workspace.packages.contains_key(&it.name));
        (name.clone(), own.map(|it| it.name.clone()).collect())
    });
    let declared: BTreeMap<String, BTreeSet<String>> = declared.collect();
    assert_eq!(declared, documented());
}

#[test]
fn the_contract_depends_on_nothing_of_the_workspace() {
    let workspace = Workspace::read();
    let dependencies = workspace.all_dependencies("lockstep-core");
    let own: Vec<_> = dependencies
        .into_iter()
        .filter(|name| workspace.packages.contains_key(*name))
        .collect();
    assert!(own.is_empty(), "{own:?}");
}

#[test]
fn the_engine_knows_no_program() {
    let workspace = Workspace::read();
    let programs = [
        "lockstep-console",
        "lockstep-goldens",
        "lockstep-terminal",
        "lockstep-cli",
    ];
    workspace.assert_independent("lockstep-engine", &programs);
    workspace.assert_independent("lockstep-engine", &PROGRAM_SIDE);
}

#[test]
fn the_library_alone_builds_nothing_of_a_program() {
    let tree = cargo(&[
        "tree",
        "--package",
        "lockstep-sim",
        "--no-default-features",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let names: BTreeSet<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.contains("lockstep-engine"), "{tree}");
    for name in PROGRAM_SIDE {
        assert!(!names.contains(name), "`{name}` in:\n{tree}");
    }
}

#[test]
fn only_the_terminal_knows_its_backend() {
    let workspace = Workspace::read();
    assert_eq!(workspace.users_of("crossterm"), ["lockstep-terminal"]);
    assert_eq!(workspace.users_of("ratatui"), ["lockstep-terminal"]);
}

#[test]
fn only_command_lines_parse_arguments() {
    let workspace = Workspace::read();
    let users = workspace.users_of("clap");
    assert_eq!(
        users,
        ["cargo-lockstep", "lockstep-cli", "lockstep-hil-cli"]
    );
}

#[test]
fn only_the_hardware_suite_knows_probe_rs() {
    let workspace = Workspace::read();
    for user in workspace.users_of("probe-rs") {
        assert!(
            ["lockstep-hil", "lockstep-hil-cli"].contains(&user),
            "`{user}` depends on `probe-rs`"
        );
    }
    let simulator = ["lockstep-sim", "lockstep-goldens", "sim"];
    for package in simulator {
        workspace.assert_independent(package, &["probe-rs", "lockstep-hil"]);
    }
}

#[test]
fn the_hardware_suite_needs_no_command_line_of_the_simulator() {
    let workspace = Workspace::read();
    for package in [
        "lockstep-virtual-board",
        "lockstep-images",
        "lockstep-hil",
        "lockstep-hil-cli",
        "hil",
    ] {
        workspace.assert_independent(package, &["lockstep-cli", "lockstep-terminal"]);
    }
}

#[test]
fn only_what_ships_knows_the_apps_that_ship() {
    let workspace = Workspace::read();
    assert_eq!(workspace.users_of("lockstep-apps"), ["shipped-apps"]);
    let users = workspace.users_of("shipped-apps");
    assert_eq!(users, ["hil", "sim"]);
}
