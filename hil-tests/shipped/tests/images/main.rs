//! The images of all boards keep their contract, and a wrong linker script is found.

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
use lockstep_engine::project::Project;
use lockstep_images::board::{Board, boards};
use lockstep_images::build::{Profile, build};
use lockstep_images::contract::{self, linker_script};
use lockstep_images::size::MemoryUsage;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    libtest_mimic::run(&arguments, trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let project = Project::read(&support::root()).unwrap();
    let boards = boards(&project.boards().unwrap()).unwrap();
    let mut trials = Vec::new();
    // One board shows that the check bites, and that the build does not depend on its folder.
    let example = boards.first().unwrap().clone();
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

/// The linker script declares memory that the chip has. Nothing is built for this.
fn hold_script(board: &Board) -> Result<(), Failed> {
    let script = fs::read_to_string(board.folder.join(linker_script::LINKER_SCRIPT))?;
    let violations = linker_script::check(&script, board);
    assert!(violations.is_empty(), "{violations:?}");
    Ok(())
}

fn hold(board: &Board, profile: Profile) -> Result<(), Failed> {
    let images = build(&support::environment(), &support::root(), board, profile)?;
    let mut broken = Vec::new();
    for image in images {
        let elf = image.read()?;
        let MemoryUsage { flash, ram } = MemoryUsage::of(&elf, board);
        let (flash_budget, ram_budget) = (board.budget.flash, board.budget.ram);
        println!(
            "{}, {profile:?}: {flash} B of flash, {ram} B of RAM; \
             the budget of release images is {flash_budget} B and {ram_budget} B",
            image.name
        );
        for violation in contract::check(&elf, board, profile) {
            broken.push(format!("{}: {violation}", image.name));
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(broken.join("\n").into()),
    }
}
