//! A project outside of this workspace, `fixtures/own-board`: its image for a board of its own,
//! with pins of its own, is built and played on the virtual board.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../support/machine.rs"]
mod machine;
mod manifests;
mod play;
#[path = "../support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_core::protocol::Stimulus;
use lockstep_engine::panic_guard::PanicGuard;
use lockstep_engine::registry::AppEntry;
use lockstep_images::board::Board;
use lockstep_images::build::{Profile, build};
use lockstep_images::contract;
use logbook::Logbook;
use stairwell::Stairwell;

const TARGET: &str = "thumbv6m-none-eabi";

/// The project.
fn project() -> PathBuf {
    support::root().join("fixtures/own-board")
}

/// Its board.
fn board() -> Result<Board, Failed> {
    Ok(Board::read(&project().join("boards/hall-panel"))?)
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let builds = support::missing(TARGET);
    let plays = builds.clone().or_else(machine::missing);
    let git = match support::environment().program("git") {
        Some(_) => builds.clone(),
        None => Some("there is no `git`: `apt-get install git` adds it".to_owned()),
    };
    let mut trials =
        lockstep_goldens::trials(apps(), &project().join("scenarios"), PanicGuard::default());
    trials.extend([
        trial("image/keeps-its-contract", &builds, keeps_its_contract),
        trial(
            "image/a-misspelt-pin-is-named",
            &builds,
            manifests::a_misspelt_pin_is_named,
        ),
        trial(
            "manifests/resolve-as-git-dependencies",
            &git,
            manifests::resolve_as_git_dependencies,
        ),
        trial("virtual/rtt", &plays, || play::passes(Stimulus::Scheduled)),
        trial("virtual/pins", &plays, || play::passes(Stimulus::Pins)),
    ]);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Its apps: one that can be copied and printed, and one that can do neither.
fn apps() -> Vec<AppEntry> {
    vec![
        lockstep_engine::app!(Stairwell),
        lockstep_engine::app!(Logbook),
    ]
}

fn trial(
    name: &str,
    missing: &Option<String>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    support::trial(name.to_owned(), missing.clone(), test)
}

fn keeps_its_contract() -> Result<(), Failed> {
    let board = board()?;
    for profile in [Profile::Debug, Profile::Release] {
        for image in build(&support::environment(), &project(), &board, profile)? {
            let findings = contract::check(&image.read()?, &board, profile);
            assert!(findings.is_empty(), "{profile:?}: {findings:?}");
        }
    }
    Ok(())
}
