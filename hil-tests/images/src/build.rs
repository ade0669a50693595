//! How images are built.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cargo_metadata::{Message, MetadataCommand};
use thiserror::Error;

use crate::board::Board;
use crate::elf::{Elf, ElfError};
use crate::process::{StdoutMode, Termination};
use crate::toolchain::rust::RustToolchain;
use crate::toolchain::{Environment, MissingTool};
use crate::wrapper;

/// How much an image is optimised, and what it does when it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Prints the cause of a panic and halts, for the probe.
    Debug,
    /// Leaves a crash record and resets when it panics.
    Release,
}

/// An image that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name of its program.
    pub name: String,
    /// How it was built.
    pub profile: Profile,
    /// Its ELF file.
    pub path: PathBuf,
}

/// What folders of this machine are called in images, so that an image is the same from anywhere.
pub(crate) const PROJECT_ROOT: &str = "/lockstep";
const CARGO_HOME: &str = "/cargo";

/// The first Rust with `--remap-path-scope`.
const HAS_REMAP_SCOPE: &str = "1.95";

/// An image cannot be built or used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A tool is missing.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    MissingTools(Vec<MissingTool>),
    /// A path cannot be passed to the compiler.
    #[error("the path `{}` is not Unicode: expected one that the compiler can be given", .0.display())]
    NotUnicode(PathBuf),
    /// Cargo cannot be run, or its output cannot be read.
    #[error("cannot run cargo in `{}`", .folder.display())]
    Cargo {
        /// Where it was run.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Cargo has printed what is wrong.
    #[error("the images of `{0}` were not built: cargo printed the cause above")]
    Compile(String),
    /// Cargo failed before it compiled anything.
    #[error("cargo could not begin to build `{0}`: it printed the cause above")]
    NotStarted(String),
    /// The process was interrupted.
    #[error("interrupted while images were built")]
    Interrupted,
    /// The package has no program.
    #[error("`{0}` builds no image: expected a program in `src/bin`")]
    NoImage(String),
    /// The file of an image cannot be read.
    #[error("cannot read the image `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is no image.
    #[error("`{}` is not an image", .path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ElfError,
    },
}

impl Image {
    /// What is in it.
    ///
    /// # Errors
    ///
    /// That it cannot be read, or is no ELF file for Arm.
    pub fn read(&self) -> Result<Elf, BuildError> {
        Ok(self.load()?.1)
    }

    /// Its bytes, and what is in them.
    ///
    /// # Errors
    ///
    /// As for [`Image::read`].
    pub fn load(&self) -> Result<(Vec<u8>, Elf), BuildError> {
        let path = || self.path.clone();
        let bytes = fs::read(&self.path).map_err(|source| BuildError::Read {
            path: path(),
            source,
        })?;
        match Elf::parse(&bytes) {
            Ok(elf) => Ok((bytes, elf)),
            Err(source) => Err(BuildError::Elf {
                path: path(),
                source,
            }),
        }
    }
}

/// Builds all images of a board. Cargo shows its progress on standard error.
///
/// `root` is the folder of the project, empty for the current one: images do not depend on where
/// that is.
///
/// # Errors
///
/// What is missing, with the command that installs it, or that cargo failed.
pub fn build(
    environment: &Environment,
    root: &Path,
    board: &Board,
    profile: Profile,
) -> Result<Vec<Image>, BuildError> {
    build_programs(environment, root, board, profile, None)
}

/// Builds those images of a board whose names are selected: a board may have many, and each is linked
/// for itself. Those that are not there are left out.
///
/// # Errors
///
/// As for [`build`]; also where no image is selected.
pub fn build_selected(
    environment: &Environment,
    root: &Path,
    board: &Board,
    profile: Profile,
    is_selected: impl Fn(&str) -> bool,
) -> Result<Vec<Image>, BuildError> {
    build_programs(environment, root, board, profile, Some(&is_selected))
}

