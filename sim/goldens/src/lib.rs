//! Regression tests from a folder: one test a scenario, its golden beside it.
//!
//! A whole test target, with `harness = false` in the manifest:
//!
//! ```no_run
//! # use lockstep_apps::lamp::Lamp;
//! fn main() -> std::process::ExitCode {
//!     lockstep_goldens::test(vec![lockstep_engine::app!(Lamp)], "scenarios")
//! }
//! ```
//!
//! `NAME.scn` is played and checked, its trace is held to the rules beside it, and compared with `NAME.snap` by insta.
//! `INSTA_UPDATE=always cargo test` blesses what changed; a scenario with an expectation
//! that does not hold fails before that and is never blessed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use insta::Settings;
use libtest_mimic::{Arguments, Failed, Trial};

use lockstep_console::panics;
use lockstep_engine::diagnostic::error_chain;
use lockstep_engine::files;
use lockstep_engine::golden::{self, GOLDEN_EXTENSION, SCENARIO_EXTENSION, play_file};
use lockstep_engine::panic_guard::PanicGuard;
use lockstep_engine::project::Project;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_engine::trace::Trace;
use lockstep_isolation::{IsolationError, exit_guard, isolate};
use lockstep_rules::files::beside;
use lockstep_rules::trace_check::check;

/// Runs one test for every scenario below the folder, and one that no golden is there
/// without its scenario. The arguments of the process are those of a Rust test.
///
/// Each scenario is played in a process of its own where the system has that, so that an app that
/// exits, aborts or never returns fails that one test, and a `static` is as new in each.
///
/// This is the whole `main` of a test target, called before it starts any thread: it installs a panic hook, so that neither a
/// golden that differs nor an app that panics prints more than its error.
#[must_use]
pub fn test(apps: Vec<AppEntry>, folder: impl AsRef<Path>) -> ExitCode {
    let arguments = Arguments::from_args();
    let guard = panics::install();
    let isolated = match arguments.list {
        true => None,
        false => isolated(&apps, guard),
    };
    let (apps, _exit_guard) = match isolated {
        None | Some(Err(IsolationError::Unsupported)) => (apps, Some(exit_guard::arm())),
        Some(Ok(isolated)) => (isolated, None),
        Some(Err(error)) => {
            let error = error_chain(&error);
            let trial = Trial::test("a process for each scenario", move || Err(error.into()));
            return libtest_mimic::run(&arguments, vec![trial]).exit_code();
        }
    };
    let trials = trials(apps, folder.as_ref(), guard);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The same apps, each run of them in a process of its own; `None` of apps that cannot be used,
/// which is told by their trial.
fn isolated(apps: &[AppEntry], guard: PanicGuard) -> Option<Result<Vec<AppEntry>, IsolationError>> {
    let registry = Registry::new(apps.to_vec()).ok()?.with_panic_guard(guard);
    let isolated = isolate(&registry, &lockstep_isolation::Settings::default());
    Some(isolated.map(|isolated| isolated.apps().to_vec()))
}

/// The tests that [`test()`] runs, to be run together with others.
///
/// Apps are played and goldens compared under the guard. With [`PanicGuard::default`] the
/// panic hook of the process reports a golden that differs like any other panic.
#[must_use]
pub fn trials(apps: Vec<AppEntry>, folder: &Path, guard: PanicGuard) -> Vec<Trial> {
    let registry = match Registry::new(apps) {
        Ok(registry) => Arc::new(registry.with_panic_guard(guard)),
        Err(error) => {
            let error = error.to_string();
            return vec![Trial::test("registry", move || Err(error.into()))];
        }
    };
    let found = files::below(folder, SCENARIO_EXTENSION)
        .and_then(|scenarios| Ok((scenarios, files::below(folder, GOLDEN_EXTENSION)?)));
    let (scenarios, goldens) = match found {
        Ok(found) => found,
        Err(error) => {
            let error = format!("cannot read `{}`: {error}", folder.display());
            return vec![Trial::test("scenarios", move || Err(error.into()))];
        }
    };
    let problem = if scenarios.is_empty() {
        Some(format!("there is no scenario in `{}`", folder.display()))
    } else {
        orphans(&goldens)
    };
    let mut trials = vec![Trial::test("every-golden-has-its-scenario", move || {
        problem.map_or(Ok(()), |problem| Err(problem.into()))
    })];
    let printing = Arc::new(Mutex::new(()));
    trials.extend(scenarios.into_iter().map(|path| {
        let (registry, printing) = (Arc::clone(&registry), Arc::clone(&printing));
        let name = path.strip_prefix(folder).unwrap_or(&path);
        let name = name.with_extension("").display().to_string();
        Trial::test(name, move || hold(&registry, &path, guard, &printing))
    }));
    trials
}

/// Plays a scenario and compares its trace with the golden. Differences are printed one at a time.
fn hold(
    registry: &Registry,
    path: &Path,
    guard: PanicGuard,
    printing: &Mutex<()>,
) -> Result<(), Failed> {
    let trace = play_file(registry, path).map_err(|error| error_chain(&error))?;
    keep_rules(registry, path, &trace)?;
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .ok_or("the scenario has no name")?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let expected = golden::render(&trace);
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(folder)?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let golden_path = path.with_extension(GOLDEN_EXTENSION);
    let shown = golden_path.display();
    let command = command(folder);
    let problem = match golden_path.exists() {
        true => format!(
            "the trace differs from `{shown}`: if that is meant, `INSTA_UPDATE=always {command}` writes it"
        ),
        false => format!("there is no golden `{shown}`: `INSTA_UPDATE=always {command}` writes it"),
    };
    {
        let _one_at_a_time = printing.lock().unwrap_or_else(PoisonError::into_inner);
        // insta prints the difference and panics.
        guard
            .run(|| settings.bind(|| insta::assert_snapshot!(name, &expected)))
            .map_err(|_| problem)?;
    }
    // INSTA_FORCE_PASS makes insta accept any difference; a golden is compared all the same.
    let kept = golden::read(&golden_path)?;
    if kept.trim_end() != expected.trim_end() {
        return Err("snapshot differs (INSTA_FORCE_PASS is set)".into());
    }
    Ok(())
}

/// Holds a trace to the rules that stand beside its scenario.
fn keep_rules(registry: &Registry, path: &Path, trace: &Trace) -> Result<(), Failed> {
    let app = trace.descriptor().name();
    let found = beside(path, app, registry).map_err(|error| error_chain(&error))?;
    let broken = found.iter().flat_map(|rules| {
        let breaches = check(&rules.file, trace).breaches.into_iter();
        breaches.filter_map(|breach| {
            let rule = rules.file.rules().get(breach.rule)?;
            Some(format!(
                "{}:{}: `{}` is broken: {}",
                rules.source.name, rule.span, rule.text, breach.message
            ))
        })
    });
    let broken: Vec<_> = broken.collect();
    match broken.is_empty() {
        true => Ok(()),
        false => Err(broken.join("\n").into()),
    }
}

/// How the project around the folder calls the test that holds its goldens.
fn command(folder: &Path) -> String {
    let commands = Project::find(folder).map(|project| project.commands().clone());
    commands.unwrap_or_default().goldens
}

fn orphans(goldens: &[PathBuf]) -> Option<String> {
    let orphans: Vec<_> = goldens
        .iter()
        .filter(|golden| !golden.with_extension(SCENARIO_EXTENSION).exists())
        .map(|golden| golden.display().to_string())
        .collect();
    (!orphans.is_empty()).then(|| format!("goldens without a scenario: {}", orphans.join(", ")))
}
