//! The project file, `lockstep.toml`: it stands at the root of a project and says where the
//! boards, benches and scenarios of the project are.
//!
//! ```toml
//! boards = ["firmware/boards"]       # each board is a folder with a `board.toml` in one of these
//! benches = ["tests/benches"]        # bench files, at any depth
//! scenarios = ["tests/scenarios"]    # scenario files, at any depth
//!
//! [programs]                         # the packages that hold the programs `sim` and `hil`
//! sim = "simulator"
//!
//! [commands]                         # how people call the programs of the project
//! sim = "cargo run --bin sim --"
//!
//! [map]                              # the signals of waveforms that have other names
//! button = "!D0"
//! ```
//!
//! Folders are relative to the file. A list of folders that is absent stands for the folder of
//! its own name, where there is one. Hints name the commands.

use std::collections::BTreeSet;
use std::iter;
use std::path::{self, Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;
use toml::de::DeTable;

use crate::diagnostic::{Diagnostic, closest, one_of, span_of};
use crate::sanitize::excerpt;
use crate::source::{Source, SourceError};
use crate::waveform::Mapping;
use crate::waveform::map_file::{MapTable, mappings};

/// The name of the project file.
pub const PROJECT_FILE: &str = "lockstep.toml";

/// The longest project file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The keys of the project file. Those of folders are also the folders they stand for by
/// default.
const KEYS: [&str; 6] = [BOARDS, BENCHES, SCENARIOS, MAP, PROGRAMS, COMMANDS];
const COMMANDS: &str = "commands";
const PROGRAMS: &str = "programs";
const BOARDS: &str = "boards";
const BENCHES: &str = "benches";
const SCENARIOS: &str = "scenarios";
const MAP: &str = "map";

/// The keys of the table of commands.
const COMMAND_KEYS: [&str; 3] = ["sim", "hil", GOLDENS];
const GOLDENS: &str = "goldens";

/// The keys of the table of programs.
const PROGRAM_KEYS: [&str; 2] = ["sim", "hil"];

const FOLDERS: &str =
    "expected a list of folders, relative to `lockstep.toml`, such as `[\"tests\"]`";
const SIGNAL: &str = "expected a signal in quotes, such as `\"tb.dut.D0\"`";
const FOLDER: &str = "expected a folder in quotes, relative to `lockstep.toml`";

/// A project: its root, and where its parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
    source: Source,
    boards: Option<FolderList>,
    benches: Option<FolderList>,
    scenarios: Option<FolderList>,
    commands: ProjectCommands,
    stated: StatedCommands,
    programs: ProgramTable,
    map: Vec<Mapping>,
}

type FolderList = Vec<Spanned<String>>;

/// How people call the programs of a project, so that a hint is a command that exists there.
///
/// ```
/// use lockstep_engine::project::ProjectCommands;
///
/// assert_eq!(ProjectCommands::default().sim, "cargo sim");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProjectCommands {
    /// The simulator.
    pub sim: String,
    /// The hardware suite.
    pub hil: String,
    /// The test that holds the goldens, which writes them with `INSTA_UPDATE=always`.
    pub goldens: String,
}

impl Default for ProjectCommands {
    fn default() -> Self {
        Self {
            sim: "cargo sim".to_owned(),
            hil: "cargo hil".to_owned(),
            goldens: "cargo test".to_owned(),
        }
    }
}

/// The commands that a project file states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StatedCommands {
    sim: Option<String>,
    hil: Option<String>,
    goldens: Option<String>,
}

impl StatedCommands {
    fn with_defaults(&self) -> ProjectCommands {
        let default = ProjectCommands::default();
        ProjectCommands {
            sim: self.sim.clone().unwrap_or(default.sim),
            hil: self.hil.clone().unwrap_or(default.hil),
            goldens: self.goldens.clone().unwrap_or(default.goldens),
        }
    }
}

/// A program of a project.
///
/// ```
/// use lockstep_engine::project::Program;
///
/// assert_eq!(Program::Simulator.name(), "sim");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Program {
    /// The simulator, `sim`.
    Simulator,
    /// The hardware suite, `hil`.
    HardwareSuite,
}

impl Program {
    /// Its name: that of its key, and of the program or example of its package.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulator => PROGRAM_KEYS[0],
            Self::HardwareSuite => PROGRAM_KEYS[1],
        }
    }
}

/// The folders of the packages that hold the programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ProgramTable {
    sim: Option<Spanned<String>>,
    hil: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    boards: Option<FolderList>,
    benches: Option<FolderList>,
    scenarios: Option<FolderList>,
    #[serde(default)]
    programs: ProgramTable,
    #[serde(default)]
    commands: StatedCommands,
    #[serde(default)]
    map: MapTable,
}

/// A project cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// There is no project file.
    #[error("no `{PROJECT_FILE}` in {} or in a folder above it", shown(.start))]
    NotFound {
        /// The folder where the search started.
        start: PathBuf,
    },
    /// The project file cannot be read.
    #[error(transparent)]
    Input(#[from] SourceError),
    /// The project file is wrong.
    #[error("`{}` is not a valid project file", .text.name)]
    Malformed {
        /// The file.
        text: Source,
        /// What is wrong in it, by place.
        diagnostics: Vec<Diagnostic>,
    },
}

