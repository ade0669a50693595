//! Runs the real binary at the root of the repository.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use walkdir::WalkDir;

/// A scenario that passes, and its golden.
pub(crate) const GOOD: &str = "fixtures/scenarios/toggle/reset.scn";
pub(crate) const GOOD_GOLDEN: &str = "fixtures/scenarios/toggle/reset.snap";

/// Another one, of the lamp.
pub(crate) const LAMP: &str = "fixtures/scenarios/lamp/power/short-press-toggles.scn";

/// One that fails, and one that cannot be parsed.
pub(crate) const FAILING: &str = "fixtures/failing/level-now.scn";
pub(crate) const BROKEN: &str = "fixtures/broken/unknown-verb.scn";

/// Thirty days: nothing plays them in the time a test takes.
pub(crate) const FOREVER: &str = "app lamp\nwait 43200 min\n";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The binary, run at the root of the repository without environment variables about color.
pub(crate) fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sim"));
    command
        .args(arguments)
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .env_remove("CLICOLOR")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    command
}

/// The result of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

pub(crate) fn sim<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    command(arguments).output().unwrap().into()
}

/// Runs it with this on standard input.
pub(crate) fn sim_with<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Ended {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It need not read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

/// Every scenario that passes.
pub(crate) fn scenarios() -> Vec<PathBuf> {
    let found: Vec<_> = WalkDir::new(root().join("fixtures/scenarios"))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|found| found == "scn"))
        .collect();
    assert!(!found.is_empty());
    found
}

/// The trace of a golden: what is below its header.
pub(crate) fn golden(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let (_, body) = text.split_once("\n---\n").unwrap();
    body.to_owned()
}
