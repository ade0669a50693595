//! Regression tests from a folder: one test a scenario, its golden beside it.
//!
//! A whole test target, with `harness = false` in the manifest:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     sim::goldens::test(sim::catalog::shipped(), "../fixtures/scenarios")
//! }
//! ```
//!
//! `NAME.scn` is played and judged, and its trace is held against `NAME.snap` with insta.
//! `INSTA_UPDATE=always cargo test` blesses what changed; a scenario that does not hold
//! what it expects fails before that and is never blessed.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::catalog::{AppEntry, Catalog};
use crate::file;
use crate::folder;
use crate::judge::judge;
use crate::load::{Form, LoadError};
use crate::play;
use crate::source::Problem;
use crate::trace::{Trace, text};

/// The ending of scenarios.
pub const SCENARIO: &str = "scn";

/// The ending of goldens.
pub const GOLDEN: &str = "snap";

/// Runs one test for every scenario below the folder, and one that no golden stands there
/// without its scenario. The arguments of the process are those of a Rust test.
#[must_use]
pub fn test(apps: Vec<AppEntry>, folder: impl AsRef<Path>) -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = trials(apps, folder.as_ref());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The tests that [`test()`] runs, to be run together with others.
#[must_use]
pub fn trials(apps: Vec<AppEntry>, folder: &Path) -> Vec<Trial> {
    let catalog = match Catalog::new(apps) {
        Ok(catalog) => Arc::new(catalog),
        Err(error) => {
            let error = error.to_string();
            return vec![Trial::test("catalog", move || Err(error.into()))];
        }
    };
    let found = folder::files(folder, SCENARIO)
        .and_then(|scenarios| Ok((scenarios, folder::files(folder, GOLDEN)?)));
    let (scenarios, goldens) = match found {
        Ok(found) => found,
        Err(error) => {
            let error = format!("cannot read `{}`: {error}", folder.display());
            return vec![Trial::test("scenarios", move || Err(error.into()))];
        }
    };
    let complaint = if scenarios.is_empty() {
        Some(format!("there is no scenario in `{}`", folder.display()))
    } else {
        orphans(&goldens)
    };
    let mut trials = vec![Trial::test("every-golden-has-its-scenario", move || {
        complaint.map_or(Ok(()), |complaint| Err(complaint.into()))
    })];
    trials.extend(scenarios.into_iter().map(|path| {
        let catalog = Arc::clone(&catalog);
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.with_extension("").display().to_string();
        Trial::test(name.replace('\\', "/"), move || hold(&catalog, &path))
    }));
    trials
}

/// Plays a scenario that must hold, and gives its trace.
///
/// # Errors
///
/// What is wrong with the scenario, or what of it did not hold, each with file, line and
/// column.
pub fn play_file(catalog: &Catalog, path: &Path) -> Result<Trace, String> {
    let shown = path.display();
    let bytes = file::read(path, Form::MAX_BYTES).map_err(|error| format!("{shown}: {error}"))?;
    let loaded = Form::Scenario
        .load(catalog, &bytes, None)
        .map_err(|error| match error {
            LoadError::Problems(problems) => listed(path, &problems),
            LoadError::Recording(error) => format!("{shown}: {error}"),
        })?;
    let mut watch = |_| ControlFlow::Continue(());
    let trace = play::trace(&loaded.app, &loaded.script, &mut watch)
        .map_err(|error| format!("{shown}: {error}"))?;
    let failures: Vec<_> = judge(&loaded.checks, &trace)
        .into_iter()
        .map(|failure| {
            let note = failure
                .note
                .map_or(String::new(), |note| format!(" ({note})"));
            format!("{shown}:{}: {}{note}", failure.place, failure.message)
        })
        .collect();
    if failures.is_empty() {
        Ok(trace)
    } else {
        Err(failures.join("\n"))
    }
}

fn listed(path: &Path, problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| {
        let Problem {
            place,
            message,
            expected,
            help,
        } = problem;
        let help = help
            .as_ref()
            .map_or(String::new(), |help| format!(" ({help})"));
        format!("{}:{place}: {message}; {expected}{help}", path.display())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The trace as it stands in a golden.
#[must_use]
pub fn golden(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and the text form is UTF-8.
    let _ = text::write(trace, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The trace that a golden keeps, without what insta writes above it.
///
/// # Errors
///
/// Those of the file system.
pub fn kept(path: &Path) -> io::Result<String> {
    let kept = fs::read_to_string(path)?.replace("\r\n", "\n");
    // What insta writes above a snapshot ends with a line of three dashes.
    Ok(kept
        .split_once("\n---\n")
        .map_or_else(String::new, |(_, kept)| kept.to_owned()))
}

fn hold(catalog: &Catalog, path: &Path) -> Result<(), Failed> {
    let trace = play_file(catalog, path)?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .ok_or("the scenario has no name")?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let expected = golden(&trace);
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(folder)?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, &expected));
    // insta can be told to let everything pass. A golden holds all the same.
    let kept = kept(&path.with_extension(GOLDEN))?;
    if kept.trim_end() != expected.trim_end() {
        return Err("the golden is another, and insta was told to let it pass".into());
    }
    Ok(())
}

fn orphans(goldens: &[PathBuf]) -> Option<String> {
    let orphans: Vec<_> = goldens
        .iter()
        .filter(|golden| !golden.with_extension(SCENARIO).exists())
        .map(|golden| golden.display().to_string())
        .collect();
    (!orphans.is_empty()).then(|| format!("goldens without a scenario: {}", orphans.join(", ")))
}
