//! Projects outside of this workspace: their images for boards of their own, with pins of their own, are
//! built and played on the virtual board. `fixtures/own-board` has apps, `fixtures/embassy-board` the
//! Embassy firmware of `fixtures/embassy`.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected should stop there"
)]

#[path = "../support/machine.rs"]
mod machine;
mod manifests;
#[path = "../support/neighbour.rs"]
mod neighbour;
mod play;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use climate::Climate;
use doorbell::Doorbell;
use libtest_mimic::{Arguments, Failed, Trial};
use lockstep_core::protocol::Stimulus;
use lockstep_core::time::RunTicks;
use lockstep_embassy::EmbassyApp;
use lockstep_engine::panic_guard::PanicGuard;
use lockstep_engine::registry::{AppEntry, Registry};
use lockstep_images::board::Board;
use lockstep_images::build::{Profile, build};
use lockstep_images::contract;
use lockstep_isolation::{Settings, isolate};
use logbook::Logbook;
use stairs::Stairs;
use stairwell::Stairwell;

const TARGET: &str = "thumbv6m-none-eabi";

/// That of the board with a HAL of Embassy.
const HAL_TARGET: &str = "thumbv7em-none-eabihf";

/// The project.
fn project() -> PathBuf {
    support::root().join("fixtures/own-board")
}

/// The project with Embassy firmware.
fn embassy_project() -> PathBuf {
    support::root().join("fixtures/embassy-board")
}

/// The board of the first.
fn board() -> Result<Board, Failed> {
    Ok(Board::read(&project().join("boards/hall-panel"))?)
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Before the runner of the tests starts threads.
    let firmware = embassy_firmware();
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
            "image/embassy-keeps-its-contract",
            &builds,
            embassy_keeps_its_contract,
        ),
        trial(
            "image/embassy-nrf-keeps-its-contract",
            &support::missing(HAL_TARGET),
            embassy_nrf_keeps_its_contract,
        ),
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
    ]);
    for (name, stimulus) in [("rtt", Stimulus::Scheduled), ("pins", Stimulus::Pins)] {
        let virtual_trial = format!("virtual/{name}");
        trials.push(trial(&virtual_trial, &plays, move || {
            let registry = Registry::new(apps())?;
            play::passes(&project(), "virtual", &registry, stimulus, RunTicks::MAX)
        }));
        // While an executor of its own has nothing to do, the emulator has: it does not sleep at WFE.
        for (kind, bench, longest) in [
            ("embassy", "virtual", RunTicks::MAX),
            ("embassy-own-hal", "own-hal", RunTicks(20_000)),
        ] {
            let missing = plays.clone().or_else(|| firmware.clone().err());
            let firmware = firmware.clone();
            trials.push(trial(&format!("{kind}/{name}"), &missing, move || {
                play::passes(&embassy_project(), bench, &firmware?, stimulus, longest)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Its apps: one that can be copied and printed, and one that can do neither.
fn apps() -> Vec<AppEntry> {
    vec![
        lockstep_engine::app!(Stairwell),
        lockstep_engine::app!(Logbook),
    ]
}

/// The Embassy firmware as the host takes it, each run in a process of its own.
fn embassy_firmware() -> Result<Registry, String> {
    let registry = Registry::new(vec![
        lockstep_engine::app!(EmbassyApp<Climate>),
        lockstep_engine::app!(EmbassyApp<Doorbell>),
        lockstep_engine::app!(EmbassyApp<Stairs>),
    ]);
    let registry = registry.map_err(|error| error.to_string())?;
    isolate(&registry, &Settings::default()).map_err(|error| error.to_string())
}

fn trial(
    name: &str,
    missing: &Option<String>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    support::trial(name.to_owned(), missing.clone(), test)
}

fn keeps_its_contract() -> Result<(), Failed> {
    let profiles = [Profile::Debug, Profile::Release];
    keep_their_contract(&project(), &board()?, &profiles)
}

/// Those that the runtime starts, and the one that keeps its own executor and pins.
fn embassy_keeps_its_contract() -> Result<(), Failed> {
    let project = embassy_project();
    for board in ["stairs-panel", "stairs-hal"] {
        let board = Board::read(&project.join("boards").join(board))?;
        keep_their_contract(&project, &board, &[Profile::Release])?;
    }
    Ok(())
}

/// The one with a HAL of Embassy, which no emulator here can run.
fn embassy_nrf_keeps_its_contract() -> Result<(), Failed> {
    let project = embassy_project();
    let board = Board::read(&project.join("boards/stairs-nrf"))?;
    keep_their_contract(&project, &board, &[Profile::Release])
}

fn keep_their_contract(project: &Path, board: &Board, profiles: &[Profile]) -> Result<(), Failed> {
    for profile in profiles {
        for image in build(&neighbour::environment(), project, board, *profile)? {
            let findings = contract::check(&image.read()?, board, *profile);
            assert!(findings.is_empty(), "{profile:?}: {findings:?}");
        }
    }
    Ok(())
}
