//! How images are built.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::board::{BOARDS, Board};
use super::elf::{Elf, ElfError};
use super::wrapper;
use crate::process::{self, Ended};
use crate::toolchain::rust::Rust;
use crate::toolchain::{Environment, Missing};

/// How much an image is optimised, and what it does when it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Says why and stays where it is, for the probe, when it panics.
    Debug,
    /// Leaves an crash_record and resets when it panics.
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

/// What stands for folders of this machine in images, so that they are the same from anywhere.
pub(super) const REPOSITORY: &str = "/lockstep";
const DEPENDENCIES: &str = "/cargo";

/// The first Rust that can be told where to remap names of folders.
const SCOPES_REMAPS: &str = "1.95";

/// There is no image.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A tool is missing.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Missing(Vec<Missing>),
    /// A folder of this machine cannot be named to the compiler.
    #[error("`{}` is no Unicode: expected a folder that can be named to the compiler", .0.display())]
    Folder(PathBuf),
    /// Cargo cannot be run, or not be listened to.
    #[error("cannot run cargo in `{}`: {error}", .folder.display())]
    Run {
        /// Where.
        folder: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Cargo has said what is wrong.
    #[error("the images of `{0}` were not built: cargo says why, above")]
    Failed(String),
    /// Cargo has not come as far as compiling.
    #[error("cargo could not begin to build `{0}`: it says why, above")]
    NotBegun(String),
    /// Somebody interrupted it.
    #[error("interrupted while images were built")]
    Interrupted,
    /// The package has no program.
    #[error("`{0}` builds no image: expected a program in `src/bin`")]
    None(String),
    /// The file that was built cannot be read.
    #[error("cannot read the image `{}`: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file that was built is no image.
    #[error("`{}` is no image: {error}", .path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ElfError,
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
        let bytes = fs::read(&self.path).map_err(|error| BuildError::Read {
            path: path(),
            error,
        })?;
        match Elf::parse(&bytes) {
            Ok(elf) => Ok((bytes, elf)),
            Err(error) => Err(BuildError::Elf {
                path: path(),
                error,
            }),
        }
    }
}

/// What cargo says about each thing it has built.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Builds all images of a board. Cargo tells its progress on standard error.
///
/// # Errors
///
/// What is missing, with the command that adds it, or that cargo failed.
pub fn build(
    environment: &Environment,
    workspace: &Path,
    board: &Board,
    profile: Profile,
) -> Result<Vec<Image>, BuildError> {
    let rust = Rust::find(environment, &board.target).map_err(BuildError::Missing)?;
    let unrunnable = |error| BuildError::Run {
        folder: workspace.to_owned(),
        error,
    };
    let workspace = fs::canonicalize(workspace).map_err(unrunnable)?;
    let is_of_repository = workspace.ends_with(BOARDS);
    let repository = workspace.ancestors().nth(2).filter(|_| is_of_repository);
    let repository = repository.unwrap_or(&workspace);
    let mut call = rust.cargo(environment).in_folder(&workspace);
    call.keeps_output = true;
    if let Some(wrapper) = &environment.wrapper {
        let repository = repository.to_owned().into_os_string();
        call.variables.extend([
            ("RUSTC_WRAPPER".into(), Some(wrapper.clone().into())),
            (wrapper::REPOSITORY.into(), Some(repository)),
        ]);
    }
    call.words.extend(
        [
            "build",
            "--locked",
            "--bins",
            "--package",
            &board.name,
            "--target",
            &board.target,
            "--message-format",
            "json-render-diagnostics",
            "--config",
            &remaps(environment, &rust, repository, &board.target)?,
        ]
        .map(OsString::from),
    );
    if profile == Profile::Release {
        call.words.push("--release".into());
    }
    if rust.builds_core() {
        call.words
            .extend(["-Zbuild-std=core", "--target-dir", "target/distribution"].map(Into::into));
    }
    let outcome = process::run(&call, &environment.interrupted);
    match outcome.ended {
        Ended::Exit(0, _) => {}
        Ended::Exit(..) if !has_begun(&outcome.output) => {
            return Err(BuildError::NotBegun(board.name.clone()));
        }
        Ended::Exit(..) => return Err(BuildError::Failed(board.name.clone())),
        Ended::Interrupted => return Err(BuildError::Interrupted),
        ended => {
            let cause = ended.cause().unwrap_or_default();
            return Err(unrunnable(io::Error::other(cause)));
        }
    }
    let messages = serde_json::Deserializer::from_slice(&outcome.output);
    let mut images = Vec::new();
    for message in messages.into_iter::<Message>() {
        let message = message.map_err(|error| unrunnable(error.into()))?;
        if let ("compiler-artifact", Some(target), Some(path)) =
            (message.reason.as_str(), message.target, message.executable)
        {
            let name = target.name;
            images.push(Image {
                name,
                profile,
                path,
            });
        }
    }
    images.sort_by(|a, b| a.name.cmp(&b.name));
    match images.is_empty() {
        true => Err(BuildError::None(board.name.clone())),
        false => Ok(images),
    }
}

/// Whether cargo has compiled anything: without that a failure is none of the sources, but of a
/// download, a lock file or a manifest.
fn has_begun(output: &[u8]) -> bool {
    let messages = serde_json::Deserializer::from_slice(output);
    let mut messages = messages.into_iter::<Message>().map_while(Result::ok);
    messages.any(|message| message.reason == "build-finished")
}

/// The setting that keeps folders of this machine out of images. It joins those of the
/// workspace, where the environment would replace them.
fn remaps(
    environment: &Environment,
    rust: &Rust,
    repository: &Path,
    target: &str,
) -> Result<String, BuildError> {
    let mut folders = vec![(repository.to_owned(), REPOSITORY.to_owned())];
    if let Some(home) = &environment.cargo_home {
        folders.push((home.clone(), DEPENDENCIES.to_owned()));
    }
    if let Some(commit) = &rust.rustc().commit {
        folders.push((rust.rustc().source(), format!("/rustc/{commit}")));
    }
    let mut flags = Vec::new();
    for (from, to) in folders {
        let Some(shown) = from.to_str() else {
            return Err(BuildError::Folder(from));
        };
        flags.push(toml::Value::from(format!(
            "--remap-path-prefix={shown}={to}"
        )));
    }
    if rust.rustc().is_at_least(SCOPES_REMAPS) {
        // Messages keep the names that editors can open.
        flags.push(toml::Value::from("--remap-path-scope=object"));
    }
    Ok(format!(
        "target.{target}.rustflags={}",
        toml::Value::from(flags)
    ))
}
