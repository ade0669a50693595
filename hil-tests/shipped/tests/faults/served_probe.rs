//! A bench as one with hardware: its board is behind a probe that another process serves, here
//! that of a virtual board, and `hil run` knows nothing of it but its address.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use libtest_mimic::Failed;
use lockstep_hil::bench::lock::{LockHolder, ProbeLock};
use serde_json::Value;

use super::{Test, hil, support, told};

pub(crate) const TESTS: [(&str, Test); 8] = [
    (
        "served/an-image-that-is-there-is-not-flashed-again",
        an_image_that_is_there_is_not_flashed_again,
    ),
    (
        "served/a-probe-that-goes-in-the-middle-is-infra",
        a_probe_that_goes_in_the_middle_is_infra,
    ),
    (
        "served/a-probe-that-does-not-answer-is-infra",
        a_probe_that_does_not_answer_is_infra,
    ),
    ("served/another-chip-is-infra", another_chip_is_infra),
    (
        "served/a-probe-of-another-process-is-infra",
        a_probe_of_another_process_is_infra,
    ),
    (
        "served/pins-of-the-board-press-its-buttons",
        pins_of_the_board_press_its_buttons,
    ),
    (
        "served/a-button-that-is-pressed-too-late-is-infra",
        a_button_that_is_pressed_too_late_is_infra,
    ),
    (
        "served/a-jumper-that-is-not-there-is-infra",
        a_jumper_that_is_not_there_is_infra,
    ),
];

/// A board behind its probe. It goes with the test.
struct Board {
    process: Child,
    selector: String,
}

impl Board {
    fn start() -> Result<Self, Failed> {
        Self::with(&["--fast"])
    }

