//! Bench files that must be refused.

use std::fs;
use std::path::Path;

use insta::Settings;
use libtest_mimic::{Failed, Trial};
use walkdir::WalkDir;

use super::repository::{BENCHES, Repository, ended, root};

const BROKEN: &str = "fixtures/broken-benches";

pub(crate) fn trials() -> Vec<Trial> {
    let names = |ending: &'static str| {
        WalkDir::new(root().join(BROKEN))
            .sort_by_file_name()
            .into_iter()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(move |name| name.ends_with(ending))
            .collect::<Vec<_>>()
    };
    let files = names(".toml");
    let inputs = files.clone();
    let goldens = names(".toml.snap");
    let mut trials = vec![Trial::test("broken/every-golden-has-its-file", move || {
        let has_file =
            |golden: &&String| inputs.iter().any(|file| **golden == format!("{file}.snap"));
        let orphans: Vec<_> = goldens.iter().filter(|golden| !has_file(golden)).collect();
        match orphans.as_slice() {
            [] if inputs.is_empty() => Err(format!("there is nothing in `{BROKEN}`").into()),
            [] => Ok(()),
            orphans => Err(format!("goldens without a file: {orphans:?}").into()),
        }
    })];
    trials.extend(files.into_iter().map(|file| {
        let name = format!("broken/{file}");
        Trial::test(name, move || is_refused(&file))
    }));
    trials
}

fn is_refused(file: &str) -> Result<(), Failed> {
    let repository = Repository::new()?;
    let name = Path::new(BENCHES).join(file).display().to_string();
    fs::copy(root().join(BROKEN).join(file), repository.path(&name))?;
    let (out, err) = ended(repository.hil(&["list"]), 2)?;
    if !out.is_empty() {
        return Err(format!("something was printed on standard output:\n{out}").into());
    }
    if !err.contains(&format!("{name}:")) {
        return Err(format!("no line and column in:\n{err}").into());
    }
    let mut settings = Settings::new();
    settings.set_snapshot_path(fs::canonicalize(root().join(BROKEN))?);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file, err));
    Ok(())
}
