//! Random scenarios: written to files, so that one that fails can be replayed, and held against the
//! host instead of a golden.

use std::fs;
use std::path::Path;

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::registry::Registry;
use lockstep_hil::bench::plan::{Scenario, scenario};
use lockstep_hil::suite::random_scenarios;

/// The folder of the scenarios, from the root of the project.
const FOLDER: &str = "target/hil/random";

/// The most scenarios of a run: each, and what the host makes of it, is held in memory.
const MAX_COUNT: u32 = 2_000;

/// Parses the number of scenarios.
pub(super) fn count(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_COUNT) => Ok(count),
        Ok(0) | Err(_) => Err(format!("expected a number from 1 to {MAX_COUNT}")),
        Ok(_) => Err(format!(
            "at most {MAX_COUNT} are played in a run; for more, run it again with another `--seed`"
        )),
    }
}

/// Writes `count` scenarios, in turns for the apps with these names, or for all.
pub(super) fn write_scenarios(
    root: &Path,
    registry: &Registry,
    apps: &[String],
    seed: u64,
    count: u32,
    report: &Report,
) -> Result<Vec<Scenario>, Exit> {
    for name in apps {
        registry.find(name).map_err(|unknown| {
            let message = format!("unknown app `{}`", unknown.name);
            let known = unknown.known.join(", ");
            let help = format!("with `--random`, expected names of apps: {known}");
            report.print(&report.plain(&message, Some(&help)));
            Exit::BadInput
        })?;
    }
    // In the order of the registry, so that a seed gives the same in whatever order they are named.
    let is_wanted = |name: &str| apps.is_empty() || apps.iter().any(|app| app == name);
    let all = registry.apps().iter().map(|app| app.descriptor());
    let wanted: Vec<_> = all.filter(|app| is_wanted(app.name())).collect();
    let folder = root.join(FOLDER).join(seed.to_string());
    fs::create_dir_all(&folder).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", folder.display());
        report.print(&report.plain(&message, None));
        Exit::Infrastructure
    })?;
    // The folder may hold more: what another run or somebody else left there is not read.
    (0..count)
        .zip(wanted.iter().cycle())
        .map(|(number, app)| {
            let name = format!("{}-{number}", app.name());
            let path = folder.join(name).with_extension(SCENARIO_EXTENSION);
            let text = random_scenarios::text(app, seed, number);
            output::write(Some(&path), text.as_bytes()).map_err(|error| report.error(error))?;
            scenario(&folder, path, registry).map_err(|error| report.error(error))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_scenarios_than_a_run_holds_are_refused_with_what_to_do() {
        assert_eq!(count("1"), Ok(1));
        assert_eq!(count("2000"), Ok(2_000));
        let refused = count("2001").unwrap_err();
        assert!(refused.contains("at most 2000") && refused.contains("another `--seed`"));
        for text in ["0", "-1", "", "many"] {
            assert_eq!(count(text).unwrap_err(), "expected a number from 1 to 2000");
        }
    }

    #[test]
    fn only_what_this_run_wrote_is_read() {
        let root = tempfile::tempdir().unwrap();
        let registry = Registry::new(shipped_apps::shipped()).unwrap();
        let leftover = root.path().join(FOLDER).join("7/lamp-9.scn");
        fs::create_dir_all(leftover.parent().unwrap()).unwrap();
        fs::write(&leftover, "no scenario").unwrap();
        let apps = ["lamp".to_owned()];
        let report = Report::to_stderr();
        let written = write_scenarios(root.path(), &registry, &apps, 7, 2, &report);
        let names = written.map(|scenarios| scenarios.into_iter().map(|it| it.name));
        let names: Vec<_> = names.ok().unwrap().collect();
        assert_eq!(names, ["lamp-0", "lamp-1"]);
        let unknown = write_scenarios(root.path(), &registry, &["lam".to_owned()], 7, 2, &report);
        assert_eq!(unknown.err(), Some(Exit::BadInput));
    }
}
