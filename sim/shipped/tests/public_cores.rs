//! Cores that were written for other projects play as they are on crates.io: `fixtures/public-cores`.
//! Embassy firmware plays in virtual time: `fixtures/embassy`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;

fn fixture(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    fixtures.join(name)
}

/// Where what others wrote is built: apart from this workspace, whose programs have the same names and
/// whose dependencies have other features, and with the projects of `cargo lockstep init`.
fn target_folder() -> PathBuf {
    let root = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    root.unwrap().join("firmware-core/boards/target")
}

/// Cargo in the folder of a fixture, where its own configuration is.
fn cargo(fixture: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(fixture)
        .env("CARGO_TARGET_DIR", target_folder())
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .env("INSTA_UPDATE", "no")
        .env_remove("INSTA_FORCE_PASS");
    command
}

/// A program of the workspace of fixtures. Everything in it is built together: a package that is built
/// alone needs its dependencies with other features.
fn program(name: &str) -> Command {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let output = cargo(&fixture(""))
            .args(["build", "--quiet", "--workspace", "--bins", "--tests"])
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{errors}");
    });
    Command::new(target_folder().join("debug").join(name))
}

/// The names of the scenarios of a core, without their endings.
fn scenarios(core: &Path) -> Vec<String> {
    let files = fs::read_dir(core.join("scenarios")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ending| ending == "scn"))
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The crates of a fixture that have scenarios.
fn played_crates(fixture: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(fixture).unwrap();
    let found = found.map(|entry| entry.unwrap().path());
    found
        .filter(|member| member.join("scenarios").is_dir())
        .collect()
}

