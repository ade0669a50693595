//! Random scenarios: written to files, so that one that fails can be replayed, and held against the
//! host instead of a golden.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lockstep_console::exit::Exit;
use lockstep_console::output;
use lockstep_console::report::Report;
use lockstep_engine::golden::SCENARIO_EXTENSION;
use lockstep_engine::registry::Registry;
use lockstep_hil::bench::plan::{Scenario, scenarios};
use lockstep_hil::suite::random_scenarios;

/// The folder of the scenarios, from the root of the project.
const FOLDER: &str = "target/hil/random";

/// Writes `count` scenarios, in turns for the apps with these names, or for all.
pub(super) fn write_scenarios(
    root: &Path,
    registry: &Registry,
    apps: &[String],
    seed: u64,
    count: u32,
    report: &Report,
) -> Result<Vec<Scenario>, Exit> {
    let known = |name: &String| {
        registry
            .apps()
            .iter()
            .any(|app| app.descriptor().name() == name)
    };
    if let Some(unknown) = apps.iter().find(|name| !known(name)) {
        let message = format!("unknown app `{unknown}`");
        let names: Vec<_> = registry
            .apps()
            .iter()
            .map(|app| app.descriptor().name())
            .collect();
        let help = format!(
            "with `--random`, expected names of apps: {}",
            names.join(", ")
        );
        report.print(&report.plain(&message, Some(&help)));
        return Err(Exit::BadInput);
    }
    let is_wanted = |name: &str| apps.is_empty() || apps.iter().any(|app| app == name);
    let wanted = registry.apps().iter().map(|app| app.descriptor());
    let wanted: Vec<_> = wanted.filter(|app| is_wanted(app.name())).collect();
    let folder = root.join(FOLDER).join(seed.to_string());
    let mut names = BTreeSet::new();
    fs::create_dir_all(&folder).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", folder.display());
        report.print(&report.plain(&message, None));
        Exit::Infrastructure
    })?;
    for (number, app) in (0..count).zip(wanted.iter().cycle()) {
        let name = format!("{}-{number}", app.name());
        let path = folder.join(&name).with_extension(SCENARIO_EXTENSION);
        let text = random_scenarios::text(app, seed, number);
        output::write(Some(&path), text.as_bytes()).map_err(|error| report.error(error))?;
        names.insert(name);
    }
    // An earlier run may have written more of them.
    let mut found = scenarios(&folder, registry).map_err(|error| report.error(error))?;
    found.retain(|scenario| names.contains(&scenario.name));
    Ok(found)
}
