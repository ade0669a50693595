//! The bench files of a project, as far as this program needs them: `hil` reads and checks them.

use std::fs;

use lockstep_engine::files;
use lockstep_engine::project::Project;

use crate::manifest::TomlFile;

/// The probe of a virtual bench.
pub(crate) const VIRTUAL: &str = "virtual";

/// What a bench file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BenchFile {
    /// Its name: that of the file.
    pub(crate) name: String,
    /// Its board, if it names one.
    pub(crate) board: Option<String>,
    /// Its probe, if it names one.
    pub(crate) probe: Option<String>,
}

/// The bench files of a project, those that are TOML.
pub(crate) fn bench_files(project: &Project) -> Vec<BenchFile> {
    let folders = project.benches().unwrap_or_default();
    let paths = folders
        .iter()
        .flat_map(|folder| files::below(folder, "toml").unwrap_or_default());
    let read = paths.filter_map(|path| {
        let file = TomlFile::parse(&fs::read_to_string(&path).ok()?).ok()?;
        let text = |key: &str| file.get(&[key])?.as_str().map(str::to_owned);
        Some(BenchFile {
            name: path.file_stem()?.to_str()?.to_owned(),
            board: text("board"),
            probe: text("probe"),
        })
    });
    read.collect()
}

/// The names of the virtual benches of a project.
pub(crate) fn virtual_benches(project: &Project) -> Vec<BenchFile> {
    let mut benches = bench_files(project);
    benches.retain(|bench| bench.probe.as_deref() == Some(VIRTUAL));
    benches
}
