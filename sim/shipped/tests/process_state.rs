//! What a library must not do to the process that uses it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of crates that run programs, or processes.
const PROGRAMS: [&str; 8] = [
    "sim/cargo-lockstep",
    "sim/console",
    "sim/isolation",
    "sim/terminal",
    "sim/cli",
    "sim/shipped",
    "hil-tests/cli",
    "hil-tests/shipped",
];

/// What changes the process, or outlives a call.
const PROCESS_STATE: [&str; 6] = [
    "panic::set_hook(",
    "panic::take_hook(",
    "process::exit(",
    "process::abort(",
    "signal_hook::",
    "OnceLock<",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources below the `src` folder of each crate of the main workspace.
fn sources() -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for side in ["firmware-core", "sim", "hil-tests"] {
        for entry in fs::read_dir(root().join(side)).unwrap() {
            let folder = entry.unwrap().path().join("src");
            if folder.is_dir() {
                let files = walkdir::WalkDir::new(folder).into_iter();
                let files = files.map(|entry| entry.unwrap().into_path());
                sources.extend(files.filter(|path| path.extension().is_some_and(|it| it == "rs")));
            }
        }
    }
    sources
}

/// The lines of a source that are code of its crate: without comments and test modules.
fn code(path: &Path) -> Vec<(usize, String)> {
    let is_test = path
        .iter()
        .any(|part| part == "tests" || part == "tests.rs");
    let text = fs::read_to_string(path).unwrap();
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = own.lines().filter(|_| !is_test).map(str::trim_start);
    let lines = (1..).zip(lines.map(str::to_owned));
    lines.filter(|(_, line)| !line.starts_with("//")).collect()
}

/// Where code that is like this stands, by the folder of its crate.
fn found(is_like_this: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in sources() {
        let shown = path.strip_prefix(root()).unwrap();
        let folder: PathBuf = shown.iter().take(2).collect();
        for (number, line) in code(&path) {
            if is_like_this(&line) {
                let place = format!("{}:{number}: {line}", shown.display());
                found.push((folder.display().to_string(), place));
            }
        }
    }
    found
}

/// What is found in these crates, each of them, and in no other one.
#[track_caller]
fn assert_only_in(crates: &[&str], found: Vec<(String, String)>) {
    let (known, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|(folder, _)| crates.contains(&folder.as_str()));
    assert!(others.is_empty(), "{others:#?}");
    let is_found = |folder: &&&str| known.iter().any(|(known, _)| known == **folder);
    let stale: Vec<_> = crates.iter().filter(|it| !is_found(it)).collect();
    assert!(stale.is_empty(), "not found any more: {stale:?}");
}

#[test]
fn libraries_change_nothing_in_the_process() {
    let changes = found(|line| PROCESS_STATE.iter().any(|state| line.contains(state)));
    let (programs, libraries): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|(folder, _)| PROGRAMS.contains(&folder.as_str()));
    assert!(libraries.is_empty(), "{libraries:#?}");
    // The search itself works: the programs do such things.
    assert!(programs.len() > 3);
}

/// Types that change although nothing of them is `mut`.
const CHANGING: [&str; 6] = ["Atomic", "Cell<", "LazyLock<", "Mutex<", "Once", "RwLock<"];

#[test]
fn state_that_outlives_a_call_is_in_what_runs_programs_and_embassy() {
    let is_lasting = |line: &str| {
        let item = line.trim_start_matches("pub ");
        let item = item.trim_start_matches("pub(super) ");
        let item = item.trim_start_matches("pub(crate) ");
        item.starts_with("thread_local!")
            || item.starts_with("static mut ")
            || item.starts_with("static ") && CHANGING.iter().any(|it| item.contains(it))
    };
    let crates = [
        "hil-tests/cli",
        "sim/cargo-lockstep",
        "sim/cli",
        "sim/console",
        "sim/embassy",
        "sim/isolation",
    ];
    assert_only_in(&crates, found(is_lasting));
}

#[test]
fn the_environment_is_read_by_programs_and_what_builds_images() {
    let crates = [
        "firmware-core/pins",
        "hil-tests/cli",
        "hil-tests/images",
        "sim/cargo-lockstep",
        "sim/cli",
        "sim/console",
        "sim/terminal",
    ];
    let is_read = |line: &str| line.contains("env::var(") || line.contains("env::var_os(");
    assert_only_in(&crates, found(is_read));
}

#[test]
fn the_clock_is_read_where_real_time_matters() {
    let crates = [
        "hil-tests/cli",
        "hil-tests/images",
        "hil-tests/suite",
        "hil-tests/virtual-board",
        "sim/cli",
        "sim/terminal",
    ];
    let is_read = |line: &str| line.contains("Instant::now(") || line.contains("SystemTime::now(");
    assert_only_in(&crates, found(is_read));
}

#[test]
fn the_contract_has_no_heap() {
    let uses = found(|line| line.contains("alloc::") || line.contains("extern crate"));
    let contract = uses
        .iter()
        .filter(|(folder, _)| folder == "firmware-core/contract");
    let contract: Vec<_> = contract.collect();
    assert!(contract.is_empty(), "{contract:#?}");
}

/// The folders of crates that may have `unsafe`: to fork processes, and to poll an executor.
const UNSAFE: [&str; 2] = ["sim/embassy", "sim/isolation"];

#[test]
fn only_two_crates_have_lints_of_their_own() {
    let mut own = Vec::new();
    for side in ["firmware-core", "sim", "hil-tests"] {
        for entry in fs::read_dir(root().join(side)).unwrap() {
            let folder = entry.unwrap().path();
            let manifest = fs::read_to_string(folder.join("Cargo.toml"));
            let is_own = manifest.is_ok_and(|text| !text.contains("[lints]\nworkspace = true"));
            let name = folder.strip_prefix(root()).unwrap().display().to_string();
            // The boards are a workspace of their own.
            if is_own && name != "firmware-core/boards" {
                own.push(name);
            }
        }
    }
    own.sort();
    assert_eq!(own, UNSAFE);
}

/// A static of `lockstep-board` that `statics::start_over` does not keep would begin anew in the middle of
/// the runtime. Those that no start-up code writes are left alone anyway.
#[test]
fn the_runtime_of_boards_keeps_all_its_statics() {
    let folder = root().join("firmware-core/boards/runtime/src");
    let mut defined = Vec::new();
    let mut kept = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        kept += &text;
        let mut is_placed = false;
        for line in text.lines() {
            let begins = ["static ", "pub static ", "pub(crate) static "];
            // What is indented is of the linker, or of a macro.
            let definition = begins.iter().find_map(|begin| line.strip_prefix(begin));
            if let Some((name, _)) = definition.and_then(|rest| rest.split_once(':'))
                && !is_placed
            {
                defined.push((path.clone(), name.to_owned()));
            }
            is_placed = line.starts_with("#[unsafe(link_section");
        }
    }
    assert!(defined.len() > 10, "{defined:?}");
    defined.retain(|(_, name)| !kept.contains(&format!("Kept::of(&{name})")));
    assert!(
        defined.is_empty(),
        "begin anew under the runtime: {defined:#?}"
    );
}
