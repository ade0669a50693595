//! The steps of `cargo verify`. Nothing here starts a program.
//!
//! The checks of a repository are listed in its [`STEP_FILE`]:
//!
//! ```toml
//! [[step]]
//! name = "lints of boards"
//! run = "cargo clippy {boards} --target {target} -- -D warnings"
//! folder = "firmware-core/boards"
//! target = "thumbv6m-none-eabi"
//! ```
//!
//! `run` is a command, split at blanks; as its first word `hil` is this program. A step with `target` is
//! built by the Rust that has this target; where its command has `{target}`, it is skipped without one.
//! `{boards}` there is `-p NAME` for each board of this target: what boards have in common is then
//! built once for all of them. A step with `world` plays scenarios:
//! without `run`, on the host in this process. A program that runs longer than `minutes` is ended
//! ([`DEFAULT_MINUTES`] where it says none), so that a test that hangs is a failure with a name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use super::host;
use super::setup::{InstallPlan, Installation};
use lockstep_images::board::Board;
use lockstep_images::process::CommandSpec;
use lockstep_images::toolchain::doctor::Requirement;

/// The file of steps, from the root of the repository.
pub const STEP_FILE: &str = ".config/verify.toml";

/// How long a step may take where its file does not say it.
pub const DEFAULT_MINUTES: u64 = 30;

/// The word in a step file that stands for this program.
const HIL: &str = "hil";

/// What stands in a command for its target, and for the boards of that.
const TARGET: &str = "{target}";
const BOARDS: &str = "{boards}";

/// One thing that `cargo verify` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyStep {
    /// Its name in the summary.
    pub name: String,
    /// What it does.
    pub action: StepAction,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepAction {
    /// Installs missing tools.
    Install(Box<Installation>),
    /// Reports a missing tool that the user has to install.
    Manual(Requirement),
    /// Runs a program.
    Run(CommandSpec),
    /// Runs cargo with the Rust that builds for this target.
    CrossBuild {
        /// The target.
        target: String,
        /// Cargo and its arguments, without the target.
        call: CommandSpec,
    },
    /// Runs a program if Rust has this target, and skips it otherwise.
    IfTarget {
        /// The target.
        target: String,
        /// The program.
        call: CommandSpec,
    },
    /// Plays every scenario on the host.
    Host,
    /// Plays every scenario on a bench.
    Bench {
        /// The name of the world.
        world: String,
        /// The program, without the file of its report.
        call: CommandSpec,
    },
}

impl StepAction {
    /// The command, for people.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        match self {
            Self::Install(installation) => Some(installation.commands()),
            Self::Run(call) | Self::IfTarget { call, .. } | Self::Bench { call, .. } => {
                Some(call.to_string())
            }
            Self::CrossBuild { target, call } => Some(format!("{call} --target {target}")),
            Self::Manual(_) | Self::Host => None,
        }
    }
}

/// There are no steps.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StepFileError {
    /// The file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is malformed.
    #[error("`{}` is not a step file", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// A step has fields that exclude each other, or does nothing.
    #[error("`{}`: step `{name}`: {expected}", .path.display())]
    Step {
        /// The file.
        path: PathBuf,
        /// The name of the step.
        name: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// A step file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    #[serde(skip)]
    path: PathBuf,
    step: Vec<StepEntry>,
}

/// A step as the file has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StepEntry {
    name: String,
    run: Option<String>,
    folder: Option<PathBuf>,
    set: BTreeMap<String, String>,
    unset: Vec<String>,
    target: Option<String>,
    world: Option<String>,
    minutes: Option<u64>,
}

impl StepFile {
    /// Reads the step file of a repository.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is malformed.
    pub fn read(repository: &Path) -> Result<Self, StepFileError> {
        let path = repository.join(STEP_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(source) => Err(StepFileError::Io { path, source }),
        }
    }