impl ProjectError {
    /// What to do about it, where the message does not say so.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => Some(
                "run it inside a project, or write a `lockstep.toml` at the root of yours: it \
                 lists the folders of `boards`, `benches` and `scenarios`",
            ),
            _ => None,
        }
    }
}

fn shown(folder: &Path) -> String {
    match folder.as_os_str().is_empty() {
        true => "the current folder".to_owned(),
        false => format!("`{}`", folder.display()),
    }
}

impl Project {
    /// The project that a folder belongs to: its file is in the folder or in the nearest one
    /// above. Paths of the project are relative where `start` is; an empty `start` is the
    /// current folder.
    ///
    /// # Errors
    ///
    /// That there is no project file, or what is wrong with it.
    pub fn find(start: &Path) -> Result<Self, ProjectError> {
        let root = upwards(start).find(|folder| folder.join(PROJECT_FILE).is_file());
        match root {
            Some(root) => Self::read(&root),
            None => Err(ProjectError::NotFound {
                start: start.to_owned(),
            }),
        }
    }

    /// The project with this root.
    ///
    /// # Errors
    ///
    /// That its file cannot be read, or what is wrong with it.
    pub fn read(root: &Path) -> Result<Self, ProjectError> {
        Self::parse(root, Source::read(&root.join(PROJECT_FILE), MAX_BYTES)?)
    }

    /// The project with this root whose file has this text.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(root: &Path, source: Source) -> Result<Self, ProjectError> {
        let refuse = |text, diagnostics| Err(ProjectError::Malformed { text, diagnostics });
        let text = match source.text() {
            Ok(text) => text,
            Err(diagnostic) => return refuse(source, vec![diagnostic]),
        };
        if let Some(diagnostic) = syntax_error(text) {
            return refuse(source, vec![diagnostic]);
        }
        let file: ProjectFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let diagnostic = value_error(text, &error);
                return refuse(source, vec![diagnostic]);
            }
        };
        let lists = [&file.boards, &file.benches, &file.scenarios];
        let lists = lists.into_iter().flatten().map(Vec::as_slice);
        let programs = [&file.programs.sim, &file.programs.hil];
        let programs = programs.into_iter().flatten().map(std::slice::from_ref);
        let mut diagnostics: Vec<_> = lists
            .chain(programs)
            .flat_map(|list| check(text, list))
            .collect();
        if !diagnostics.is_empty() {
            diagnostics.sort_by_key(|diagnostic| diagnostic.span);
            return refuse(source, diagnostics);
        }
        let map = match mappings(text, &file.map) {
            Ok(map) => map,
            Err(diagnostic) => return refuse(source, vec![diagnostic]),
        };
        let map = map.into_iter().map(|mapping| Mapping {
            is_optional: true,
            ..mapping
        });
        Ok(Self {
            root: root.to_owned(),
            map: map.collect(),
            source,
            boards: file.boards,
            benches: file.benches,
            scenarios: file.scenarios,
            commands: file.commands.with_defaults(),
            stated: file.commands,
            programs: file.programs,
        })
    }

    /// How people call the programs of this project.
    #[must_use]
    pub fn commands(&self) -> &ProjectCommands {
        &self.commands
    }

    /// How people call this program, if the file says so.
    #[must_use]
    pub fn stated_command(&self, program: Program) -> Option<&str> {
        match program {
            Program::Simulator => self.stated.sim.as_deref(),
            Program::HardwareSuite => self.stated.hil.as_deref(),
        }
    }

    /// The folder of the package that holds this program, if the file names one.
    ///
    /// # Errors
    ///
    /// That the folder is not there.
    pub fn program(&self, program: Program) -> Result<Option<PathBuf>, ProjectError> {
        let folder = match program {
            Program::Simulator => &self.programs.sim,
            Program::HardwareSuite => &self.programs.hil,
        };
        let Some(folder) = folder else {
            return Ok(None);
        };
        let folders = self.existing(std::slice::from_ref(folder))?;
        Ok(folders.into_iter().next())
    }

    /// The folder of the project file.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What people know the project file by.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The signals of waveforms, where an app has the port and a file has the signal.
    #[must_use]
    pub fn map(&self) -> &[Mapping] {
        &self.map
    }

    /// The folders that hold the folders of boards.
    ///
    /// # Errors
    ///
    /// That one of them is not there.
    pub fn boards(&self) -> Result<Vec<PathBuf>, ProjectError> {
        self.folders(BOARDS, self.boards.as_ref())
    }

    /// The folders that hold bench files.
    ///
    /// # Errors
    ///
    /// That one of them is not there.
    pub fn benches(&self) -> Result<Vec<PathBuf>, ProjectError> {
        self.folders(BENCHES, self.benches.as_ref())
    }

    /// The folders that hold scenario files.
    ///
    /// # Errors
    ///
    /// That one of them is not there.
    pub fn scenarios(&self) -> Result<Vec<PathBuf>, ProjectError> {
        self.folders(SCENARIOS, self.scenarios.as_ref())
    }

    /// A folder that the file lists must exist; the default one may be absent.
    fn folders(&self, key: &str, list: Option<&FolderList>) -> Result<Vec<PathBuf>, ProjectError> {
        let Some(list) = list else {
            let default = self.root.join(key);
            return Ok(iter::once(default).filter(|path| path.is_dir()).collect());
        };
        self.existing(list)
    }

    fn existing(&self, list: &[Spanned<String>]) -> Result<Vec<PathBuf>, ProjectError> {
        let mut diagnostics = Vec::new();
        let mut folders = Vec::new();
        for entry in list {
            let folder = self.root.join(entry.get_ref());
            if !folder.is_dir() {
                let text = self.source.text().unwrap_or_default();
                let message = format!("there is no folder `{}`", excerpt(entry.get_ref()));
                diagnostics.push(Diagnostic::new(
                    span_of(text, entry.span()),
                    message,
                    FOLDER,
                ));
            }
            folders.push(folder);
        }
        match diagnostics.is_empty() {
            true => Ok(folders),
            false => Err(ProjectError::Malformed {
                text: self.source.clone(),
                diagnostics,
            }),
        }
    }
}

