//! The images of all boards hold their contract, and a bent linker script is found out.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

mod bent;
mod broken;
#[path = "../support/copy.rs"]
mod copy;
mod reproducible;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_images::contract::{self, script};
use lockstep_images::images::board::{BOARDS, Board, BoardError, boards};
use lockstep_images::images::build::{Profile, build};
use lockstep_images::size::Usage;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let workspace = support::root().join(BOARDS);
    let boards = match boards(&workspace) {
        Ok(boards) => boards,
        Err(BoardError::Io { .. }) => {
            let reason = format!("there is no `{BOARDS}` in this checkout");
            return vec![support::trial("boards".to_owned(), Some(reason), || Ok(()))];
        }
        Err(error) => {
            let error = error.to_string();
            return vec![Trial::test("boards", || Err(error.into()))];
        }
    };
    let mut trials = Vec::new();
    // One board shows that the check bites, and that the build does not depend on its place.
    let Some(example) = boards.first().cloned() else {
        return vec![Trial::test("boards", || Err("there is no board".into()))];
    };
    let missing = support::missing(&example.target);
    trials.push(bent::trial(&example, missing.clone()));
    trials.push(broken::trial(&example, missing.clone()));
    trials.push(reproducible::trial(&example, missing));
    for board in boards {
        let missing = support::missing(&board.target);
        let scripted = board.clone();
        let name = format!("script/{}", board.name);
        trials.push(Trial::test(name, move || hold_script(&scripted)));
        for (profile, name) in [(Profile::Debug, "debug"), (Profile::Release, "release")] {
            let board = board.clone();
            let name = format!("contract/{}/{name}", board.name);
            trials.push(support::trial(name, missing.clone(), move || {
                hold(&board, profile)
            }));
        }
    }
    trials
}

/// The linker script promises what the chip has. Nothing is built for this.
fn hold_script(board: &Board) -> Result<(), Failed> {
    let script = fs::read_to_string(board.folder.join(script::SCRIPT))?;
    let findings = script::check(&script, board);
    assert!(findings.is_empty(), "{findings:?}");
    Ok(())
}

fn hold(board: &Board, profile: Profile) -> Result<(), Failed> {
    let workspace = support::root().join(BOARDS);
    let images = build(&support::environment(), &workspace, board, profile)?;
    let mut broken = Vec::new();
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
