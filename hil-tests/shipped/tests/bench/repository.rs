//! A repository of its own, with the boards and scenarios that ship.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;
use lockstep_engine::project::PROJECT_FILE;
use tempfile::TempDir;

/// Where the parts of a repository are, from its root.
const BOARDS: &str = "firmware-core/boards";
pub(crate) const BENCHES: &str = "fixtures/benches";
pub(crate) const SCENARIOS: &str = "fixtures/scenarios";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Ends with its folder.
pub(crate) struct Repository {
    folder: TempDir,
}

impl Repository {
    /// One without any bench.
    pub(crate) fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let root = fs::canonicalize(root())?;
        for kept in [BOARDS, SCENARIOS] {
            let path = folder.path().join(kept);
            fs::create_dir_all(path.parent().ok_or("no folder")?)?;
            symlink(root.join(kept), path)?;
        }
        fs::create_dir_all(folder.path().join(BENCHES))?;
        fs::copy(root.join(PROJECT_FILE), folder.path().join(PROJECT_FILE))?;
        Ok(Self { folder })
    }

    /// Where a file of the repository stands.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The binary in this repository, in an environment that says nothing.
    pub(crate) fn hil(&self, arguments: &[&str]) -> Command {
        hil(self.folder.path(), arguments)
    }
}

/// The binary, as somebody runs it who stands in this folder and has no settings.
pub(crate) fn hil(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hil"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// What was printed, if the command ended with this code.
pub(crate) fn ended(mut command: Command, code: i32) -> Result<(String, String), Failed> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    let (out, err) = (String::from_utf8(stdout)?, String::from_utf8(stderr)?);
    if status.code() == Some(code) {
        return Ok((out, err));
    }
    Err(format!("{status}, expected exit code {code}\n{out}{err}").into())
}
