//! The build errors of a new board: each folder of `fixtures/build-errors` gives its golden.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_images::board::{BOARD_FILE, Board};
use lockstep_images::build::Profile;
use lockstep_images::contract::{self, linker_script};
use lockstep_images::elf::Elf;

const TARGET: &str = "thumbv6m-none-eabi";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = support::root().join("fixtures/build-errors");
    let mut cases: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(
        !cases.is_empty(),
        "there is no case in {}",
        folder.display()
    );
    let missing = support::missing(TARGET);
    let trials: Vec<Trial> = cases
        .into_iter()
        .map(|case| {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            support::trial(name.clone(), missing.clone(), move || hold(&case, &name))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Builds a case, and compares the error with its golden.
fn hold(case: &Path, name: &str) -> Result<(), Failed> {
    let built = tempfile::tempdir()?;
    // `support::missing` has found it.
    let cargo = support::environment().program("cargo").unwrap();
    let output = Command::new(cargo)
        .args(["build", "--locked", "--color", "never"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(built.path())
        .current_dir(case)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .stdin(Stdio::null())
        .output()?;
    let stderr = String::from_utf8(output.stderr)?;
    let golden = if output.status.success() {
        violations(case, &built.path().join(TARGET).join("debug").join(name))?
    } else {
        first_error(&stderr)
    };
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(snapshots(case));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_input_file(case.join("Cargo.toml"));
    settings.bind(|| insta::assert_snapshot!("error", golden));
    Ok(())
}

fn snapshots(case: &Path) -> PathBuf {
    fs::canonicalize(case).unwrap()
}

/// The first error of the compiler, without the path of the build folder.
fn first_error(stderr: &str) -> String {
    let lines = stderr.lines().skip_while(|line| !line.starts_with("error"));
    let first = lines.take_while(|line| !line.is_empty());
    let kept = first.filter(|line| !line.contains(" loaded from "));
    kept.map(|line| format!("{line}\n")).collect()
}

/// What an image that links breaks of the contract.
fn violations(case: &Path, image: &Path) -> Result<String, Failed> {
    if !case.join(BOARD_FILE).is_file() {
        return Err("it builds: expected an error".into());
    }
    let elf = Elf::parse(&fs::read(image)?)?;
    let board = Board::read(case)?;
    let script = fs::read_to_string(case.join(linker_script::LINKER_SCRIPT))?;
    let mut violations = linker_script::check(&script, &board);
    violations.extend(contract::check(&elf, &board, Profile::Debug));
    Ok(violations
        .iter()
        .map(|violation| format!("{violation}\n"))
        .collect())
}
