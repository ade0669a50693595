//! What a debug probe with an nRF51822 behind it must do, asked through probe-rs's public
//! descriptor alone: of a virtual board, or of a real one.
//!
//! `LOCKSTEP_CONFORMANCE_PROBE=VID:PID[:SERIAL]` names the probe of a real board, whose flash
//! is erased and written by this.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should stop there"
)]

mod breakpoints;
mod control;
mod flash;
#[path = "../support/machine.rs"]
mod machine;
mod memory;
#[path = "../support/programs.rs"]
mod programs;
mod registers;
#[path = "../support/stop_programs.rs"]
mod stop_programs;
mod target;
#[path = "../support/trial.rs"]
mod trial;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use target::{BoardUnderTest, Target};

type Test = fn(&Target) -> Result<(), Failed>;

/// Every item, by name.
const TESTS: [(&str, Test); 23] = [
    ("attach/chip-and-core", control::chip_and_core),
    ("attach/again-and-again", control::again_and_again),
    ("flash/erased-is-blank", flash::erased_is_blank),
    ("flash/from-blank", flash::from_blank),
    ("flash/over-another", flash::over_another),
    ("flash/verify-tells", flash::verify_tells),
    ("flash/erase-of-a-page", flash::erase_of_a_page),
    ("reset/runs-from-the-start", control::reset_runs),
    ("reset/halts-before-the-first", control::reset_halts),
    ("reset/is-caught", control::reset_is_caught),
    ("run/halt-and-go-on", control::halt_and_go_on),
    ("run/step", control::step),
    ("run/step-from-sleep", control::step_from_sleep),
    ("run/bkpt-halts", breakpoints::instruction_halts),
    ("run/hard-fault-is-caught", control::hard_fault_is_caught),
    ("breakpoints/four-read-back", breakpoints::four_read_back),
    ("breakpoints/each-stops", breakpoints::each_stops),
    ("breakpoints/cleared-no-more", breakpoints::cleared_no_more),
    ("registers/all-read-back", registers::all_read_back),
    ("registers/both-stacks", registers::both_stacks),
    ("memory/every-width", memory::every_width),
    ("memory/every-alignment", memory::every_alignment),
    ("memory/unmapped-faults", memory::unmapped_faults),
];

/// What only a virtual board can be asked, and why.
const VIRTUAL_ONLY: [(&str, Test, &str); 1] = [(
    "attach/a-second-client-is-refused",
    control::second_client_is_refused,
    "some real probes can be opened twice",
)];

/// What is shown elsewhere, and why not here.
const ELSEWHERE: [(&str, &str); 3] = [
    (
        "malformed requests",
        "probe-rs sends none: tests/virtual_board/faults.rs",
    ),
    (
        "a machine that dies",
        "a real board has none: tests/virtual_board/faults.rs",
    ),
    (
        "gdb",
        "served by probe-rs's own tool, which this does not have",
    ),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let reach = match BoardUnderTest::from_environment() {
        Ok(reach) => reach,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(2);
        }
    };
    if matches!(reach, BoardUnderTest::Real(_)) {
        arguments.test_threads = Some(1);
    }
    if !arguments.list {
        for (what, why) in ELSEWHERE {
            eprintln!("not here: {what}: {why}");
        }
    }
    let missing = match reach {
        BoardUnderTest::Virtual => machine::missing(),
        BoardUnderTest::Real(_) => None,
    };
    let trial = |name: &str, test: Test| {
        let reach = reach.clone();
        trial::trial(name.to_owned(), missing.clone(), move || {
            test(&reach.target()?)
        })
    };
    let mut trials: Vec<Trial> = TESTS.map(|(name, test)| trial(name, test)).into();
    trials.extend(VIRTUAL_ONLY.map(|(name, test, why)| match reach {
        BoardUnderTest::Virtual => trial(name, test),
        BoardUnderTest::Real(_) => trial::ignored(name, why),
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}
