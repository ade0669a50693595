//! Copies of the project, whose dependencies come from elsewhere or whose pins are wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::{TARGET, neighbour, project, support};

/// How the manifests of the project name a crate of Lockstep, by how deep they are.
const MANIFESTS: [(&str, &str); 3] = [
    ("logbook/Cargo.toml", "../../../firmware-core/"),
    ("stairwell/Cargo.toml", "../../../firmware-core/"),
    ("boards/hall-panel/Cargo.toml", "../../../../firmware-core/"),
];

/// A project like the fixture, in a folder of its own.
struct Copy {
    folder: TempDir,
}

impl Copy {
    /// Each dependency on a crate of Lockstep, which has this folder below `firmware-core`, becomes
    /// what `source` makes of that.
    fn new(source: impl Fn(&str) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&project(), folder.path());
        for (manifest, prefix) in MANIFESTS {
            let path = folder.path().join(manifest);
            let text = fs::read_to_string(&path).unwrap();
            let path_key = format!("path = \"{prefix}");
            let mut parts = text.split(&path_key);
            let mut changed = parts.next().unwrap().to_owned();
            for part in parts {
                let (crate_folder, rest) = part.split_once('"').unwrap();
                changed += &source(crate_folder);
                changed += rest;
            }
            assert_ne!(changed, text, "{manifest} depends on a crate of Lockstep");
            fs::write(path, changed).unwrap();
        }
        Self { folder }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        // Whoever calls has looked for it.
        let cargo = support::environment().program("cargo").unwrap();
        run(Command::new(cargo)
            .args(arguments)
            .current_dir(self.folder.path()))
    }
}

/// Without what was built.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let built = |path: &Path| path.is_dir() && path.ends_with("target");
    let entries = WalkDir::new(from).min_depth(1).into_iter();
    for entry in entries.filter_entry(|entry| !built(entry.path())) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn run(command: &mut Command) -> Output {
    command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn succeeds(output: &Output) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// Nothing of the workspace around a crate is missing where it is a dependency from elsewhere.
pub(crate) fn resolve_as_git_dependencies() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let repository = folder.path().join("lockstep");
    let root = fs::canonicalize(support::root())?;
    fs::create_dir(&repository)?;
    fs::copy(root.join("Cargo.toml"), repository.join("Cargo.toml"))?;
    copy(
        &root.join("firmware-core"),
        &repository.join("firmware-core"),
    );
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t",
            "commit",
            "--quiet",
            "--message",
            "Copy",
        ],
    ] {
        succeeds(&run(Command::new("git")
            .args(arguments)
            .current_dir(&repository)));
    }
    let git = format!("git = \"file://{}\"", repository.display());
    let copy = Copy::new(|_| git.clone());
    succeeds(&copy.cargo(&["metadata", "--format-version", "1"]));
    Ok(())
}

/// The compiler names both the pin that is missing and the one that may be meant.
pub(crate) fn a_misspelt_pin_is_named() -> Result<(), Failed> {
    let root = fs::canonicalize(support::root())?;
    let crates: PathBuf = root.join("firmware-core");
    let copy = Copy::new(|folder| format!("path = \"{}\"", crates.join(folder).display()));
    let pins = copy.folder.path().join("boards/hall-panel/pins.toml");
    let text = fs::read_to_string(&pins)?;
    assert!(text.contains("dimmed ="));
    fs::write(&pins, text.replace("dimmed =", "dimed ="))?;
    // The programs that the build runs are built there already.
    let target = neighbour::boards_target();
    let output = copy.cargo(&[
        "build",
        "--release",
        "--locked",
        "--target",
        TARGET,
        "--target-dir",
        &target.display().to_string(),
    ]);
    let errors = String::from_utf8(output.stderr)?;
    let expected = "pins.toml: [apps.stairwell.outputs] has no `dimmed`, but `dimed`, which the \
                    app does not have";
    assert!(
        !output.status.success() && errors.contains(expected),
        "{errors}"
    );
    Ok(())
}
