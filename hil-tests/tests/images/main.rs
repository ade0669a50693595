//! The images of all boards hold their contract, and a bent linker script is found out.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod bent;
mod copy;
mod reproducible;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::process::ExitCode;

use hil_tests::contract::{self, script};
use hil_tests::images::board::{BOARDS, Board, boards};
use hil_tests::images::build::{Profile, build};
use hil_tests::size::Usage;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let workspace = support::root().join(BOARDS);
    let boards = match boards(&workspace) {
        Ok(boards) => boards,
        Err(error) => {
            let error = error.to_string();
            return vec![Trial::test("boards", || Err(error.into()))];
        }
    };
    let mut trials = Vec::new();
    for board in boards {
        let missing = support::missing(&board.target);
        for (profile, name) in [(Profile::Debug, "debug"), (Profile::Release, "release")] {
            let board = board.clone();
            let name = format!("contract/{}/{name}", board.name);
            trials.push(support::trial(name, missing.clone(), move || {
                hold(&board, profile)
            }));
        }
        // One board shows that the check bites, and that the build does not depend on its place.
        if board.name == "microbit-v1" {
            trials.extend(bent::trials(&board, missing.as_ref()));
            trials.push(reproducible::trial(&board, missing));
        }
    }
    trials
}

fn hold(board: &Board, profile: Profile) -> Result<(), Failed> {
    let workspace = support::root().join(BOARDS);
    let images = build(&support::surroundings(), &workspace, board, profile)?;
    let script = fs::read_to_string(board.folder.join(script::SCRIPT))?;
    let mut broken = Vec::new();
    for finding in script::check(&script, board) {
        broken.push(finding.to_string());
    }
    for image in images {
        let elf = image.read()?;
        let Usage { flash, ram } = Usage::of(&elf, board);
        let (flash_budget, ram_budget) = (board.budget.flash, board.budget.ram);
        println!(
            "{}, {profile:?}: {flash} B of flash, {ram} B of RAM; \
             the budget of release images is {flash_budget} B and {ram_budget} B",
            image.name
        );
        for finding in contract::check(&elf, board, profile) {
            broken.push(format!("{}: {finding}", image.name));
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(broken.join("\n").into()),
    }
}
