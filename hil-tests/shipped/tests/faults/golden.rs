//! Goldens that are wrong, in a repository of their own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

use super::{Test, support};

pub(crate) const TESTS: [(&str, Test); 4] = [
    (
        "golden/one-tick-off-is-a-failure",
        one_tick_off_is_a_failure,
    ),
    (
        "golden/one-tick-off-is-documented",
        one_tick_off_is_documented,
    ),
    ("golden/none-is-bad-input", none_is_bad_input),
    (
        "golden/what-does-not-hold-on-the-host-is-a-failure",
        what_does_not_hold_on_the_host_is_a_failure,
    ),
];

const SCENARIO: &str = "fixtures/scenarios/lamp/power/short-press-toggles";

/// A repository whose firmware is that of this one.
fn repository() -> Result<TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    let root = fs::canonicalize(support::root())?;
    symlink(
        root.join("firmware-core"),
        folder.path().join("firmware-core"),
    )?;
    for ending in ["scn", "snap"] {
        copy(&root, folder.path(), &format!("{SCENARIO}.{ending}"))?;
    }
    for file in ["fixtures/benches/virtual.toml", "lockstep.toml"] {
        copy(&root, folder.path(), file)?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path, file: &str) -> Result<(), Failed> {
    let to = to.join(file);
    fs::create_dir_all(to.parent().ok_or("no folder")?)?;
    fs::copy(from.join(file), to)?;
    Ok(())
}

fn change(repository: &Path, file: &str, from: &str, to: &str) -> Result<(), Failed> {
    let path = repository.join(file);
    let text = fs::read_to_string(&path)?;
    assert!(text.contains(from), "{text}");
    Ok(fs::write(&path, text.replace(from, to))?)
}

fn run(repository: &Path) -> Result<Output, Failed> {
    hil(
        repository,
        &["run", "--bench", "virtual", "--stimulus", "rtt"],
    )
}

fn hil(repository: &Path, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new(env!("CARGO_BIN_EXE_hil"))
        .current_dir(repository)
        .args(arguments)
        .env_remove("LOCKSTEP_REQUIRE")
        .stdin(Stdio::null())
        .output()?)
}

/// A repository with a golden that expects an output one tick later.
fn one_tick_off() -> Result<TempDir, Failed> {
    let repository = repository()?;
    change(
        repository.path(),
        &format!("{SCENARIO}.snap"),
        "    1420  out  lamp",
        "    1421  out  lamp",
    )?;
    Ok(repository)
}

fn one_tick_off_is_a_failure() -> Result<(), Failed> {
    let repository = one_tick_off()?;
    let output = run(repository.path())?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("1420") && told.contains("1421"), "{told}");
    assert!(
        told.contains("cargo sim run") && told.contains("cargo sim open"),
        "{told}"
    );
    Ok(())
}

/// The example of the page is what its command prints, except for durations and for the samples,
/// which are taken at other ticks each time.
fn one_tick_off_is_documented() -> Result<(), Failed> {
    let page = fs::read_to_string(support::root().join("docs/reports.md"))?;
    let (_, example) = page
        .split_once("```console\n$ cargo hil ")
        .ok_or("no example")?;
    let (command, printed) = example.split_once('\n').ok_or("no command")?;
    let (printed, _) = printed.split_once("```").ok_or("no end")?;
    let repository = one_tick_off()?;
    let arguments: Vec<_> = command.split_whitespace().collect();
    let output = hil(repository.path(), &arguments)?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(comparable(&told), comparable(printed), "{told}");
    let sample = "1420  lamp (P0.03)  1  [outside]";
    assert!(printed.contains(sample), "{printed}");
    assert!(told.contains(sample), "{told}");
    Ok(())
}

fn comparable(report: &str) -> Vec<String> {
    let is_sample = |line: &&str| line.ends_with("[outside]") || line.ends_with("[register]");
    let is_duration = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let lines = report.lines().filter(|line| !is_sample(line));
    let line = |line: &str| {
        let words = line.split(' ');
        let words = words.map(|word| if is_duration(word) { "N" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    lines.map(line).collect()
}

fn none_is_bad_input() -> Result<(), Failed> {
    let repository = repository()?;
    fs::remove_file(repository.path().join(format!("{SCENARIO}.snap")))?;
    let output = run(repository.path())?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("short-press-toggles.snap"), "{told}");
    Ok(())
}

fn what_does_not_hold_on_the_host_is_a_failure() -> Result<(), Failed> {
    let repository = repository()?;
    let file = format!("{SCENARIO}.scn");
    let text = fs::read_to_string(repository.path().join(&file))?;
    fs::write(repository.path().join(&file), text + "expect lamp is 7\n")?;
    let output = run(repository.path())?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("does not hold on the host"), "{told}");
    assert!(told.contains("expected 7"), "{told}");
    Ok(())
}
