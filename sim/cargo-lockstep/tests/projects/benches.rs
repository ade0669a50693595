//! `add bench`: what it writes, and what it leaves alone.

use std::fs;
use std::path::Path;

use lockstep_hil::bench::Probe;
use lockstep_hil::bench::board_pins::BoardPins;
use lockstep_hil::bench::find::find;
use lockstep_images::board::boards;

use super::support::{Project, repository};

/// A project with a core and these boards.
fn doorbell(boards: &[&str]) -> Project {
    let project = Project::library("doorbell");
    let core = repository().join("fixtures/strangers/doorbell.rs");
    project.write("src/lib.rs", &fs::read_to_string(core).unwrap());
    project.lock("");
    let init = ["init", "--yes", "--no-build", "--ci", "github"];
    project.lockstep(&init).holds();
    for board in boards {
        let add = ["add", "board", board, "--yes", "--no-build"];
        project.lockstep(&add).holds();
    }
    project
}

#[test]
fn the_first_bench_comes_with_the_program_and_the_next_one_alone() {
    let project = doorbell(&["microbit-v1", "pico"]);
    let before = project.files();
    let arguments = ["add", "bench", "virtual", "--board", "microbit-v1"];
    let shown = project.lockstep(&[&arguments[..], &["--dry-run"]].concat());
    for line in [
        "+++ b/benches/virtual.toml",
        "+++ b/hil/Cargo.toml",
        "+++ b/hil/src/main.rs",
        "+hil = \"run --manifest-path hil/Cargo.toml --bin hil --\"",
        "+hil = \"cargo hil\"",
        "+        run: cargo hil run --bench virtual",
    ] {
        shown.says(line);
    }
    let asked = project.lockstep(&arguments);
    assert_eq!(asked.code, 2);
    asked.says("writing these files needs confirmation, and standard input is not a terminal");
    assert_eq!(project.files(), before);

    let arguments = [&arguments[..], &["--yes"]].concat();
    let printed = project.lockstep(&arguments).holds();
    printed.says("cargo hil run --bench virtual");
    printed.says("probe     virtual");
    let with_suite = project.files();
    let again = project.lockstep(&arguments).holds();
    again.says("nothing to change: everything is there");
    assert_eq!(project.files(), with_suite);
    // `init` knows of it too: it writes the same workflow, and leaves everything else.
    fs::remove_file(project.folder().join(".github/workflows/lockstep.yml")).unwrap();
    let init = ["init", "--yes", "--no-build", "--ci", "github"];
    project.lockstep(&init).holds();
    assert_eq!(project.files(), with_suite);

    let desk = ["add", "bench", "desk", "--board", "pico", "--yes"];
    project.lockstep(&desk).holds().says("probe     2e8a:000c");
    let mut files = project.files();
    let bench = files.remove(Path::new("benches/desk.toml")).unwrap();
    assert!(bench.contains("\"GPIO14\" = \"none\" # bell\n"), "{bench}");
    assert_eq!(files, with_suite);

    // `hil` takes both.
    let pins = boards(&[project.folder().join("boards")])
        .unwrap()
        .into_iter();
    let pins: Vec<_> = pins.map(|board| BoardPins::read(board).unwrap()).collect();
    let found = find(&[project.folder().join("benches")], &pins).unwrap();
    assert!(found.unusable.is_empty(), "{:?}", found.unusable);
    let names: Vec<_> = found.benches.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["desk", "virtual"]);
    assert!(matches!(found.benches[1].probe, Probe::Virtual));
}

#[test]
fn what_is_there_stays_and_the_lines_to_add_are_said() {
    let project = doorbell(&["microbit-v1"]);
    project.write("benches/virtual.toml", "# Mine.\n");
    project.replace(
        ".cargo/config.toml",
        "[alias]\n",
        "[alias]\nhil = \"run\"\n",
    );
    project.replace(
        ".github/workflows/lockstep.yml",
        "timeout-minutes: 30",
        "timeout-minutes: 5",
    );
    project.write("hil/src/main.rs", "fn main() {}\n");
    let before = project.files();
    let printed = project
        .lockstep(&["add", "bench", "virtual", "--yes"])
        .holds();
    printed.says("`benches/virtual.toml` exists and is left unchanged");
    printed.says("board = \"microbit-v1\"");
    printed.says("`hil/src/main.rs` exists and does something else");
    printed.says("lockstep_hil_cli::main(vec![lockstep_engine::app!(doorbell::Doorbell)])");
    printed.says("it does not play on the virtual board");
    printed.says("run: cargo lockstep hil run --bench virtual");
    let after = project.files();
    for (path, text) in &before {
        let is_same = after[path] == *text;
        assert!(
            is_same || path.ends_with("lockstep.toml"),
            "{}",
            path.display()
        );
    }
    let file = project.read("lockstep.toml");
    assert!(file.contains("hil = \"cargo lockstep hil\"\n"), "{file}");
}

#[test]
fn what_is_no_bench_is_said_with_what_there_is() {
    let none = doorbell(&[]);
    let printed = none.lockstep(&["add", "bench", "virtual"]);
    assert_eq!(printed.code, 2);
    printed.says("the project has no board");
    printed.says("`cargo lockstep add board NAME` writes one");
    drop(none);

    let project = doorbell(&["microbit-v1", "pico"]);
    let files = project.files();
    let refused = [
        (&["virtual"][..], "the project has several boards"),
        (&["virtual"], "`--board` names one of `microbit-v1`, `pico`"),
        (
            &["virtual", "--board", "pica"],
            "the project has no board `pica`",
        ),
        (
            &["virtual", "--board", "pico"],
            "the board `pico` cannot be emulated: it has the chip RP2040",
        ),
        (&["pico", "--probe", "usb"], "`usb` is not a probe"),
        (&["Desk"], "`Desk` is not a valid name for a bench"),
    ];
    for (arguments, message) in refused {
        let printed = project.lockstep(&[&["add", "bench"], arguments].concat());
        assert_eq!(printed.code, 2, "{arguments:?}");
        printed.says(message);
    }
    assert_eq!(project.files(), files);
}
