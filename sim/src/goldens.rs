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
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};
use walkdir::WalkDir;

use crate::catalog::{AppEntry, Catalog};
use crate::judge::judge;
use crate::play;
use crate::scenario::check::plan;
use crate::scenario::grammar;
use crate::source::{Place, Problem};
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
    let scenarios = files(folder, SCENARIO);
    let orphans = orphans(folder);
    let found = scenarios.len();
    let place = folder.display().to_string();

    let mut trials = vec![Trial::test("every-golden-has-its-scenario", move || {
        if found == 0 {
            return Err(format!("there is no scenario in `{place}`").into());
        }
        match orphans.as_slice() {
            [] => Ok(()),
            orphans => Err(format!("goldens without a scenario: {orphans:?}").into()),
        }
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
    let problems = |problems: Vec<Problem>| -> String {
        let lines: Vec<_> = problems
            .iter()
            .map(|problem| {
                format!(
                    "{shown}:{}: {}; {}",
                    problem.place, problem.message, problem.expected
                )
            })
            .collect();
        lines.join("\n")
    };
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let scenario = grammar::parse(&text).map_err(problems)?;
    let app = match &scenario.app {
        Some(name) => catalog.find(&name.text).map_err(|error| {
            let place: Place = name.place;
            format!("{shown}:{place}: {error}")
        })?,
        None => return Err(format!("{shown}: the scenario does not say `app NAME`")),
    };
    let plan = plan(&scenario, app.interface()).map_err(problems)?;
    let trace = play::trace(app, &plan.script, &mut |_| ControlFlow::Continue(()))
        .map_err(|error| format!("{shown}: {error}"))?;
    let failures: Vec<_> = judge(&plan.checks, &trace)
        .into_iter()
        .map(|failure| format!("{shown}:{}: {}", failure.place, failure.message))
        .collect();
    if failures.is_empty() {
        Ok(trace)
    } else {
        Err(failures.join("\n"))
    }
}

/// The trace as it stands in a golden.
#[must_use]
pub fn golden(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and the text form is UTF-8.
    let _ = text::write(trace, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hold(catalog: &Catalog, path: &Path) -> Result<(), Failed> {
    let trace = play_file(catalog, path)?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .ok_or("the scenario has no name")?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(folder)?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, golden(&trace)));
    Ok(())
}

fn orphans(folder: &Path) -> Vec<PathBuf> {
    files(folder, GOLDEN)
        .into_iter()
        .filter(|golden| !golden.with_extension(SCENARIO).exists())
        .collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}
