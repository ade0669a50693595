//! Cargo and rustc, as a project has them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};
use thiserror::Error;

/// The first version of cargo that knows `host-tuple` as a target.
const HOST_TUPLE_SINCE: (u64, u64) = (1, 91);

/// The target that stands for whatever cargo runs on.
pub(crate) const HOST_TUPLE: &str = "host-tuple";

/// Cargo did not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum CargoError {
    /// It cannot be started, or ended with an error.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The command.
        command: String,
        /// What it said.
        reason: String,
    },
    /// A manifest cannot be used.
    #[error("cargo cannot read `{}`: {reason}", .manifest.display())]
    Manifest {
        /// The manifest.
        manifest: PathBuf,
        /// What cargo says.
        reason: String,
    },
}

/// Cargo in a folder: the toolchain file of that folder counts.
#[derive(Clone, Debug)]
pub(crate) struct Cargo {
    folder: PathBuf,
}

impl Cargo {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The command, to be given arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.program());
        command.current_dir(&self.folder);
        if self.has_own_toolchain() {
            // It names the toolchain of the folder in which this program was started.
            command.env_remove("RUSTUP_TOOLCHAIN");
        }
        command
    }

    fn program(&self) -> PathBuf {
        let given = env::var_os("CARGO").filter(|_| !self.has_own_toolchain());
        given.unwrap_or_else(|| "cargo".into()).into()
    }

    fn has_own_toolchain(&self) -> bool {
        let mut folders = self.folder.ancestors();
        folders
            .any(|it| it.join("rust-toolchain.toml").exists() || it.join("rust-toolchain").exists())
    }

    /// What the manifest, or the one that cargo finds, says of its workspace, without dependencies.
    pub(crate) fn metadata(&self, manifest: &Path) -> Result<Metadata, CargoError> {
        let mut query = MetadataCommand::new();
        query
            .cargo_path(self.program())
            .current_dir(&self.folder)
            .manifest_path(manifest)
            .no_deps();
        query.exec().map_err(|error| CargoError::Manifest {
            manifest: manifest.to_owned(),
            reason: match error {
                cargo_metadata::Error::CargoMetadata { stderr } => stderr.trim().to_owned(),
                error => error.to_string(),
            },
        })
    }

    /// Its version.
    pub(crate) fn version(&self) -> Result<String, CargoError> {
        let text = self.query(&["--version"])?;
        Ok(text.split(' ').nth(1).unwrap_or_default().trim().to_owned())
    }

    /// The target that builds for the host, as this cargo takes it.
    pub(crate) fn host_target(&self) -> Result<String, CargoError> {
        let text = self.query(&["-vV"])?;
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        let version = field("release").and_then(major_minor);
        if version.is_some_and(|version| version >= HOST_TUPLE_SINCE) {
            return Ok(HOST_TUPLE.to_owned());
        }
        match field("host") {
            Some(host) => Ok(host.to_owned()),
            None => Err(CargoError::Failed {
                command: "cargo -vV".to_owned(),
                reason: "it does not say what host it runs on".to_owned(),
            }),
        }
    }

    fn query(&self, arguments: &[&str]) -> Result<String, CargoError> {
        let refused = |reason: String| CargoError::Failed {
            command: format!("cargo {}", arguments.join(" ")),
            reason,
        };
        let output = self.command().args(arguments).output();
        let output = output.map_err(|error| refused(error.to_string()))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(refused(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            )),
        }
    }
}

/// Whether Lockstep builds with this version of Rust.
pub(crate) fn is_recent(version: &str) -> bool {
    let needed = major_minor(env!("CARGO_PKG_RUST_VERSION"));
    major_minor(version).is_some_and(|version| Some(version) >= needed)
}

fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
