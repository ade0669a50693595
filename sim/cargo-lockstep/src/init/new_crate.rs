//! A new crate, with a core to begin with.

use std::fs;
use std::path::Path;

use super::write::{WriteError, app_name, formatted};
use crate::app_scan::{AppKind, FoundApp};
use crate::cargo_config::CargoConfig;
use crate::inspect::{CorePackage, Found};
use crate::plan::Plan;
use crate::source::Source;
use crate::task_scan::FoundTasks;
use crate::templates;

/// Whether nothing is there yet: no folder, or an empty one that is in no crate.
pub(crate) fn is_new(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => {
            let is_empty = entries.all(|entry| entry.is_ok_and(|it| it.file_name() == ".git"));
            let absolute = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            is_empty
                && !absolute
                    .ancestors()
                    .any(|it| it.join("Cargo.toml").exists())
        }
        Err(_) => !path.exists(),
    }
}

/// The files of the crate, and what is found once they are there.
pub(crate) fn plan(path: &Path, source: &Source) -> Result<(Found, Plan), WriteError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let name = app_name(&name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-"));
    let code_name = name.replace('-', "_");
    let type_name = type_name(&name);
    let contract = source.dependency("lockstep-core", &absolute)?;
    let mut plan = Plan::new(&absolute);
    plan.create(
        "Cargo.toml",
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\nlockstep-core = {contract}\n"
        ),
    )?;
    let core = templates::starter(templates::CORE_HEAD, "lockstep_core", &type_name, &name);
    plan.create("src/lib.rs", formatted(&core))?;
    plan.create(".gitignore", "/target\n")?;
    plan.create("scenarios/light.scn", templates::starter_scenario(&name))?;
    let app = FoundApp {
        path: Some(format!("{code_name}::{type_name}")),
        type_name,
        kind: AppKind::App,
        file: absolute.join("src/lib.rs"),
        name: Some(name.clone()),
        buttons: vec!["button".to_owned()],
        outputs: vec!["light".to_owned()],
    };
    let found = Found {
        root: absolute.clone(),
        has_workspace: false,
        package: CorePackage {
            name,
            folder: absolute,
            library: Some(code_name),
            apps: vec![app],
            tasks: FoundTasks::default(),
            chip_dependency: None,
            is_embassy: false,
        },
        config: CargoConfig::around(plan.root()),
        chip: None,
        hal: None,
        memory: None,
    };
    Ok((found, plan))
}

/// The name of a type for a name of an app: `DoorBell` for `door-bell`.
fn type_name(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    let name: String = words.collect();
    match name.is_empty() {
        true => "Core".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_for_its_app() {
        assert_eq!(type_name("door-bell"), "DoorBell");
        assert_eq!(type_name("a_1"), "A1");
    }

    #[test]
    fn a_folder_with_files_is_not_new() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_new(&folder.path().join("none")));
        assert!(is_new(folder.path()));
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        assert!(!is_new(folder.path()));
    }
}