fn build_programs(
    environment: &Environment,
    root: &Path,
    board: &Board,
    profile: Profile,
    is_selected: Option<&dyn Fn(&str) -> bool>,
) -> Result<Vec<Image>, BuildError> {
    let toolchain =
        RustToolchain::find(environment, &board.target).map_err(BuildError::MissingTools)?;
    let workspace = board.workspace();
    let cargo_error = |source| BuildError::Cargo {
        folder: workspace.to_owned(),
        source,
    };
    let workspace = fs::canonicalize(workspace).map_err(cargo_error)?;
    let root = match root.as_os_str().is_empty() {
        true => Path::new("."),
        false => root,
    };
    let root = fs::canonicalize(root).map_err(cargo_error)?;
    // Boards outside the project depend on nothing in it.
    let root = match workspace.starts_with(&root) {
        true => root,
        false => workspace.clone(),
    };
    let mut cargo = toolchain.cargo(environment).current_dir(&workspace);
    cargo.stdout = StdoutMode::Capture;
    if let Some(wrapper) = &environment.wrapper {
        cargo.env.extend([
            ("RUSTC_WRAPPER".into(), Some(wrapper.clone().into())),
            (wrapper::ROOT.into(), Some(root.clone().into_os_string())),
        ]);
    }
    cargo.argv.extend(
        [
            "build",
            "--locked",
            "--package",
            &board.name,
            "--target",
            &board.target,
            "--message-format",
            "json-render-diagnostics",
            "--config",
            &path_remaps(environment, &toolchain, &root, &board.target)?,
        ]
        .map(OsString::from),
    );
    let selected = is_selected.and_then(|is_selected| {
        let mut programs = programs(&toolchain, &workspace, board)?;
        programs.retain(|name| is_selected(name));
        Some(programs)
    });
    match selected {
        Some(programs) if programs.is_empty() => {
            return Err(BuildError::NoImage(board.name.clone()));
        }
        Some(programs) => {
            let named = programs.into_iter();
            let named = named.flat_map(|name| ["--bin".into(), name.into()]);
            cargo.argv.extend(named);
        }
        None => cargo.argv.push("--bins".into()),
    }
    if profile == Profile::Release {
        cargo.argv.push("--release".into());
    }
    if toolchain.builds_core() {
        cargo
            .argv
            .extend(["-Zbuild-std=core", "--target-dir", "target/distribution"].map(Into::into));
    }
    let output = environment.supervisor.run(&cargo);
    let messages = Message::parse_stream(output.stdout.as_slice());
    match output.termination {
        Termination::Exited { code: 0, .. } => {}
        Termination::Exited { .. } => {
            // Without an end of the build the cause is not in the sources: it is a download, a
            // lock file or a manifest.
            let has_compiled = messages
                .map_while(Result::ok)
                .any(|message| matches!(message, Message::BuildFinished(_)));
            return Err(match has_compiled {
                true => BuildError::Compile(board.name.clone()),
                false => BuildError::NotStarted(board.name.clone()),
            });
        }
        Termination::Interrupted => return Err(BuildError::Interrupted),
        termination => {
            let cause = termination.cause().unwrap_or_default();
            return Err(cargo_error(io::Error::other(cause)));
        }
    }
    let mut images = Vec::new();
    for message in messages {
        if let Message::CompilerArtifact(artifact) = message.map_err(cargo_error)?
            && let Some(path) = artifact.executable
        {
            images.push(Image {
                name: artifact.target.name,
                profile,
                path: path.into(),
            });
        }
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    match images.is_empty() {
        true => Err(BuildError::NoImage(board.name.clone())),
        false => Ok(images),
    }
}

/// The names of the programs of a board; nothing where cargo cannot read the workspace, which it
/// explains when it builds there.
fn programs(toolchain: &RustToolchain, workspace: &Path, board: &Board) -> Option<Vec<String>> {
    let metadata = MetadataCommand::new()
        .cargo_path(toolchain.cargo_path())
        .current_dir(workspace)
        .no_deps()
        .exec()
        .ok()?;
    let packages = metadata.packages.iter();
    let targets = packages
        .filter(|package| *package.name == board.name)
        .flat_map(|package| &package.targets);
    let programs = targets.filter(|target| target.is_bin());
    Some(programs.map(|target| target.name.clone()).collect())
}

/// The setting that keeps folders of this machine out of images. As `--config` it is added to the
/// settings of the workspace; a variable would replace them.
fn path_remaps(
    environment: &Environment,
    toolchain: &RustToolchain,
    root: &Path,
    target: &str,
) -> Result<String, BuildError> {
    let rustc = toolchain.rustc();
    let mut folders = Vec::new();
    // The wrapper does it where there is one, so that the settings, and with them what is built of
    // dependencies, are the same for every project.
    if environment.wrapper.is_none() {
        folders.push((root.to_owned(), PROJECT_ROOT.to_owned()));
    }
    if let Some(home) = &environment.cargo_home {
        folders.push((home.clone(), CARGO_HOME.to_owned()));
    }
    if let Some(commit) = &rustc.commit {
        folders.push((rustc.source(), format!("/rustc/{commit}")));
    }
    let mut flags = Vec::new();
    for (from, to) in folders {
        let Some(shown) = from.to_str() else {
            return Err(BuildError::NotUnicode(from));
        };
        flags.push(toml::Value::from(format!(
            "--remap-path-prefix={shown}={to}"
        )));
    }
    if rustc.is_at_least(HAS_REMAP_SCOPE) {
        // Messages keep the names that editors can open.
        flags.push(toml::Value::from("--remap-path-scope=object"));
    }
    Ok(format!(
        "target.{target}.rustflags={}",
        toml::Value::from(flags)
    ))
}
