//! A project of somebody else on the virtual board: `init`, `add board` and `add bench`, and what they
//! have written is played.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "a test that meets the unexpected should stop there; it needs a part of what tests share"
)]

#[path = "../../../../hil-tests/shipped/tests/support/machine.rs"]
mod machine;
#[path = "../projects/support.rs"]
mod support;
#[path = "../../../../hil-tests/shipped/tests/support/trial.rs"]
mod trial;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed};
use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::rust::RustToolchain;

use support::{Project, fill_in_for_an_nrf51822, repository};

/// Set where this program stands for the one that `add bench` writes.
const IS_HIL: &str = "LOCKSTEP_TEST_IS_HIL";

/// The program that `add bench` writes for the project.
const HIL: &str = "\
//! The hardware suite of doorbell: `cargo hil run --bench virtual` plays the scenarios on a board.

fn main() -> std::process::ExitCode {
    lockstep_hil_cli::main(vec![lockstep_engine::app!(doorbell::Doorbell)])
}
";

/// What the host makes of the scenario that `init` writes.
const GOLDEN: &str = "\
---
source: goldens
---
lockstep trace 1: doorbell, tick 1 ms
       0  in   reset    ok
       0  out  chime    0
    1000  in   bell     press
    1000  log  visitor  rang
    1000  out  chime    1
    1100  in   bell     release
    1250  out  chime    0
    2100  end  lines    7
";

fn main() -> ExitCode {
    if env::var_os(IS_HIL).is_some() {
        return lockstep_hil_cli::main(vec![lockstep_engine::app!(doorbell::Doorbell)]);
    }
    let arguments = Arguments::from_args();
    let name = "a-project-plays-on-the-board-that-was-added".to_owned();
    let trials = vec![trial::trial(name, missing(), plays)];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Why nothing can be played here.
fn missing() -> Option<String> {
    let environment = Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        cargo_home: env::home_dir().map(|home| home.join(".cargo")),
        ..Environment::default()
    };
    let tools = RustToolchain::find(&environment, "thumbv6m-none-eabi").err();
    let tools = tools.map(|tools| {
        let tools: Vec<_> = tools.iter().map(ToString::to_string).collect();
        tools.join("; ")
    });
    tools.or_else(machine::missing)
}

fn plays() -> Result<(), Failed> {
    let project = Project::library("doorbell");
    let core = fs::read_to_string(repository().join("fixtures/strangers/doorbell.rs"))?;
    project.write("src/lib.rs", &core).lock("");
    project.lockstep(&["init", "--yes", "--no-build"]).holds();
    project.lock_as("firmware-core/boards", "boards/");
    // The image is built where it is played.
    project
        .lockstep(&["add", "board", "microbit-v1", "--yes", "--no-build"])
        .holds();
    project
        .lockstep(&["add", "bench", "virtual", "--yes"])
        .holds();
    assert_eq!(project.read("hil/src/main.rs"), HIL);
    lock_boards(&project);
    // Its manifest leads to crates that are there.
    project.lock_as("", "hil/");
    project
        .cargo(&["tree", "--manifest-path", "hil/Cargo.toml", "--depth", "1"])
        .holds()
        .says("lockstep-hil-cli v");

    let cargo = cargo(&project)?;
    let hil = |folder: &str, arguments: &[&str]| project.lockstep_by(&cargo, folder, arguments);
    // Without a golden, its message is how one is written here.
    let missing = hil("", &["hil", "run"]);
    assert_eq!(missing.code, 2, "{missing:?}");
    missing.says("`INSTA_UPDATE=always cargo test --test scenarios`");
    project.write("scenarios/power-up.snap", GOLDEN);
    // From a folder below, both ways.
    let played = hil("src", &["hil", "run", "--bench", "virtual"]).holds();
    played.says("2 passed, 0 failed");

    // A board with blanks runs once they are filled in.
    let add = ["add", "board", "mycard", "--blank", "--yes"];
    project.lockstep(&add).holds();
    fill_in_for_an_nrf51822(&project, "mycard");
    let emulated = "machine = \"microbit\"\nchip = ";
    project.replace("boards/mycard/board.toml", "chip = ", emulated);
    lock_boards(&project);
    let add = ["add", "bench", "emulated", "--board", "mycard", "--yes"];
    project.lockstep(&add).holds();
    let played = hil("", &["hil", "run", "--bench", "emulated"]).holds();
    played.says("2 passed, 0 failed");
    Ok(())
}

/// Takes the boards into their lock file.
fn lock_boards(project: &Project) {
    project
        .shell("cd boards && cargo update --workspace --quiet")
        .holds();
}

/// A cargo that runs this program in place of the one of the project, whose crates are in it already, and
/// is cargo otherwise.
fn cargo(project: &Project) -> Result<PathBuf, Failed> {
    let path = project.parent().join("cargo");
    let this = env::current_exe()?;
    let script = format!(
        "#!/bin/sh\n\
         case \"$*\" in\n\
         run*/hil/Cargo.toml\\ --bin\\ hil\\ --\\ *) ;;\n\
         *) exec '{}' \"$@\" ;;\n\
         esac\n\
         while [ \"$1\" != -- ]; do shift; done\n\
         shift\n\
         {IS_HIL}=1 exec '{}' \"$@\"\n",
        env!("CARGO"),
        this.display()
    );
    fs::write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}
