//! Project files that must be refused.

use std::fs;

use insta::Settings;
use libtest_mimic::{Failed, Trial};
use lockstep_engine::project::PROJECT_FILE;
use walkdir::WalkDir;

use super::repository::{Repository, ended, root};

const BROKEN: &str = "fixtures/broken-projects";

pub(crate) fn trials() -> Vec<Trial> {
    let names: Vec<_> = WalkDir::new(root().join(BROKEN))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let files = names.iter().filter(|name| name.ends_with(".toml"));
    let orphans: Vec<_> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".snap"))
        .filter(|file| !names.iter().any(|name| name == file))
        .map(str::to_owned)
        .collect();
    let mut trials = vec![Trial::test(
        "broken-project/every-golden-has-its-file",
        move || match orphans.is_empty() {
            true => Ok(()),
            false => Err(format!("goldens without a file: {orphans:?}").into()),
        },
    )];
    trials.extend(files.map(|file| {
        let (name, file) = (format!("broken-project/{file}"), file.clone());
        Trial::test(name, move || is_refused(&file))
    }));
    trials
}

fn is_refused(file: &str) -> Result<(), Failed> {
    let repository = Repository::new()?;
    let broken = root().join(BROKEN);
    fs::copy(broken.join(file), repository.path(PROJECT_FILE))?;
    let (out, err) = ended(repository.hil(&["list"]), 2)?;
    if !out.is_empty() {
        return Err(format!("something was printed on standard output:\n{out}").into());
    }
    if !err.contains(&format!("--> {PROJECT_FILE}:")) {
        return Err(format!("no line and column in:\n{err}").into());
    }
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(&broken)?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file, err));
    Ok(())
}
