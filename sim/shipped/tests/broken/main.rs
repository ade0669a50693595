//! What does not work says why: broken inputs and failing expectations.
//!
//! Every file in `fixtures/broken` is given to the real binary, which must refuse it with
//! exit code 2 and say where it is wrong; every scenario in `fixtures/failing` is well
//! formed, does not hold, and must end with exit code 1. The messages are in the golden
//! beside the file, and `INSTA_UPDATE=always` blesses it. Files that no editor would leave
//! as they are come from [`generated_inputs`].

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod generated_inputs;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::{env, fs};

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};
use walkdir::WalkDir;

const BROKEN: &str = "fixtures/broken";
const FAILING: &str = "fixtures/failing";

/// The folder of traces: they are not played but compared.
const TRACES: &str = "fixtures/broken/traces";

/// The folder of tables: scenarios play them.
const TABLES: &str = "fixtures/broken/tables";

/// A whole trace to compare broken ones with.
const WHOLE: &str = "fixtures/scenarios/toggle/reset.snap";

const GOLDEN: &str = "snap";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if is_blessing() {
        generated_inputs::write_all(&root().join(BROKEN));
    }
    let mut trials = vec![Trial::test("made-files", || {
        generated_inputs::check_all(&root().join(BROKEN)).map_err(Failed::from)
    })];
    for folder in [BROKEN, FAILING] {
        let (goldens, inputs): (Vec<_>, Vec<_>) = files(folder)
            .into_iter()
            .filter(|path| !path.starts_with(TABLES))
            .partition(|path| path.extension().is_some_and(|found| found == GOLDEN));
        let count = inputs.len();
        let orphans: Vec<_> = goldens
            .into_iter()
            .filter(|golden| !root().join(golden.with_extension("")).exists())
            .collect();
        trials.push(Trial::test(
            format!("{folder}/every-golden-has-its-input"),
            move || match orphans.as_slice() {
                [] if count == 0 => Err(format!("there is nothing in `{folder}`").into()),
                [] => Ok(()),
                orphans => Err(format!("goldens without an input: {orphans:?}").into()),
            },
        ));
        trials.extend(inputs.into_iter().map(|path| {
            let name = path.display().to_string().replace('\\', "/");
            Trial::test(name.clone(), move || match folder {
                FAILING => fails(&name),
                _ => is_refused(&name),
            })
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Whether goldens are written and not compared, as insta sees it.
fn is_blessing() -> bool {
    env::var("INSTA_UPDATE").is_ok_and(|update| update == "always" || update == "force")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files in a folder of the repository, as paths from its root.
fn files(folder: &str) -> Vec<PathBuf> {
    WalkDir::new(root().join(folder))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file() && !is_hidden(path))
        // What insta leaves for its reviewer is no input.
        .filter(|path| !path.to_string_lossy().ends_with(".snap.new"))
        .map(|path| path.strip_prefix(root()).unwrap().to_owned())
        .collect()
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with('.')
}

/// Runs the binary as somebody would who stands at the root of the repository.
fn sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sim"))
        .args(arguments)
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn is_refused(name: &str) -> Result<(), Failed> {
    let is_recording = name.ends_with(".rec");
    let arguments = match name.rsplit_once('.') {
        _ if name.starts_with(TRACES) => ["diff", name, WHOLE].to_vec(),
        Some((_, "scn" | "vcd")) => ["run", name].to_vec(),
        Some((_, "rec")) => ["replay", name].to_vec(),
        _ => return Err("nobody knows what to do with such a file".into()),
    };
    let output = sim(&arguments);
    let told = String::from_utf8(output.stderr)?;
    expect_exit(output.status.code(), 2, &told)?;
    if !output.stdout.is_empty() {
        return Err("something was printed on standard output".into());
    }
    if is_recording && !names_a_byte(&told) {
        return Err(format!("no byte offset in:\n{told}").into());
    }
    if !is_recording && !names_a_place(&told, name) {
        return Err(format!("no line and column in:\n{told}").into());
    }
    hold(name, &told)
}

fn fails(name: &str) -> Result<(), Failed> {
    let output = sim(&["run", name]);
    let told = String::from_utf8(output.stderr)?;
    expect_exit(output.status.code(), 1, &told)?;
    if !output.stdout.starts_with(b"lockstep trace 1: ") {
        return Err("the trace is missing on standard output".into());
    }
    if !names_a_place(&told, name) {
        return Err(format!("no line and column in:\n{told}").into());
    }
    hold(name, &told)
}

fn expect_exit(found: Option<i32>, expected: i32, told: &str) -> Result<(), Failed> {
    if found == Some(expected) {
        return Ok(());
    }
    Err(format!("exit code {found:?}, expected {expected}; told:\n{told}").into())
}

/// Whether `NAME:LINE:COLUMN` stands somewhere in the text.
fn names_a_place(told: &str, name: &str) -> bool {
    told.match_indices(name).any(|(start, _)| {
        let rest = told[start + name.len()..].strip_prefix(':');
        rest.and_then(after_number)
            .and_then(|rest| rest.strip_prefix(':'))
            .and_then(after_number)
            .is_some()
    })
}

fn names_a_byte(told: &str) -> bool {
    told.match_indices("byte ")
        .any(|(start, word)| after_number(&told[start + word.len()..]).is_some())
}

/// What follows the digits, of which there is at least one.
fn after_number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

/// Holds what was told against the golden beside the input: `NAME.scn.snap` for `NAME.scn`,
/// so that inputs of one name and different kinds do not share one.
fn hold(name: &str, told: &str) -> Result<(), Failed> {
    let path = root().join(name);
    let folder = path.parent().ok_or("no folder")?;
    let file = path.file_name().ok_or("no name")?.to_string_lossy();
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(folder)?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(&*file, told));
    Ok(())
}
