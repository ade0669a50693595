//! What is run, as data: nothing here starts anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::setup::Addition;
use lockstep_images::board::Board;
use lockstep_images::process::CommandSpec;
use lockstep_images::toolchain::doctor::Requirement;

/// The target that the core is built for without any board.
pub const CORE_TARGET: &str = "thumbv6m-none-eabi";

/// The bench that is always there.
const VIRTUAL: &str = "virtual";

/// Both ways to press a button.
const STIMULI: [&str; 2] = ["rtt", "pins"];

/// One thing that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is called in the summary.
    pub name: String,
    /// What is done.
    pub action: Action,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Something is added to the machine.
    Add(Box<Addition>),
    /// Something would have to be added, and there is nothing to do it with.
    Lack(Requirement),
    /// A program is run.
    Run(CommandSpec),
    /// Cargo is run with the Rust that builds for this target.
    Cross {
        /// The target.
        target: &'static str,
        /// What cargo is told.
        arguments: Vec<String>,
    },
    /// A program is run where Rust has this target itself, and left out where it has not.
    Target {
        /// The target.
        target: String,
        /// The program.
        call: CommandSpec,
    },
    /// The host plays every scenario.
    Host,
    /// A bench plays every scenario.
    Bench {
        /// The name of the world.
        world: String,
        /// The program, without the file of its report.
        call: CommandSpec,
    },
}

impl Action {
    /// The command of it, for people.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        match self {
            Self::Add(addition) => Some(addition.commands()),
            Self::Run(call) | Self::Target { call, .. } | Self::Bench { call, .. } => {
                Some(call.to_string())
            }
            Self::Cross { target, arguments } => {
                Some(format!("cargo {} --target {target}", arguments.join(" ")))
            }
            Self::Lack(_) | Self::Host => None,
        }
    }
}

fn step(name: impl Into<String>, action: Action) -> Step {
    Step {
        name: name.into(),
        action,
    }
}

/// What adds what is missing.
#[must_use]
pub fn setup(plan: &super::setup::Plan) -> Vec<Step> {
    let additions = plan.additions.iter().map(|addition| {
        let name = format!("setup: {}", addition.what.join(", "));
        step(name, Action::Add(Box::new(addition.clone())))
    });
    let beyond = plan.beyond.iter();
    let beyond =
        beyond.map(|need| step(format!("setup: {}", need.name), Action::Lack(need.clone())));
    additions.chain(beyond).collect()
}

/// Every check of the repository in a folder, in order; `hil` is the program of this library.
#[must_use]
pub fn checks(repository: &Path, hil: &Path, boards: &[Board]) -> Vec<Step> {
    let places = Places {
        repository: repository.to_owned(),
        boards: boards
            .first()
            .map_or(repository, |board| board.workspace())
            .to_owned(),
        hil: hil.as_os_str().to_owned(),
    };
    let mut steps = places.host();
    steps.extend(places.core());
    steps.extend(places.boards(boards));
    steps.extend(places.tests());
    steps.extend(places.worlds());
    steps
}

struct Places {
    repository: PathBuf,
    boards: PathBuf,
    hil: OsString,
}

impl Places {
    fn cargo(&self, arguments: &str) -> CommandSpec {
        let call = CommandSpec::new(["cargo"].into_iter().chain(arguments.split_whitespace()));
        call.current_dir(&self.repository)
    }

    fn cargo_of_boards(&self, arguments: &str) -> CommandSpec {
        self.cargo(arguments).current_dir(&self.boards)
    }

    fn hil(&self, arguments: &[&str]) -> CommandSpec {
        let words = [self.hil.clone()];
        let words = words.into_iter().chain(arguments.iter().map(Into::into));
        CommandSpec::new(words).current_dir(&self.repository)
    }

    fn host(&self) -> Vec<Step> {
        let lints = "clippy --locked --workspace --all-targets -- -D warnings";
        let pages = self.cargo("doc --locked --workspace --no-deps");
        vec![
            step("formatting", Action::Run(self.cargo("fmt --all --check"))),
            step(
                "formatting of the boards",
                Action::Run(self.cargo_of_boards("fmt --all --check")),
            ),
            step("lints", Action::Run(self.cargo(lints))),
            step(
                "documentation",
                Action::Run(pages.env("RUSTDOCFLAGS", Some("-D warnings"))),
            ),
        ]
    }

    fn core(&self) -> [Step; 2] {
        [
            ("lockstep-core", ""),
            ("lockstep-core with protocol", "protocol"),
        ]
        .map(|(name, features)| {
            let mut arguments = ["build", "--locked", "-p", "lockstep-core"]
                .map(String::from)
                .to_vec();
            if !features.is_empty() {
                arguments.extend(["--features", features].map(String::from));
            }
            let action = Action::Cross {
                target: CORE_TARGET,
                arguments,
            };
            step(name, action)
        })
    }

    fn boards(&self, boards: &[Board]) -> Vec<Step> {
        let lints = boards.iter().map(|board| {
            let Board { name, target, .. } = board;
            let lints = format!(
                "clippy --locked -p lockstep-board -p {name} --target {target} -- -D warnings"
            );
            let action = Action::Target {
                target: target.clone(),
                call: self.cargo_of_boards(&lints),
            };
            step(format!("lints of {name}"), action)
        });
        let mut steps: Vec<_> = lints.collect();
        steps.extend([
            step(
                "images and their contract",
                Action::Run(self.hil(&["build"])),
            ),
            step("size against budget", Action::Run(self.hil(&["size"]))),
        ]);
        steps
    }

    fn tests(&self) -> [Step; 1] {
        let tests = self.cargo("test --locked --workspace --no-fail-fast");
        // No setting of whoever runs this may let a golden pass that does not hold.
        let tests = tests
            .env("INSTA_FORCE_PASS", None)
            .env("INSTA_UPDATE", Some("no"))
            .env("LOCKSTEP_REQUIRE", Some(VIRTUAL))
            // The steps of the worlds play the scenarios, once each.
            .env("LOCKSTEP_SUITE", Some("verify"));
        [step("tests", Action::Run(tests))]
    }

    fn worlds(&self) -> Vec<Step> {
        let mut steps = vec![step("every scenario on the host", Action::Host)];
        steps.extend(STIMULI.map(|stimulus| {
            let call = self.hil(&["run", "--bench", VIRTUAL, "--stimulus", stimulus]);
            let world = format!("{VIRTUAL} {stimulus}");
            let name = format!("every scenario on the virtual board, {stimulus}");
            step(name, Action::Bench { world, call })
        }));
        steps
    }
}
