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

#[test]
fn libraries_change_nothing_in_the_process() {
    let mut found = Vec::new();
    let mut seen_in_programs = 0;
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let shown = path.strip_prefix(root()).unwrap();
        let is_program = PROGRAMS.iter().any(|program| shown.starts_with(program));
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for (number, line) in code.enumerate() {
            if !PROCESS_STATE.iter().any(|state| line.contains(state)) {
                continue;
            }
            match is_program {
                true => seen_in_programs += 1,
                false => found.push(format!("{}:{}: {line}", shown.display(), number + 1)),
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // The search itself works: the programs do such things.
    assert!(seen_in_programs > 3);
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