    /// Parses a step file.
    ///
    /// # Errors
    ///
    /// It is malformed.
    pub fn parse(path: &Path, text: &str) -> Result<Self, StepFileError> {
        let mut file: Self = toml::from_str(text).map_err(|source| StepFileError::Format {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        path.clone_into(&mut file.path);
        for entry in &file.step {
            if let Some(expected) = entry.expected() {
                return Err(StepFileError::Step {
                    path: path.to_owned(),
                    name: entry.name.clone(),
                    expected,
                });
            }
        }
        Ok(file)
    }

    /// The targets that steps are built for, beyond those of the boards.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.step.iter().filter_map(|entry| entry.target.as_deref())
    }

    /// The steps of the repository in a folder; `hil` is the path of this program.
    #[must_use]
    pub fn steps(&self, repository: &Path, hil: &Path, boards: &[Board]) -> Vec<VerifyStep> {
        let steps = self.step.iter().map(|entry| VerifyStep {
            name: entry.name.clone(),
            action: entry.action(repository, hil, boards),
        });
        steps.collect()
    }
}

impl StepEntry {
    /// What the step lacks.
    fn expected(&self) -> Option<&'static str> {
        let is_host = self.world.as_deref() == Some(host::NAME);
        if self.name.is_empty() {
            return Some("expected a `name`");
        }
        if self.minutes == Some(0) {
            return Some("expected at least 1 in `minutes`");
        }
        match (&self.run, is_host) {
            (None, false) => return Some("expected a command in `run`"),
            (Some(_), true) => return Some("the world `host` has no `run`"),
            _ => {}
        }
        let is_two = self.target.is_some() && self.world.is_some();
        is_two.then_some("expected one of `target` and `world`, not both")
    }

    fn action(&self, repository: &Path, hil: &Path, boards: &[Board]) -> StepAction {
        let Some(call) = self.call(repository, hil, boards) else {
            return StepAction::Host;
        };
        let run = self.run.as_deref().unwrap_or_default();
        match (&self.world, &self.target) {
            (Some(world), _) => StepAction::Bench {
                world: world.clone(),
                call,
            },
            (None, Some(target)) if run.contains(TARGET) => StepAction::IfTarget {
                target: target.clone(),
                call,
            },
            (None, Some(target)) => StepAction::CrossBuild {
                target: target.clone(),
                call,
            },
            (None, None) => StepAction::Run(call),
        }
    }

    /// The command, with what stands for its target and the boards of that.
    fn filled(&self, boards: &[Board]) -> Option<String> {
        let run = self.run.clone()?;
        let Some(target) = &self.target else {
            return Some(run);
        };
        let boards = boards.iter().filter(|board| board.target == *target);
        let boards: Vec<_> = boards.map(|board| format!("-p {}", board.name)).collect();
        let run = run.replace(BOARDS, &boards.join(" "));
        Some(run.replace(TARGET, target))
    }

    fn call(&self, repository: &Path, hil: &Path, boards: &[Board]) -> Option<CommandSpec> {
        let run = self.filled(boards)?;
        let words = run.split_whitespace();
        let mut words: Vec<_> = words.map(OsString::from).collect();
        if let Some(program) = words.first_mut().filter(|program| *program == HIL) {
            hil.as_os_str().clone_into(program);
        }
        let folder = match &self.folder {
            Some(folder) => repository.join(folder),
            None => repository.to_owned(),
        };
        let unset = self.unset.iter();
        let minutes = self.minutes.unwrap_or(DEFAULT_MINUTES);
        let call = CommandSpec {
            timeout: Some(Duration::from_secs(minutes.saturating_mul(60))),
            ..CommandSpec::new(words).current_dir(folder)
        };
        let call = unset.fold(call, |call, name| call.env(name, None));
        let set = self.set.iter();
        Some(set.fold(call, |call, (name, value)| call.env(name, Some(value))))
    }
}

/// The steps that install missing tools.
#[must_use]
pub fn setup(plan: &InstallPlan) -> Vec<VerifyStep> {
    let installations = plan.installations.iter().map(|installation| VerifyStep {
        name: format!("setup: {}", installation.tools.join(", ")),
        action: StepAction::Install(Box::new(installation.clone())),
    });
    let manual = plan.manual.iter().map(|need| VerifyStep {
        name: format!("setup: {}", need.name),
        action: StepAction::Manual(need.clone()),
    });
    installations.chain(manual).collect()
}