/// Runs the tests of a workspace or package: each of these scenarios is played, and holds.
fn play(workspace: &Path, expected: impl Iterator<Item = String>) {
    // Without `--locked`, as for `fixtures/own-core`: nothing else keeps these lock files in step with
    // the workspace. Where a dependency of Lockstep changes, cargo adds what is new to the lock file
    // and leaves what is there; the difference is committed together with that change. They were begun
    // as copies of the one of `fixtures/own-core`: with the same versions in the same target folder,
    // dependencies that both have with the same features are built once.
    let output = cargo(workspace)
        .args(["test", "--workspace", "--no-fail-fast", "--color", "never"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");

    let mut passed: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix("... ok"))
        .map(|name| name.trim_end().to_owned())
        .filter(|name| name != "every-golden-has-its-scenario")
        .collect();
    let mut expected: Vec<_> = expected.collect();
    passed.sort();
    expected.sort();
    assert!(!expected.is_empty());
    assert_eq!(passed, expected, "{text}{errors}");
}

#[test]
fn public_cores_and_firmware_for_embassy_and_rtic_play_their_scenarios() {
    let folders = ["public-cores", "embassy", "public-embassy", "rtic"];
    let played: Vec<_> = folders
        .iter()
        .map(|it| played_crates(&fixture(it)))
        .collect();
    for (folder, crates) in folders.iter().zip(&played) {
        assert!(!crates.is_empty(), "nothing of {folder} has scenarios");
    }
    let played = played.iter().flatten();
    play(&fixture(""), played.flat_map(|member| scenarios(member)));
}

/// The same firmware says the same with `defmt` as with `log`: the goldens are the same files.
#[test]
fn embassy_firmware_says_the_same_with_defmt() {
    let expected = scenarios(&fixture("embassy/climate"));
    play(&fixture("embassy-defmt"), expected.into_iter());
}

/// The firmware of a fixture names nothing that plays it.
#[test]
fn embassy_firmware_has_no_word_of_lockstep() {
    for firmware in ["embassy/firmware", "embassy/climate-firmware", "rtic/core"] {
        for file in ["Cargo.toml", "src/lib.rs"] {
            let text = fs::read_to_string(fixture(firmware).join(file)).unwrap();
            assert!(!text.to_lowercase().contains("lockstep"), "{file}");
        }
    }
}

/// Runs the simulator of `fixtures/embassy/lucky`.
fn lucky(arguments: &[&str]) -> Output {
    program("lucky")
        .args(arguments)
        .current_dir(fixture("embassy"))
        .output()
        .unwrap()
}

/// What the simulator of `fixtures/embassy/lucky` says of a scenario, and how it exits.
fn run_lucky(arguments: &[&str]) -> (Option<i32>, String) {
    let output = lucky(&[&["run"], arguments].concat());
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The screen of the doorbell after these keys, which are pressed as in a terminal.
fn doorbell_after(keys: &str) -> String {
    let size = ["--size", "110x34"];
    let shot = ["shot", "--app", "doorbell", "--keys", keys];
    let output = lucky(&[&shot[..], &size].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether each of these is on the screen, and none of those.
fn assert_screen(screen: &str, there: &[&str], gone: &[&str]) {
    for text in there {
        assert!(screen.contains(text), "no `{text}`:\n{screen}");
    }
    for text in gone {
        assert!(!screen.contains(text), "`{text}`:\n{screen}");
    }
}

/// The doorbell has a channel, task pools and the number of its next visitor in statics: all of them are
/// where the cursor goes, and the branch goes on from there.
#[test]
fn firmware_with_statics_is_rewound_branched_and_compared_on_the_screen() {
    // Two visitors at the front door.
    let keys = "500ms,f,1500ms,f,1s,Space";
    let main = doorbell_after(keys);
    assert_screen(
        &main,
        &["500 log visitor 1", "2000 log visitor 2", "0:03.000"],
        &["log visitor 3", "branch 1"],
    );

    // Before the second: what comes after it is not drawn as past.
    let keys = format!("{keys},PgUp,PgUp,PgUp,PgUp,PgUp");
    let rewound = doorbell_after(&keys);
    assert_screen(
        &rewound,
        &["0:01.500 of 0:03.000", "500 log visitor 1"],
        &[],
    );

    // One at the back door instead: still the second.
    let keys = format!("{keys},b,Space,1s,Space");
    let branched = doorbell_after(&keys);
    assert_screen(
        &branched,
        &["1500 log visitor 2", "1750 out bell 0", "branch 1 of 2"],
        &["visitor 3", "2000 in  front press"],
    );

    // Both in one picture, from where they part.
    let compared = doorbell_after(&format!("{keys},v,Home,c"));
    assert_screen(
        &compared,
        &["first difference at 0:01.500", "branch 1: in back press"],
        &[],
    );

    // Back to the first branch: it is as it was.
    let again = doorbell_after(&format!("{keys},v,Home,Enter"));
    assert_screen(&again, &["2000 log visitor 2"], &["1500 log visitor 2"]);
}

#[test]
fn firmware_that_works_by_luck_is_found() {
    const PRESS: &str = "d:A t:20 u:A t:200";
    for (app, wake, exit, said) in [
        ("any-poll", "lost", 0, "pass: no expectations"),
        (
            "any-poll",
            "spurious",
            1,
            "with `--wake spurious` it gives `out led 1`, in the usual run `out led 0`",
        ),
        (
            "old-timer",
            "lost",
            1,
            "with `--wake lost` it gives nothing, in the usual run `out led 1`",
        ),
        (
            "old-timer",
            "spurious",
            1,
            "it gives `out led 1`, in the usual run nothing yet",
        ),
    ] {
        let (code, text) = run_lucky(&["--app", app, "--inline", PRESS, "--wake", wake]);
        assert_eq!(code, Some(exit), "{app}, {wake}: {text}");
        assert!(text.contains(said), "{app}, {wake}: {text}");
    }
}

/// Whether each line of a page's example, comments apart, stands in a file.
fn assert_shown(page: &str, begins: &str, file: &Path) {
    let page = fs::read_to_string(fixture("../docs").join(page)).unwrap();
    let code = fs::read_to_string(file).unwrap();
    let shown = page.split("```rust\n").skip(1);
    let mut shown = shown.filter_map(|text| text.split("```").next());
    let shown = shown.find(|text| text.contains(begins));
    for line in shown.unwrap().lines() {
        let left_out = line.trim_start().starts_with("//");
        assert!(
            left_out || code.lines().any(|known| known == line),
            "{line}"
        );
    }
}

#[test]
fn the_page_on_embassy_shows_the_staircase() {
    let fixture = fixture("embassy");
    assert_shown(
        "embassy.md",
        "fn light_stairs",
        &fixture.join("firmware/src/lib.rs"),
    );
    assert_shown(
        "embassy.md",
        "struct Stairs",
        &fixture.join("simulator/src/lib.rs"),
    );
    assert_shown(
        "embassy.md",
        "app!(EmbassyApp<",
        &fixture.join("simulator/tests/scenarios.rs"),
    );
    let image = "../embassy-board/boards/stairs-panel/src/bin/stairs.rs";
    assert_shown("embassy.md", "mod stairs;", &fixture.join(image));
}

#[test]
fn the_page_on_rtic_shows_the_gate() {
    for (begins, file) in [
        ("fn tell", "core/src/lib.rs"),
        ("binds = GPIOTE", "board/src/main.rs"),
        ("fn on_edges", "simulator/src/lib.rs"),
    ] {
        assert_shown("rtic.md", begins, &fixture("rtic").join(file));
    }
}

/// What the simulator of `fixtures/public-cores` says, without what depends on the machine, and how
/// it exits.
fn run_public_cores(arguments: &[&str]) -> (Option<i32>, String) {
    let output = program("public-cores")
        .args(arguments)
        .current_dir(fixture("public-cores"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    let same = said
        .lines()
        .filter(|line| !line.starts_with("every behaviour"));
    (output.status.code(), same.collect::<Vec<_>>().join("\n"))
}

#[test]
fn what_public_cores_document_is_proved_or_refuted() {
    let (code, said) = run_public_cores(&["prove", "dishwasher/dishwasher.rules"]);
    assert_eq!(code, Some(0), "{said}");
    insta::assert_snapshot!("dishwasher", said);

    let (code, said) = run_public_cores(&["prove", "hold-tap/hold-tap.rules"]);
    assert_eq!(code, Some(1), "{said}");
    insta::assert_snapshot!("hold-tap", said);

    // What `hold-tap/nested.rules` is refuted by.
    let (code, said) = run_public_cores(&["run", "hold-tap/nested-crashes.scn"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("assertion failed: self.waiting.is_none()"),
        "{said}"
    );
}

/// Without what was added, `layout.rs` is the file of `keyberon`.
#[test]
fn the_hold_tap_is_the_one_that_was_published() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(fixture("public-cores"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let keyberon = packages.iter().find(|it| it["name"] == "keyberon").unwrap();
    assert_eq!(keyberon["version"], "0.1.1");
    let manifest = Path::new(keyberon["manifest_path"].as_str().unwrap());
    let published = fs::read_to_string(manifest.with_file_name("src/layout.rs")).unwrap();
    let published = published.replace("use crate::", "use keyberon::");
    let copy = fs::read_to_string(fixture("public-cores/hold-tap/src/layout.rs")).unwrap();
    let published = published.split("#[cfg(test)]").next().unwrap();
    let copy = copy.split("// Added: `KeyCode`").next().unwrap();
    let lines = |text: &str| {
        let lines = text.trim_end().lines();
        let kept =
            lines.filter(|line| !line.starts_with("#[derive") && !line.contains("// Added:"));
        kept.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(copy), lines(published));
}

#[test]
fn every_public_core_has_scenarios() {
    let counts: Vec<_> = played_crates(&fixture("public-cores"))
        .iter()
        .map(|core| {
            let name = core.file_name().unwrap().to_str().unwrap().to_owned();
            (name, scenarios(core).len())
        })
        .collect();
    for core in ["dial", "heater", "keyboard", "stairwell"] {
        let least = if core == "keyboard" { 10 } else { 3 };
        let found = counts.iter().find(|(name, _)| name == core);
        assert!(
            found.is_some_and(|(_, count)| *count >= least),
            "{core}: {counts:?}"
        );
    }
}

#[test]
fn the_page_shows_the_keyboard() {
    let keyboard = fixture("public-cores/keyboard/src/lib.rs");
    assert_shown("bring-your-own-core.md", "struct Keyboard", &keyboard);
}
