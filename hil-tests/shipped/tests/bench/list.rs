//! `hil list`.

use std::collections::HashSet;
use std::fs;

use libtest_mimic::Failed;
use lockstep_engine::project::PROJECT_FILE;
use lockstep_hil::bench::overrides::{CHIP, CONNECT_UNDER_RESET, PROBE, PROTOCOL, SPEED};
use serde_json::Value;
use walkdir::WalkDir;

use super::repository::{BENCHES, Repository, SCENARIOS, ended, hil, root};

const VIRTUAL: &str = "board = \"microbit-v1\"\nprobe = \"virtual\"\n";

/// The words of a line that are no numbers: one more scenario changes those.
fn without_numbers(line: &str) -> Vec<&str> {
    let words = line.split_whitespace();
    words.filter(|word| word.parse::<u32>().is_err()).collect()
}

pub(crate) fn shows_what_ships() -> Result<(), Failed> {
    let (out, err) = ended(hil(&root(), &["list"]), 0)?;
    assert_eq!(err, "");
    let page = fs::read_to_string(root().join("docs/benches.md"))?;
    let (_, printed) = page.split_once("$ cargo hil list\n").ok_or("no list")?;
    let (printed, _) = printed.split_once("...\n").ok_or("no end of the list")?;
    let shown = out.lines().map(without_numbers);
    let shown: Vec<_> = shown.take(printed.lines().count()).collect();
    let printed: Vec<_> = printed.lines().map(without_numbers).collect();
    assert_eq!(printed, shown, "docs/benches.md shows another list");
    for line in [
        "test      virtual/pins/lamp/lock/",
        "test      microbit-v2/rtt/toggle/",
    ] {
        assert!(out.contains(line), "`{line}` is not in\n{out}");
    }
    assert!(!out.contains("test      microbit-v1/pins/"));
    Ok(())
}

/// The list of these arguments, as JSON.
fn json(command: std::process::Command) -> Result<Value, Failed> {
    Ok(serde_json::from_str(&ended(command, 0)?.0)?)
}

pub(crate) fn json_names_every_test() -> Result<(), Failed> {
    let listed = json(hil(&root(), &["list", "--json"]))?;
    let scenarios = WalkDir::new(root().join(SCENARIOS)).into_iter();
    let scenarios = scenarios
        .filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            path.extension().is_some_and(|found| found == "scn")
        })
        .count();
    let tests = listed["tests"].as_array().ok_or("no tests")?;
    let names: HashSet<_> = tests.iter().map(|test| test["name"].as_str()).collect();
    assert_eq!(names.len(), tests.len(), "every test has a name of its own");
    let benches = listed["benches"].as_array().ok_or("no benches")?;
    let stimuli = 2;
    assert_eq!(tests.len(), scenarios * benches.len() * stimuli);
    let is_of_no_image = |test: &&Value| {
        let reason = test["skipped"].as_str();
        reason.is_some_and(|reason| reason.starts_with("the board has no image of"))
    };
    let skipped = tests.iter().filter(|test| !test["skipped"].is_null());
    let mut others = skipped.clone().filter(|test| !is_of_no_image(test));
    assert!(others.all(|test| test["stimulus"] == "pins"));
    // No real bench has wires.
    let real = benches.iter().filter(|bench| bench["probe"] != "virtual");
    let of_pins = skipped.filter(|test| test["stimulus"] == "pins");
    assert_eq!(of_pins.count(), scenarios * real.count());
    Ok(())
}

pub(crate) fn benches_of_the_user() -> Result<(), Failed> {
    let repository = Repository::new()?;
    let folder = repository.path("config/lockstep/benches/at-home");
    fs::create_dir_all(&folder)?;
    let wired = "board = \"microbit-v2\"\nprobe = \"1366:1015:000123\"\ntolerance = 2\n\
                 [wiring]\n\"P0.14\" = \"P0.12\"\n";
    fs::write(folder.join("desk.toml"), wired)?;
    let (out, _) = ended(repository.hil(&["list"]), 0)?;
    assert!(out.contains("bench     desk "), "{out}");
    assert!(
        out.contains("skipped: no jumper goes to B at P0.23"),
        "{out}"
    );
    assert!(out.contains("test      desk/rtt/lamp/"), "{out}");
    assert!(out.contains("test      desk/pins/toggle/"), "{out}");
    assert!(!out.contains("test      desk/pins/lamp/"), "{out}");
    Ok(())
}

pub(crate) fn two_of_one_name() -> Result<(), Failed> {
    let repository = Repository::new()?;
    let folder = repository.path("config/lockstep/benches");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("virtual.toml"), VIRTUAL)?;
    fs::write(repository.path(BENCHES).join("virtual.toml"), VIRTUAL)?;
    let (_, err) = ended(repository.hil(&["list"]), 2)?;
    assert!(err.contains("two benches are named `virtual`"), "{err}");
    assert!(err.contains("fixtures/benches/virtual.toml"), "{err}");
    assert!(err.contains("lockstep/benches/virtual.toml"), "{err}");
    Ok(())
}

