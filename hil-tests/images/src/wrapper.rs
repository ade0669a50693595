//! A wrapper of the compiler, which cargo runs instead, so that an image is the same from any
//! folder.
//!
//! For a crate outside the workspace, cargo derives its metadata hash from its folder, and with it
//! the names of symbols and the build id of the image. [`stable_arguments`] derives it from the
//! name of the package instead, for crates in the project, and keeps the folder of the project and the
//! one that cargo gives build scripts out of the debug information. Cargo itself knows nothing of the
//! folder: with other settings it would build every dependency again for each copy of a project.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::iter;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::build::PROJECT_ROOT;

/// The variable that makes a process the wrapper; it holds the root of the project.
pub const ROOT: &str = "LOCKSTEP_WRAPS_RUSTC_FOR";

const METADATA: &str = "metadata=";

/// What the folder that build scripts write to is called in images.
const OUT_DIR: &str = "/out";

/// What cargo says in the environment about the crate that is compiled.
#[derive(Clone, Debug, Default)]
pub struct CrateContext {
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The name and the version of its package.
    pub package: String,
    /// Where its build script writes, if it has one.
    pub out_dir: Option<PathBuf>,
}

impl CrateContext {
    fn from_env() -> Self {
        Self {
            folder: env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default().into(),
            package: ["CARGO_PKG_NAME", "CARGO_PKG_VERSION"]
                .map(|name| env::var(name).unwrap_or_default())
                .join("-"),
            out_dir: env::var_os("OUT_DIR").map(PathBuf::from),
        }
    }
}

/// The arguments for the compiler, without what depends on the folder of the project.
#[must_use]
pub fn stable_arguments(
    arguments: impl IntoIterator<Item = OsString>,
    context: &CrateContext,
    root: &Path,
) -> Vec<OsString> {
    // First, since a later one wins: the folder of cargo may be in that of the project.
    let mut remap = OsString::from("--remap-path-prefix=");
    remap.push(root);
    remap.push(format!("={PROJECT_ROOT}"));
    let mut arguments: Vec<_> = iter::once(remap).chain(arguments).collect();
    if !context.folder.starts_with(root) {
        return arguments;
    }
    let is_metadata = |argument: &OsString| {
        argument
            .to_str()
            .is_some_and(|text| text.starts_with(METADATA))
    };
    for argument in arguments
        .iter_mut()
        .filter(|argument| is_metadata(argument))
    {
        *argument = format!("{METADATA}{}", context.package).into();
    }
    if let Some(out_dir) = &context.out_dir {
        let mut remap = OsString::from("--remap-path-prefix=");
        remap.push(out_dir);
        remap.push(format!("={OUT_DIR}/{}", context.package));
        arguments.push(remap);
    }
    arguments
}

/// Runs the compiler for cargo, if cargo has started this process as its wrapper.
#[must_use]
pub fn run() -> Option<ExitCode> {
    let root = env::var_os(ROOT)?;
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next()?;
    let arguments = stable_arguments(arguments, &CrateContext::from_env(), Path::new(&root));
    let error = replace_process(&rustc, &arguments);
    // Where standard error is closed nobody reads it.
    let _ = writeln!(
        anstream::stderr(),
        "cannot run `{}`: {error}",
        rustc.display()
    );
    Some(ExitCode::from(3))
}

/// Becomes the compiler, which so keeps its job slot from cargo. Only an error comes back.
fn replace_process(rustc: &OsStr, arguments: &[OsString]) -> io::Error {
    Command::new(rustc).args(arguments).env_remove(ROOT).exec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_for(folder: &str, out_dir: Option<&str>) -> Vec<OsString> {
        let context = CrateContext {
            folder: folder.into(),
            package: "lamp".to_owned(),
            out_dir: out_dir.map(PathBuf::from),
        };
        let arguments = [
            "--crate-name",
            "lamp",
            "-C",
            "metadata=1f",
            "-C",
            "opt-level=3",
        ];
        stable_arguments(arguments.map(OsString::from), &context, Path::new("/here"))
    }

    #[test]
    fn the_metadata_of_a_crate_of_the_project_comes_from_its_package() {
        assert_eq!(
            arguments_for("/here/core", Some("/here/target/lamp-1f/out")),
            [
                "--remap-path-prefix=/here=/lockstep",
                "--crate-name",
                "lamp",
                "-C",
                "metadata=lamp",
                "-C",
                "opt-level=3",
                "--remap-path-prefix=/here/target/lamp-1f/out=/out/lamp",
            ]
        );
    }

    #[test]
    fn a_crate_from_elsewhere_is_compiled_as_cargo_says() {
        let arguments = arguments_for("/elsewhere/core", Some("/o"));
        assert_eq!(arguments[0], "--remap-path-prefix=/here=/lockstep");
        assert_eq!(arguments[4], "metadata=1f");
        assert_eq!(arguments.len(), 7);
    }
}
