//! Finds the rules that stand beside a scenario.

use std::io;
use std::path::{Path, PathBuf};

use lockstep_engine::diagnostic::Diagnostic;
use lockstep_engine::registry::Registry;
use lockstep_engine::scenario::MAX_BYTES;
use lockstep_engine::source::{Source, SourceError};
use thiserror::Error;

use crate::parser::{app_of, parse};
use crate::rule_file::RuleFile;

/// The extension of files of rules.
pub const RULES_EXTENSION: &str = "rules";

/// How many folders above that of a scenario are looked into.
const MAX_FOLDERS: usize = 8;

/// What stands in the topmost folder that is looked into.
const ROOTS: [&str; 3] = ["Cargo.toml", "lockstep.toml", ".git"];

/// Rules, and the file that they were read from.
#[derive(Clone, Debug)]
pub struct LoadedRules {
    /// The file.
    pub source: Source,
    /// Its rules.
    pub file: RuleFile,
}

/// Rules cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RulesError {
    /// A folder cannot be read.
    #[error("cannot read `{}`", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] SourceError),
    /// They are not rules for one of the apps.
    #[error("{}", listed(.source_text, .diagnostics))]
    Invalid {
        /// The file.
        source_text: Source,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
}

fn listed(source: &Source, diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(|it| {
        let Diagnostic {
            span,
            message,
            expected,
            ..
        } = it;
        format!("{}:{span}: {message}; {expected}", source.name)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads a file of rules.
///
/// # Errors
///
/// A [`RulesError`].
pub fn read(path: &Path, registry: &Registry) -> Result<LoadedRules, RulesError> {
    let source = Source::read(path, MAX_BYTES)?;
    load(source, registry)
}

fn load(source: Source, registry: &Registry) -> Result<LoadedRules, RulesError> {
    let text = source.text().map_err(|diagnostic| vec![diagnostic]);
    match text.and_then(|text| parse(text, registry)) {
        Ok(file) => Ok(LoadedRules { source, file }),
        Err(diagnostics) => Err(RulesError::Invalid {
            source_text: source,
            diagnostics,
        }),
    }
}

/// Reads the rules for an app that stand beside a scenario, and in the folders above it up to the
/// root of its project, if it stands in one.
///
/// # Errors
///
/// A [`RulesError`]. Rules for other apps are passed over, whatever is in them.
pub fn beside(
    scenario: &Path,
    app: &str,
    registry: &Registry,
) -> Result<Vec<LoadedRules>, RulesError> {
    let mut all = Vec::new();
    let folders = scenario.ancestors().skip(1).take(MAX_FOLDERS);
    let folders: Vec<_> = folders
        .map(|folder| match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        })
        .collect();
    let is_root = |folder: &Path| ROOTS.iter().any(|root| folder.join(root).exists());
    // Outside of a project nothing says which folders belong to it.
    let root = folders.iter().position(|folder| is_root(folder));
    for here in folders.into_iter().take(root.map_or(1, |place| place + 1)) {
        for path in rule_files(here)? {
            let source = Source::read(&path, MAX_BYTES)?;
            let is_for_app = source.text().is_ok_and(|text| {
                app_of(text).is_none_or(|named| named == app || registry.find(&named).is_err())
            });
            if is_for_app {
                all.push(load(source, registry)?);
            }
        }
    }
    Ok(all)
}

/// The files of rules in a folder, by name.
fn rule_files(folder: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let refused = |error| RulesError::Folder {
        folder: folder.to_owned(),
        error,
    };
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        // A scenario of a command line stands in no folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(|it| it == RULES_EXTENSION) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
