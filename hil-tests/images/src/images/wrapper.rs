//! Stands between cargo and the compiler, so that an image is the same from any folder.
//!
//! Cargo tells crates apart by the folder they are in, where that is outside the workspace,
//! as `firmware-core` is for the boards. The names of symbols, and with them the identity of
//! the image, would then depend on where the repository was cloned. So [`stable`] tells the
//! crates of the repository apart by their names instead, and takes the folder that cargo
//! gives build scripts out of the debug information.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Tells the process that it is the wrapper, and the folder of the repository.
pub const REPOSITORY: &str = "LOCKSTEP_WRAPS_RUSTC_FOR";

const NAME: &str = "CARGO_PKG_NAME";
const VERSION: &str = "CARGO_PKG_VERSION";

const METADATA: &str = "metadata=";

/// What cargo says in the environment about the crate it compiles.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The name and the version of its package.
    pub package: String,
    /// Where its build script writes, if it has one.
    pub out: Option<PathBuf>,
}

/// What stands for the folder that build scripts write to.
const OUT: &str = "/out";

/// The arguments for the compiler, without what depends on the folder of the repository.
#[must_use]
pub fn stable(
    arguments: impl IntoIterator<Item = OsString>,
    compiled: &Compiled,
    repository: &Path,
) -> Vec<OsString> {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    if !compiled.folder.starts_with(repository) {
        return arguments;
    }
    let of_crate = |argument: &OsString| {
        argument
            .to_str()
            .is_some_and(|text| text.starts_with(METADATA))
    };
    for argument in arguments.iter_mut().filter(|argument| of_crate(argument)) {
        *argument = format!("{METADATA}{}", compiled.package).into();
    }
    if let Some(out) = &compiled.out {
        let mut remap = OsString::from("--remap-path-prefix=");
        remap.push(out);
        remap.push(format!("={OUT}/{}", compiled.package));
        arguments.push(remap);
    }
    arguments
}

/// Runs the compiler for cargo, if cargo has started this process for that.
#[must_use]
pub fn run() -> Option<ExitCode> {
    let repository = env::var_os(REPOSITORY)?;
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next()?;
    let compiled = Compiled {
        folder: env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default().into(),
        package: [NAME, VERSION]
            .map(|name| env::var(name).unwrap_or_default())
            .join("-"),
        out: env::var_os("OUT_DIR").map(PathBuf::from),
    };
    let arguments = stable(arguments, &compiled, Path::new(&repository));
    Some(match replace(&rustc, &arguments) {
        Ok(code) => code,
        Err(error) => {
            let mut stderr = anstream::stderr();
            // With standard error gone there is nobody left to tell.
            let _ = io::Write::write_fmt(
                &mut stderr,
                format_args!("cannot run `{}`: {error}\n", rustc.display()),
            );
            ExitCode::from(3)
        }
    })
}

/// Becomes the compiler, which so keeps its place among the jobs of cargo.
#[cfg(unix)]
fn replace(rustc: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(Command::new(rustc)
        .args(arguments)
        .env_remove(REPOSITORY)
        .exec())
}

#[cfg(not(unix))]
fn replace(rustc: &OsStr, arguments: &[OsString]) -> io::Result<ExitCode> {
    let status = Command::new(rustc)
        .args(arguments)
        .env_remove(REPOSITORY)
        .status()?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(folder: &str, out: Option<&str>) -> Vec<OsString> {
        let compiled = Compiled {
            folder: folder.into(),
            package: "lamp".to_owned(),
            out: out.map(PathBuf::from),
        };
        let arguments = [
            "--crate-name",
            "lamp",
            "-C",
            "metadata=1f",
            "-C",
            "opt-level=3",
        ];
        stable(arguments.map(OsString::from), &compiled, Path::new("/here"))
    }

    #[test]
    fn a_crate_of_the_repository_is_told_apart_by_its_name() {
        assert_eq!(
            changed("/here/core", Some("/here/target/lamp-1f/out")),
            [
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
    fn a_crate_from_elsewhere_is_left_as_it_is() {
        assert_eq!(changed("/elsewhere/core", Some("/o"))[3], "metadata=1f");
        assert_eq!(changed("/elsewhere/core", Some("/o")).len(), 6);
    }
}
