//! The first goldens of a project: it is built, its scenarios are played, and what they show is kept.

use std::path::{Path, PathBuf};

use lockstep_engine::files;
use lockstep_engine::golden::{GOLDEN_EXTENSION, SCENARIO_EXTENSION};

use crate::start::{ProgramPackage, StartError};

/// The scenarios of a folder that have no golden, by the names of their tests.
pub(crate) fn without_golden(folder: &Path) -> Vec<String> {
    let scenarios = files::below(folder, SCENARIO_EXTENSION).unwrap_or_default();
    let lacks = |path: &PathBuf| !path.with_extension(GOLDEN_EXTENSION).exists();
    let names = scenarios.into_iter().filter(lacks).map(|path| {
        let name = path.strip_prefix(folder).unwrap_or(&path);
        name.with_extension("").display().to_string()
    });
    names.collect()
}

/// Plays these scenarios and writes their goldens. Gives whether all of them could be played.
pub(crate) fn write(package: &ProgramPackage, names: &[String]) -> Result<bool, StartError> {
    let mut all = true;
    for name in names {
        let mut command = package.test();
        command.args(["--", "--exact", name]);
        command.env("INSTA_UPDATE", "always");
        let status = package.wait(&mut command)?;
        all &= status.success();
    }
    Ok(all)
}