/// A folder and those above it. A relative one goes up by `..`, so that paths stay short.
fn upwards(start: &Path) -> Box<dyn Iterator<Item = PathBuf> + '_> {
    if start.is_absolute() {
        return Box::new(start.ancestors().map(Path::to_owned));
    }
    let here = path::absolute(Path::new(".").join(start));
    let depth = here.map_or(1, |here| here.ancestors().count());
    let first = Some(start.to_owned());
    Box::new(iter::successors(first, |folder| Some(folder.join(".."))).take(depth))
}

/// What is wrong with the folders of a list, apart from what the file system knows.
fn check(text: &str, list: &[Spanned<String>]) -> Vec<Diagnostic> {
    let mut listed = BTreeSet::new();
    let mut diagnostics = Vec::new();
    for entry in list {
        let folder = entry.get_ref();
        let message = if folder.is_empty() {
            "this names no folder".to_owned()
        } else if Path::new(folder).is_absolute() {
            format!("`{}` is an absolute path", excerpt(folder))
        } else if !listed.insert(Path::new(folder)) {
            format!("`{}` is listed twice", excerpt(folder))
        } else {
            continue;
        };
        diagnostics.push(Diagnostic::new(
            span_of(text, entry.span()),
            message,
            FOLDER,
        ));
    }
    diagnostics
}

/// The first place where the text is not TOML.
fn syntax_error(text: &str) -> Option<Diagnostic> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let start = |error: &&toml::de::Error| error.span().unwrap_or_default().start;
    // Of several errors at one place the last is about the innermost value.
    let error = errors.iter().rev().min_by_key(start)?;
    let (message, expected) = error
        .message()
        .split_once(", expected ")
        .unwrap_or((error.message(), ""));
    // An unquoted `firmware` is taken for `false` that is misspelt.
    let is_unquoted = ["invalid boolean", "string values must be quoted"].contains(&message);
    let (message, expected) = match expected {
        _ if is_unquoted => ("a string must be quoted", FOLDER.to_owned()),
        "" if message == "duplicate key" => (message, "expected each key once".to_owned()),
        "" => (message, "expected `key = value` on each line".to_owned()),
        expected => (message, format!("expected {expected}")),
    };
    let span = span_of(text, error.span().unwrap_or_default());
    Some(Diagnostic::new(
        span,
        format!("this is not TOML: {message}"),
        expected,
    ))
}

/// What is wrong with the keys and values of a text that is TOML.
fn value_error(text: &str, error: &toml::de::Error) -> Diagnostic {
    let range = error.span().unwrap_or_default();
    let span = span_of(text, range.clone());
    let (message, expected) = error
        .message()
        .split_once(", expected ")
        .unwrap_or((error.message(), FOLDERS));
    if message.starts_with("unknown field") {
        let key = text.get(range).unwrap_or_default();
        // Which table it is in, the message tells by the keys that were expected.
        let keys = match expected {
            _ if expected.contains(GOLDENS) => &COMMAND_KEYS[..],
            _ if expected.contains(BOARDS) => &KEYS[..],
            _ => &PROGRAM_KEYS[..],
        };
        let diagnostic = Diagnostic::new(
            span,
            format!("there is no key `{}`", excerpt(key)),
            format!("expected {}", one_of(keys.iter().copied())),
        );
        return match closest(key, keys.iter().copied()) {
            Some(meant) => diagnostic.with_help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        };
    }
    // The value itself may be long: the excerpt of its line shows it.
    let kind = message.split(['`', '"']).next().unwrap_or_default();
    let before = text.get(..range.start).unwrap_or_default();
    let expected = match expected {
        _ if before
            .lines()
            .any(|line| line.trim_start().starts_with("[map]")) =>
        {
            SIGNAL
        }
        "a string" => FOLDER,
        _ => FOLDERS,
    };
    Diagnostic::new(span, kind.trim_end(), expected)
}

#[cfg(test)]
mod tests;
