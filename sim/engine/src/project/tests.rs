//! Project files that are right, and each way to get one wrong.

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
        "expected `boards`, `benches`, `scenarios`, `map`, `programs` or `commands`"
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

#[test]
fn the_packages_of_programs_are_folders_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    make(
        root,
        "[programs]\nsim = \"tools/sim\"\nhil = \"gone\"\n",
        &["tools/sim"],
    );
    let project = Project::find(root).unwrap();
    let simulator = project.program(Program::Simulator).unwrap();
    assert_eq!(simulator, Some(root.join("tools/sim")));
    let Err(ProjectError::Malformed { diagnostics, .. }) = project.program(Program::HardwareSuite)
    else {
        panic!("the folder is not there");
    };
    assert_eq!(diagnostics[0].message, "there is no folder `gone`");
    make(root, "", &[]);
    let project = Project::find(root).unwrap();
    assert_eq!(project.program(Program::Simulator).unwrap(), None);
}

#[test]
fn a_program_that_there_is_not_is_told_from_those_that_there_are() {
    let diagnostic = diagnostic_of("[programs]\nsin = \"tools\"\n");
    assert_eq!(diagnostic.message, "there is no key `sin`");
    assert_eq!(diagnostic.expected, "expected `sim` or `hil`");
    assert_eq!(diagnostic.help.as_deref(), Some("did you mean `sim`?"));
    let diagnostic = diagnostic_of("[programs]\nsim = \"/tools\"\n");
    assert_eq!(diagnostic.message, "`/tools` is an absolute path");
}

#[test]
fn a_command_is_stated_or_the_default() {
    let project = parse("[commands]\nsim = \"cargo play\"\n").unwrap();
    assert_eq!(
        project.stated_command(Program::Simulator),
        Some("cargo play")
    );
    assert_eq!(project.stated_command(Program::HardwareSuite), None);
    assert_eq!(project.commands().hil, "cargo hil");
}