pub(crate) fn a_broken_bench_leaves_the_others() -> Result<(), Failed> {
    let repository = Repository::new()?;
    let benches = repository.path(BENCHES);
    fs::write(benches.join("virtual.toml"), VIRTUAL)?;
    fs::write(benches.join("desk.toml"), "bord = 1\n")?;
    let (out, err) = ended(repository.hil(&["list"]), 0)?;
    assert!(err.contains("fixtures/benches/desk.toml:1:1"), "{err}");
    assert!(out.contains("unusable  desk "), "{out}");
    assert!(out.contains("test      virtual/pins/lamp/"), "{out}");
    assert!(!out.contains("test      desk/"), "{out}");
    let listed = json(repository.hil(&["list", "--json"]))?;
    assert_eq!(listed["unusable"][0]["name"], "desk");
    let benches = listed["benches"].as_array().ok_or("no benches")?;
    assert_eq!(benches.len(), 1);
    // Neither of two benches of one name is used.
    let folder = repository.path("config/lockstep/benches");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("spare.toml"), VIRTUAL)?;
    fs::write(folder.join("virtual.toml"), VIRTUAL)?;
    let (out, _) = ended(repository.hil(&["list"]), 0)?;
    assert!(out.contains("unusable  virtual "), "{out}");
    assert!(!out.contains("test      virtual/"), "{out}");
    assert!(out.contains("test      spare/"), "{out}");
    Ok(())
}

pub(crate) fn a_board_with_blanks_leaves_the_others() -> Result<(), Failed> {
    let repository = Repository::new()?;
    let project = repository.path(PROJECT_FILE);
    let listed = fs::read_to_string(&project)?;
    fs::write(
        &project,
        listed.replace("boards = [", "boards = [\"more\", "),
    )?;
    let board = repository.path("more/mycard");
    fs::create_dir_all(&board)?;
    fs::write(board.join("board.toml"), "chip = \"FILL_IN\"\n")?;
    let benches = repository.path(BENCHES);
    fs::write(benches.join("virtual.toml"), VIRTUAL)?;
    let (out, err) = ended(repository.hil(&["list"]), 0)?;
    assert_eq!(
        err,
        "note: the board `mycard` is left out: it is not finished\n |\n \
         = help: `cargo hil build mycard` lists what is left to fill in\n"
    );
    assert!(out.contains("test      virtual/pins/lamp/"), "{out}");
    let (_, err) = ended(repository.hil(&["build", "mycard"]), 2)?;
    assert!(err.contains("board.toml:1  chip = \"FILL_IN\""), "{err}");
    // A bench of it cannot be used, and the note comes before that.
    fs::write(
        benches.join("desk.toml"),
        "board = \"mycard\"\nprobe = \"virtual\"\n",
    )?;
    let (out, err) = ended(repository.hil(&["list"]), 0)?;
    assert!(err.contains("fixtures/benches/desk.toml:1:9"), "{err}");
    assert!(
        err.starts_with("note: the board `mycard` is left out"),
        "{err}"
    );
    assert!(out.contains("unusable  desk "), "{out}");
    Ok(())
}

pub(crate) fn the_environment_wins() -> Result<(), Failed> {
    let mut command = hil(&root(), &["list", "--json"]);
    command
        .env(PROBE, "1366:1015")
        .env(CHIP, "nRF51822_xxAC")
        .env(SPEED, "4000")
        .env(PROTOCOL, "JTAG")
        .env(CONNECT_UNDER_RESET, "true");
    let listed = json(command)?;
    let bench = |name: &str| {
        let benches = listed["benches"].as_array().unwrap();
        benches.iter().find(|bench| bench["name"] == name).unwrap()
    };
    let real = bench("microbit-v1");
    assert_eq!(real["probe"], "1366:1015");
    assert_eq!(real["chip"], "nRF51822_xxAC");
    assert_eq!(real["speed_khz"], 4000);
    assert_eq!(real["protocol"], "jtag");
    assert_eq!(real["connect_under_reset"], true);
    // Those of a micro:bit's own probe do not hold for another kind.
    assert_eq!(real["serial_starts_with"], Value::Array(Vec::new()));
    let emulated = bench("virtual");
    assert_eq!(emulated["probe"], "virtual");
    assert_eq!(emulated["chip"], "nRF51822_xxAA");
    Ok(())
}

pub(crate) fn broken_environment() -> Result<(), Failed> {
    for (variable, value, expected) in [
        (PROBE, "0d28", "expected VID:PID or VID:PID:SERIAL"),
        (PROBE, "", "expected VID:PID or VID:PID:SERIAL"),
        (SPEED, "fast", "expected a number of kHz from 1 to 100000"),
        (PROTOCOL, "spi", "expected `swd` or `jtag`"),
        (CONNECT_UNDER_RESET, "1", "expected `true` or `false`"),
        (CHIP, "", "expected the name of a chip"),
    ] {
        let mut command = hil(&root(), &["list"]);
        command.env(variable, value);
        let (_, err) = ended(command, 2)?;
        let told = format!("`{variable}` is `{value}`: {expected}");
        assert!(err.contains(&told), "`{told}` is not in\n{err}");
    }
    Ok(())
}

pub(crate) fn broken_scenario() -> Result<(), Failed> {
    let repository = Repository::new()?;
    fs::write(repository.path(BENCHES).join("virtual.toml"), VIRTUAL)?;
    let scenarios = repository.path(SCENARIOS);
    fs::remove_file(&scenarios)?;
    fs::create_dir(&scenarios)?;
    fs::write(scenarios.join("a.scn"), "app lamp\ntap C for 50 ms\n")?;
    let (_, err) = ended(repository.hil(&["list"]), 2)?;
    assert!(err.contains("fixtures/scenarios/a.scn:2:5"), "{err}");
    Ok(())
}

pub(crate) fn outside_a_repository() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (_, err) = ended(hil(folder.path(), &["list"]), 2)?;
    let told = "no `lockstep.toml` in the current folder or in a folder above it";
    assert!(err.contains(told), "{err}");
    Ok(())
}
