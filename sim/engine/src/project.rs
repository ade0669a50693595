//! The project file, `lockstep.toml`: it stands at the root of a project and says where the
//! boards, benches and scenarios of the project are.
//!
//! ```toml
//! boards = ["firmware/boards"]       # each board is a folder with a `board.toml` in one of these
//! benches = ["tests/benches"]        # bench files, at any depth
//! scenarios = ["tests/scenarios"]    # scenario files, at any depth
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
use crate::input::{InputError, Source};
use crate::sanitize::excerpt;
use crate::stimulus::Mapping;
use crate::stimulus::map_file::{MapTable, mappings};

/// The name of the project file.
pub const PROJECT_FILE: &str = "lockstep.toml";

/// The longest project file that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The keys of the project file. Those of folders are also the folders they stand for by
/// default.
const KEYS: [&str; 5] = [BOARDS, BENCHES, SCENARIOS, MAP, COMMANDS];
const COMMANDS: &str = "commands";
const BOARDS: &str = "boards";
const BENCHES: &str = "benches";
const SCENARIOS: &str = "scenarios";
const MAP: &str = "map";

/// The keys of the table of commands.
const COMMAND_KEYS: [&str; 3] = ["sim", "hil", "goldens"];

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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    boards: Option<FolderList>,
    benches: Option<FolderList>,
    scenarios: Option<FolderList>,
    #[serde(default)]
    commands: ProjectCommands,
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
    Input(#[from] InputError),
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
        let mut diagnostics: Vec<_> = lists
            .into_iter()
            .flatten()
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
            commands: file.commands,
        })
    }

    /// How people call the programs of this project.
    #[must_use]
    pub fn commands(&self) -> &ProjectCommands {
        &self.commands
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
fn check(text: &str, list: &FolderList) -> Vec<Diagnostic> {
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
        let keys = match expected.contains(COMMAND_KEYS[0]) {
            true => &COMMAND_KEYS[..],
            false => &KEYS[..],
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
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn source(text: &str) -> Source {
        Source {
            name: PROJECT_FILE.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    fn parse(text: &str) -> Result<Project, ProjectError> {
        Project::parse(Path::new("root"), source(text))
    }

    /// The first diagnostic of a text that must be refused.
    #[track_caller]
    fn diagnostic_of(text: &str) -> Diagnostic {
        match parse(text) {
            Err(ProjectError::Malformed { diagnostics, .. }) => diagnostics[0].clone(),
            other => panic!("{text:?} gives {other:?}"),
        }
    }

    fn make(folder: &Path, text: &str, folders: &[&str]) {
        for name in folders {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join(PROJECT_FILE), text).unwrap();
    }

    #[test]
    fn a_project_is_found_from_any_folder_below_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        make(
            root,
            "boards = [\"hw/boards\", \"more\"]\n",
            &["hw/boards", "more", "a/b"],
        );
        for start in ["", "a", "a/b"] {
            let project = Project::find(&root.join(start)).unwrap();
            let boards = project.boards().unwrap();
            assert_eq!(boards, [root.join("hw/boards"), root.join("more")]);
        }
    }

    #[test]
    fn the_nearest_project_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let outer = folder.path();
        let inner = outer.join("inner");
        make(outer, "scenarios = [\"all\"]\n", &["all", "inner/own"]);
        make(&inner, "scenarios = [\"own\"]\n", &[]);
        let project = Project::find(&inner.join("own")).unwrap();
        assert_eq!(project.scenarios().unwrap(), [inner.join("own")]);
    }

    #[test]
    fn a_relative_start_gives_relative_paths_upwards() {
        let folders: Vec<_> = upwards(Path::new("")).take(3).collect();
        assert_eq!(folders, ["", "..", "../.."].map(PathBuf::from));
        let folders: Vec<_> = upwards(Path::new("/a/b")).collect();
        assert_eq!(folders, ["/a/b", "/a", "/"].map(PathBuf::from));
    }

    #[test]
    fn without_a_project_file_the_error_names_the_folder_and_says_what_to_write() {
        let error = Project::find(Path::new("/")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no `lockstep.toml` in `/` or in a folder above it"
        );
        assert!(
            error
                .help()
                .is_some_and(|help| help.contains("lockstep.toml"))
        );
    }

    #[test]
    fn an_absent_key_stands_for_the_folder_of_its_name_if_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        make(root, "", &["boards", "scenarios"]);
        let project = Project::find(root).unwrap();
        assert_eq!(project.boards().unwrap(), [root.join("boards")]);
        assert_eq!(project.benches().unwrap(), [] as [PathBuf; 0]);
        assert_eq!(project.scenarios().unwrap(), [root.join("scenarios")]);
        make(root, "scenarios = []\n", &[]);
        let project = Project::find(root).unwrap();
        assert_eq!(project.scenarios().unwrap(), [] as [PathBuf; 0]);
    }

    #[test]
    fn a_listed_folder_that_is_not_there_is_shown_in_its_line_and_only_when_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        make(
            root,
            "boards = [\"boards\"]\nbenches = [\n  \"gone\",\n]\n",
            &["boards"],
        );
        let project = Project::find(root).unwrap();
        assert!(project.boards().is_ok());
        let Err(ProjectError::Malformed { diagnostics, .. }) = project.benches() else {
            panic!("there is no folder `gone`");
        };
        assert_eq!(diagnostics[0].span.to_string(), "3:3");
        assert_eq!(diagnostics[0].message, "there is no folder `gone`");
    }

    #[test]
    fn a_misspelt_key_is_shown_with_the_one_that_was_meant() {
        let diagnostic = diagnostic_of("boards = []\nscenario = []\n");
        assert_eq!(diagnostic.span.to_string(), "2:1");
        assert_eq!(diagnostic.message, "there is no key `scenario`");
        assert_eq!(
            diagnostic.expected,
            "expected `boards`, `benches`, `scenarios`, `map` or `commands`"
        );
        assert_eq!(
            diagnostic.help.as_deref(),
            Some("did you mean `scenarios`?")
        );
        assert_eq!(diagnostic_of("zebra = 1").help, None);
    }

    #[test]
    fn a_text_that_is_not_toml_is_refused_at_its_first_error() {
        for (text, span, message) in [
            (
                "boards = [\"a\nbenches = []\n",
                "1:13",
                "invalid basic string",
            ),
            ("boards = [fw, x]\n", "1:11", "a string must be quoted"),
            ("boards = []\nboards = []\n", "2:1", "duplicate key"),
            ("boards\n", "1:7", "key with no value"),
        ] {
            let diagnostic = diagnostic_of(text);
            assert_eq!(diagnostic.span.to_string(), span, "{text}");
            let message = format!("this is not TOML: {message}");
            assert_eq!(diagnostic.message, message);
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused_where_it_stands() {
        let text = diagnostic_of("benches = \"tests\"");
        assert_eq!(text.message, "invalid type: string");
        assert_eq!(text.expected, FOLDERS);
        assert_eq!(text.span.to_string(), "1:11");
        let number = diagnostic_of("benches = [\n  1,\n]");
        assert_eq!(number.message, "invalid type: integer");
        assert_eq!(number.expected, FOLDER);
        assert_eq!(number.span.to_string(), "2:3");
    }

    #[test]
    fn folders_are_relative_and_each_is_listed_once() {
        let Err(ProjectError::Malformed { diagnostics, .. }) =
            parse("scenarios = [\"a\", \"\"]\nboards = [\"/b\", \"b\", \"b\"]")
        else {
            panic!("three folders are wrong");
        };
        let told: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.span.to_string(), diagnostic.message.as_str()))
            .collect();
        let expected = [
            ("1:19", "this names no folder"),
            ("2:11", "`/b` is an absolute path"),
            ("2:22", "`b` is listed twice"),
        ];
        assert_eq!(
            told,
            expected.map(|(place, message)| (place.to_owned(), message))
        );
    }

    #[test]
    fn what_is_not_utf_8_is_refused_with_its_place() {
        let source = Source {
            name: PROJECT_FILE.to_owned(),
            bytes: b"boards = [\"\xff\"]".to_vec(),
        };
        let error = Project::parse(Path::new(""), source).unwrap_err();
        let ProjectError::Malformed { diagnostics, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(diagnostics[0].span.to_string(), "1:12");
    }

    proptest! {
        #[test]
        fn every_text_is_read_or_refused_with_a_place_in_it(
            text in prop_oneof![
                any::<String>(),
                "[a-z=\\[\\]\"#.,0-9 \n\r\u{feff}é]{0,60}",
                "(boards|benches|scenarios|bords) = \\[(\"[a-z/.]{0,4}\"|[0-9.tz]{1,3}|,){0,6}\\]\n?",
            ],
        ) {
            match parse(&text) {
                Ok(project) => prop_assert_eq!(project.root(), Path::new("root")),
                Err(ProjectError::Malformed { diagnostics, .. }) => {
                    let lines = text.split('\n').count();
                    prop_assert!(!diagnostics.is_empty());
                    for diagnostic in diagnostics {
                        prop_assert!((1..=lines).contains(&diagnostic.span.line));
                        prop_assert!(diagnostic.message.chars().count() < 120);
                    }
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }
}
