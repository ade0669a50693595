//! The tools that images are built with: where they are, and the command that installs one.

pub mod doctor;
pub mod rust;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::{CommandSpec, StderrMode, StdoutMode, Supervisor, Termination};

/// What the environment of the process says about tools, and who runs them.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The folders of programs, as `PATH` lists them.
    pub path: OsString,
    /// Where cargo keeps the sources of dependencies, if that is known.
    pub cargo_home: Option<PathBuf>,
    /// The program that cargo runs as [`wrapper`](crate::wrapper) of the compiler.
    pub wrapper: Option<PathBuf>,
    /// The names of all variables that are set.
    pub variables: Vec<OsString>,
    /// When cargo uses color, if that was set: `always` or `never`.
    pub color: Option<&'static str>,
    /// Where cargo builds, if not where it does without being told.
    pub target_folder: Option<PathBuf>,
    /// Runs the tools, and ends them once the process is interrupted.
    pub supervisor: Supervisor,
}

impl Environment {
    /// The program of this name, if one of the folders has it.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        which::which_in_global(name, Some(&self.path)).ok()?.next()
    }

    /// What a program prints on standard output if it succeeds within the timeout.
    fn query(
        &self,
        program: &Path,
        arguments: &[&str],
        timeout: Duration,
    ) -> Result<String, Termination> {
        let output = self.supervisor.run(&CommandSpec {
            argv: [program.into()]
                .into_iter()
                .chain(arguments.iter().map(OsString::from))
                .collect(),
            timeout: Some(timeout),
            stdout: StdoutMode::Capture,
            stderr: StderrMode::Discard,
            ..CommandSpec::default()
        });
        match output.termination.is_success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(output.termination),
        }
    }
}

/// A tool that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingTool {
    /// What it is called.
    pub name: String,
    /// The command that installs it.
    pub install_command: String,
}

impl fmt::Display for MissingTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            install_command,
        } = self;
        write!(f, "{name} is missing: `{install_command}` installs it")
    }
}
