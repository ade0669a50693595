//! Starts the programs of a project, from anywhere inside it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use lockstep_console::commands::COMMAND_VARIABLE;
use lockstep_engine::project::{Program, Project, ProjectError};
use thiserror::Error;

use crate::cargo::{Cargo, CargoError};
use crate::cargo_config::CargoConfig;
use crate::init::layout::{PASS_THROUGH, TEST};

/// A program of the project cannot be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum StartError {
    /// The project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The project has no such program.
    #[error("`{file}` does not say where the program `{}` is", .program.name())]
    NoProgram {
        /// The project file.
        file: String,
        /// The program.
        program: Program,
    },
    /// Cargo does not answer.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// The program cannot be started.
    #[error("cannot start cargo")]
    Start(#[source] io::Error),
}

impl StartError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Project(ProjectError::NotFound { .. }) => Some(
                "run it inside a project, or `cargo lockstep init` in the folder of a crate".to_owned(),
            ),
            Self::Project(error) => error.help().map(str::to_owned),
            Self::NoProgram { program: Program::HardwareSuite, .. } => Some(
                "`cargo lockstep add bench virtual` adds it, for a board that `cargo lockstep add board` \
                 has written; by hand it is `hil = \"FOLDER\"` below `[programs]`, with the folder of the \
                 package whose program `hil` calls `lockstep_hil_cli::main`"
                    .to_owned(),
            ),
            Self::NoProgram { .. } => Some(
                "`cargo lockstep init` adds it; by hand it is `sim = \"FOLDER\"` below `[programs]`, \
                 with the folder of the package whose program or example `sim` calls \
                 `lockstep_sim::cli::main`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// The package that holds a program of a project.
#[derive(Clone, Debug)]
pub(crate) struct ProgramPackage {
    program: Program,
    folder: PathBuf,
    root: PathBuf,
    /// The target of the host, where cargo is set to another.
    target: Option<String>,
    config: CargoConfig,
}

impl ProgramPackage {
    /// That of the project around the current folder.
    pub(crate) fn find(project: &Project, program: Program) -> Result<Self, StartError> {
        let folder = project.program(program)?;
        let folder = folder.ok_or_else(|| StartError::NoProgram {
            file: project.file().to_owned(),
            program,
        })?;
        Self::new(project.root(), &folder, program)
    }

    /// That of this folder.
    pub(crate) fn new(root: &Path, folder: &Path, program: Program) -> Result<Self, StartError> {
        let absolute = |path: &Path| path.canonicalize().map_err(StartError::Start);
        let root = absolute(if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        })?;
        let folder = absolute(folder)?;
        let config = CargoConfig::around(&root);
        let target = match config.target {
            Some(_) => Some(Cargo::in_folder(&root).host_target()?),
            None => None,
        };
        Ok(Self {
            program,
            folder,
            root,
            target,
            config,
        })
    }

    /// Runs the program, to be given arguments after `--`. It runs in the current folder.
    pub(crate) fn run(&self) -> Command {
        let name = self.program.name();
        let example = self.folder.join("examples").join(name).with_extension("rs");
        let mut command = self.cargo("run");
        let kind = if example.is_file() {
            "--example"
        } else {
            "--bin"
        };
        command.args([kind, name]);
        command.env(COMMAND_VARIABLE, format!("{PASS_THROUGH} {name}"));
        command
    }

    /// Runs the test that holds the goldens, to be given arguments after `--`.
    pub(crate) fn test(&self) -> Command {
        let mut command = self.cargo("test");
        command.args(["--test", TEST]);
        command
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Cargo::in_folder(&self.root).command();
        if let Ok(here) = std::env::current_dir() {
            // Paths among the arguments are those of whoever typed them.
            command.current_dir(here);
        }
        command
            .arg(subcommand)
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"));
        if let Some(target) = &self.target {
            command.args(["--target", target]);
        }
        if self.config.has_rustflags {
            // They are for the board.
            command.env("CARGO_ENCODED_RUSTFLAGS", "");
        }
        command
    }

    /// Waits for a command that this package gave.
    pub(crate) fn wait(&self, command: &mut Command) -> Result<ExitStatus, StartError> {
        command.status().map_err(StartError::Start)
    }
}
