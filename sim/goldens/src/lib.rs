//! Regression tests from a folder: one test a scenario, its golden beside it.
//!
//! A whole test target, with `harness = false` in the manifest:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     sim::goldens::test(sim::registry::shipped(), "../fixtures/scenarios")
//! }
//! ```
//!
//! `NAME.scn` is played and judged, and its trace is held against `NAME.snap` with insta.
//! `INSTA_UPDATE=always cargo test` blesses what changed; a scenario that does not hold
//! what it expects fails before that and is never blessed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};

use lockstep_engine::files;
use lockstep_engine::golden::{GOLDEN, SCENARIO, golden, kept, play_file};
use lockstep_engine::registry::{AppEntry, Registry};

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
    let registry = match Registry::new(apps) {
        Ok(registry) => Arc::new(registry),
        Err(error) => {
            let error = error.to_string();
            return vec![Trial::test("registry", move || Err(error.into()))];
        }
    };
    let found = files::below(folder, SCENARIO)
        .and_then(|scenarios| Ok((scenarios, files::below(folder, GOLDEN)?)));
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
        let registry = Arc::clone(&registry);
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.with_extension("").display().to_string();
        Trial::test(name.replace('\\', "/"), move || hold(&registry, &path))
    }));
    trials
}

fn hold(registry: &Registry, path: &Path) -> Result<(), Failed> {
    let trace = play_file(registry, path)?;
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