    fn with(arguments: &[&str]) -> Result<Self, Failed> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hil"))
            .args(["board", "--app", "lamp"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut first = String::new();
        said.read_line(&mut first)?;
        // What it says of its pins must go somewhere.
        std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
        let selector = first.strip_prefix("probe").ok_or("no selector")?.trim();
        let selector = selector.to_owned();
        Ok(Self { process, selector })
    }

    fn run(&self, arguments: &[&str]) -> Command {
        let mut command = hil(arguments);
        command
            .args(["--stimulus", "rtt"])
            .env("PROBE_RS_PROBE", &self.selector);
        command
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // One that has ended already is what some tests want.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn counts(output: &Output, code: i32, counts: &str) {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(counts), "{told}");
}

fn an_image_that_is_there_is_not_flashed_again() -> Result<(), Failed> {
    let board = Board::start()?;
    let folder = support::root().join("fixtures/scenarios/toggle");
    let scenarios = lockstep_engine::files::below(&folder, "scn")?.len();
    for flashed in [1, 0] {
        let report = tempfile::NamedTempFile::new()?;
        let path = report.path().display().to_string();
        let arguments = ["toggle", "--bench", "microbit-v1", "--json", &path];
        let output = board.run(&arguments).output()?;
        let expected = format!("{scenarios} passed, 0 failed, 0 flaky, 0 infra");
        counts(&output, 0, &expected);
        let written = String::from_utf8_lossy(&output.stderr)
            .matches("flashed")
            .count();
        assert_eq!(
            written,
            flashed,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// The first scenario is longer than it takes to end the board.
fn a_probe_that_goes_in_the_middle_is_infra() -> Result<(), Failed> {
    let mut board = Board::start()?;
    let scenarios = ["lamp/auto-off/ten-minutes", "lamp/power", "--attempts", "1"];
    let arguments = [&scenarios[..], &["--bench", "microbit-v1"]].concat();
    let mut run = board.run(&arguments).spawn()?;
    let mut said = BufReader::new(run.stderr.take().ok_or("no output")?);
    let mut line = String::new();
    while !line.contains("flashed") {
        line.clear();
        assert_ne!(said.read_line(&mut line)?, 0, "it has flashed the board");
    }
    board.process.kill()?;
    let output = run.wait_with_output()?;
    counts(&output, 3, "0 passed, 0 failed, 0 flaky, 4 infra");
    assert!(
        told(&output).contains("the bench could not be recovered"),
        "{}",
        told(&output)
    );
    Ok(())
}

fn a_probe_that_does_not_answer_is_infra() -> Result<(), Failed> {
    let board = Board::start()?;
    let mut command = board.run(&["toggle/reset", "--bench", "microbit-v1"]);
    drop(board);
    let output = command.output()?;
    counts(&output, 3, "1 infra");
    assert!(
        told(&output).contains("cannot open the probe"),
        "{}",
        told(&output)
    );
    Ok(())
}

fn another_chip_is_infra() -> Result<(), Failed> {
    let board = Board::start()?;
    let arguments = ["toggle/reset", "--bench", "microbit-v2"];
    let output = board.run(&arguments).output()?;
    counts(&output, 3, "1 infra");
    let told = told(&output);
    assert!(told.contains("cannot attach to nRF52833_xxAA"), "{told}");
    Ok(())
}

/// This process has the probe, for longer than it is waited for.
fn a_probe_of_another_process_is_infra() -> Result<(), Failed> {
    let board = Board::start()?;
    let runtime = tempfile::tempdir()?;
    let owner = LockHolder {
        pid: std::process::id(),
        command: "somebody else".to_owned(),
        since: 0,
    };
    let locks = runtime.path().join("lockstep");
    let probe = board.selector.parse()?;
    let lock = ProbeLock::acquire(&locks, &probe, &owner, Duration::ZERO, &|| false)?;
    let mut command = board.run(&["toggle/reset", "--bench", "microbit-v1"]);
    let output = command.env("XDG_RUNTIME_DIR", runtime.path()).output()?;
    drop(lock);
    counts(&output, 3, "1 infra");
    let told = told(&output);
    assert!(told.contains("is in use by process"), "{told}");
    assert!(told.contains("somebody else"), "{told}");
    Ok(())
}

/// The wires of a bench whose buttons are pressed by pins that nothing else uses.
const JUMPERS: [&str; 4] = ["--jumper", "P0.20=P0.17", "--jumper", "P0.23=P0.26"];

/// What an attempt came to: its verdict, and why.
type Attempt = (String, String);

/// How a scenario on a bench with jumpers ended, and each attempt at it.
fn attempts(
    board: &Board,
    tolerance: u32,
    arguments: &[&str],
) -> Result<(Option<i32>, Vec<Attempt>), Failed> {
    let config = tempfile::tempdir()?;
    let benches = config.path().join("lockstep/benches");
    fs::create_dir_all(&benches)?;
    let bench = format!(
        "board = \"microbit-v1\"\nprobe = \"{}\"\ntolerance = {tolerance}\nmissing_capabilities = [\"outside\"]\n\
         [wiring]\n\"P0.17\" = \"P0.20\"\n\"P0.26\" = \"P0.23\"\n",
        board.selector
    );
    fs::write(benches.join("jumpered.toml"), bench)?;
    let report = config.path().join("report.jsonl");
    let output = hil(arguments)
        .args(["--bench", "jumpered", "--stimulus", "pins", "--json"])
        .arg(&report)
        .env("XDG_CONFIG_HOME", config.path())
        .output()?;
    let mut attempts = Vec::new();
    for line in fs::read_to_string(&report)?.lines() {
        let row: Value = serde_json::from_str(line)?;
        for attempt in row["attempts"].as_array().into_iter().flatten() {
            let text = |key: &str| attempt[key].as_str().unwrap_or_default().to_owned();
            attempts.push((text("verdict"), text("message")));
        }
    }
    Ok((output.status.code(), attempts))
}

/// What is said of presses that were not as they were to be.
const PRESSED_BADLY: [&str; 4] = [
    ": the bench allows",
    "inputs deviate from the script by more than",
    "this bench is not exact enough",
    "the run ended before the input pin due",
];

/// How far an input may be from its tick on a busy machine, in ticks: less than half the time between
/// two presses of the scenario, so that none can be taken for another.
const BUSY: u32 = 400;

/// Every press is seen within the tolerance at the first attempt, and the board does what the host
/// does with it: a button that is not pressed, or pressed for another, does not pass.
fn pins_of_the_board_press_its_buttons() -> Result<(), Failed> {
    let board = Board::with(&JUMPERS)?;
    let scenario = ["toggle/each-press-toggles", "--attempts", "1"];
    let (code, attempts) = attempts(&board, BUSY, &scenario)?;
    assert_eq!(attempts, [("pass".to_owned(), String::new())]);
    assert_eq!(code, Some(0));
    Ok(())
}

/// The board's clock goes as fast as it can, which is faster than any probe.
fn a_button_that_is_pressed_too_late_is_infra() -> Result<(), Failed> {
    let board = Board::with(&[&JUMPERS[..], &["--fast"]].concat())?;
    let scenario = ["toggle/each-press-toggles", "--attempts", "1"];
    let (code, attempts) = attempts(&board, 0, &scenario)?;
    assert_eq!(code, Some(3), "{attempts:?}");
    let [(verdict, message)] = attempts.as_slice() else {
        return Err(format!("one attempt was to be made: {attempts:?}").into());
    };
    assert_eq!(verdict, "infra");
    let is_late = PRESSED_BADLY.iter().any(|part| message.contains(part));
    assert!(is_late, "{message}");
    Ok(())
}

/// Only one of the two buttons has its wire, and it is not that of the scenario's.
fn a_jumper_that_is_not_there_is_infra() -> Result<(), Failed> {
    let board = Board::with(&["--fast", "--jumper", "P0.23=P0.26"])?;
    let scenario = ["toggle/reset", "--attempts", "1"];
    let (code, attempts) = attempts(&board, 50, &scenario)?;
    assert_eq!(code, Some(3), "{attempts:?}");
    let told = "pin P0.17 does not follow P0.20";
    let is_told = |(verdict, message): &Attempt| verdict == "infra" && message.contains(told);
    assert!(attempts.iter().all(is_told), "{attempts:?}");
    Ok(())
}
