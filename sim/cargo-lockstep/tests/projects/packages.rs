//! A project whose dependencies are the packages, not this repository: they hold all that is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{Printed, Project, repository};

/// What a project with a simulator is made of.
const PACKAGES: [&str; 12] = [
    "lockstep-cli",
    "lockstep-console",
    "lockstep-core",
    "lockstep-embassy",
    "lockstep-embassy-ports",
    "lockstep-engine",
    "lockstep-goldens",
    "lockstep-isolation",
    "lockstep-rules",
    "lockstep-search",
    "lockstep-sim",
    "lockstep-terminal",
];

/// Packs and unpacks them. Gives the folder of each.
fn unpacked(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut package = Command::new(env!("CARGO"));
    package
        .args([
            "package",
            "--offline",
            "--allow-dirty",
            "--no-verify",
            "--quiet",
        ])
        .args(PACKAGES.iter().flat_map(|name| ["-p", name]))
        .arg("--target-dir")
        .arg(folder)
        .current_dir(repository());
    Printed::from(package.output().unwrap()).holds();
    let unpack = |name: &&'static str| {
        let package = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        let mut tar = Command::new("tar");
        tar.args(["xzf", &format!("package/{package}.crate")])
            .current_dir(folder);
        Printed::from(tar.output().unwrap()).holds();
        (*name, folder.join(package))
    };
    PACKAGES.iter().map(unpack).collect()
}

/// A place where cargo finds the packages in place of the registry.
fn patch(project: &Project) {
    let folder = project.parent().join("packages");
    fs::create_dir(&folder).unwrap();
    let mut config = "[patch.crates-io]\n".to_owned();
    for (name, path) in unpacked(&folder) {
        config += &format!("{name} = {{ path = \"{}\" }}\n", path.display());
    }
    fs::create_dir(project.parent().join(".cargo")).unwrap();
    fs::write(project.parent().join(".cargo/config.toml"), config).unwrap();
}

#[test]
fn a_crate_that_depends_on_the_packages_has_scenarios_goldens_and_a_simulator() {
    let project = Project::library("doorbell");
    patch(&project);
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("src/lib.rs", &fs::read_to_string(core).unwrap());
    project.lock("");
    project
        .lockstep(&["init", "--yes", "--source", "registry"])
        .holds();
    let manifest = project.read("Cargo.toml");
    let line = format!("lockstep-core = \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&line), "{manifest}");
    let lock = project.read("Cargo.lock");
    assert!(lock.contains("name = \"lockstep-sim\""), "{lock}");
    project.cargo(&["test"]).holds().says("power-up");
    project.shell("cargo sim run scenarios").holds();
    let tree = project
        .cargo(&["tree", "--edges", "all", "--prefix", "none"])
        .holds();
    let source = repository().display().to_string();
    let own: Vec<_> = tree
        .out
        .lines()
        .filter(|line| line.contains(&source))
        .collect();
    assert!(own.is_empty(), "{own:?}");
    project.replace("src/lib.rs", "CHIME: u16 = 250", "CHIME: u16 = 200");
    assert_ne!(project.cargo(&["test"]).code, 0);

    // The same packages for Embassy.
    let example = repository().join("fixtures/strangers/blinky");
    for file in ["Cargo.toml", ".cargo/config.toml", "src/main.rs"] {
        let text = fs::read_to_string(example.join(file)).unwrap();
        project.write(&format!("blinky/{file}"), &text);
    }
    project.lock("blinky/lockstep/");
    project
        .lockstep_in(
            "blinky",
            &["init", "--embassy", "--yes", "--source", "registry"],
        )
        .holds();
    project.lockstep_in("blinky", &["test"]).holds();
}
