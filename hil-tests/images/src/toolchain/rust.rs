//! Which Rust builds images: one with their target, or a distribution's with the source of `core`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Environment, MissingTool};
use crate::process::CommandSpec;

/// The linker that puts the stack below everything else.
pub const FLIP_LINK: &str = "flip-link";

/// The command that installs [`FLIP_LINK`].
pub const INSTALL_FLIP_LINK: &str = "cargo install flip-link --locked";

/// The command that installs rustup, as <https://rustup.rs> has it.
pub const INSTALL_RUSTUP: &str = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

/// The command that updates the toolchains of rustup.
pub const UPDATE_RUST: &str = "rustup update";

/// The oldest Rust that builds images.
pub const MINIMUM_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// The linker of distributions.
const DISTRIBUTION_LINKER: &str = "ld.lld";

/// Where distributions install their Rust.
pub(super) const DISTRIBUTION: &str = "/usr/bin";

/// How long a compiler may take to describe itself: rustup may install it first.
pub(super) const RUST_QUERY_TIMEOUT: Duration = Duration::from_secs(120);

/// A Rust toolchain that can build images for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustToolchain {
    cargo: PathBuf,
    rustc: Rustc,
    builds_core: bool,
}

/// A compiler, and what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rustc {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, without its name.
    pub version: String,
    /// The commit it was built from, if it says so.
    pub commit: Option<String>,
    /// The triple of the machine it runs on.
    pub host: String,
    /// Its folder of libraries and tools.
    pub sysroot: PathBuf,
}

impl Rustc {
    /// The compiler in `PATH`.
    #[must_use]
    pub fn in_path(environment: &Environment) -> Option<Self> {
        Self::query(environment, &environment.program("rustc")?)
    }

    /// Asks a compiler about itself.
    #[must_use]
    pub fn query(environment: &Environment, path: &Path) -> Option<Self> {
        let query = |arguments: &[&str]| {
            let output = environment.query(path, arguments, RUST_QUERY_TIMEOUT);
            output.ok()
        };
        let verbose = query(&["-vV"])?;
        let field = |key: &str| verbose.lines().find_map(|line| line.strip_prefix(key));
        let is_known = |value: &&str| *value != "unknown";
        Some(Self {
            path: path.to_owned(),
            version: field("release: ")?.to_owned(),
            commit: field("commit-hash: ").filter(is_known).map(str::to_owned),
            host: field("host: ")?.to_owned(),
            sysroot: query(&["--print", "sysroot"])?.trim().into(),
        })
    }

    /// Whether it has `core` for this target.
    #[must_use]
    pub fn has_target(&self, target: &str) -> bool {
        self.sysroot
            .join("lib/rustlib")
            .join(target)
            .join("lib")
            .is_dir()
    }

    /// Whether it is [`MINIMUM_RUST`] or newer.
    #[must_use]
    pub fn is_new_enough(&self) -> bool {
        self.is_at_least(MINIMUM_RUST)
    }

    /// Whether it is this version or newer.
    #[must_use]
    pub fn is_at_least(&self, version: &str) -> bool {
        major_minor(&self.version) >= major_minor(version)
    }

    /// Whether it has the source of `core`.
    #[must_use]
    pub fn has_source(&self) -> bool {
        self.source().join("library/core").is_dir()
    }

    /// Where the source of `core` is, if it is installed.
    #[must_use]
    pub fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}

/// The first two numbers of a version. Versions of tools are no semantic versions: they lack the
/// third number, or have a fourth.
pub(super) fn major_minor(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The command that adds a target to Rust.
#[must_use]
pub fn add_target(target: &str) -> String {
    format!("rustup target add {target}")
}

impl RustToolchain {
    /// The toolchain that builds for this target, if its linker is there too.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn find(environment: &Environment, target: &str) -> Result<Self, Vec<MissingTool>> {
        let toolchain = Self::with_target(environment, target)
            .or_else(|| Self::of_distribution(environment, Path::new(DISTRIBUTION)));
        let mut missing = Vec::new();
        if toolchain.is_none() {
            missing.push(Self::missing(environment, target));
        }
        if environment.program(FLIP_LINK).is_none() {
            missing.push(MissingTool {
                name: FLIP_LINK.to_owned(),
                install_command: INSTALL_FLIP_LINK.to_owned(),
            });
        }
        match toolchain {
            Some(toolchain) if missing.is_empty() => Ok(toolchain),
            _ => Err(missing),
        }
    }

    /// What keeps the Rust in `PATH` from building for this target.
    fn missing(environment: &Environment, target: &str) -> MissingTool {
        let is_absent = |name: &&&str| environment.program(name).is_none();
        let add_target = add_target(target);
        if let Some(name) = ["rustc", "cargo", "rustup"].iter().find(is_absent) {
            return MissingTool {
                name: (*name).to_owned(),
                install_command: format!("{INSTALL_RUSTUP}; {add_target}"),
            };
        }
        match Rustc::in_path(environment) {
            Some(rustc) if !rustc.is_new_enough() => MissingTool {
                name: format!("Rust {MINIMUM_RUST} (there is {})", rustc.version),
                install_command: format!("{UPDATE_RUST}; {add_target}"),
            },
            _ => MissingTool {
                name: format!("a Rust that builds for {target}"),
                install_command: add_target,
            },
        }
    }

    fn with_target(environment: &Environment, target: &str) -> Option<Self> {
        let rustc = Rustc::in_path(environment)?;
        (rustc.has_target(target) && rustc.is_new_enough()).then_some(())?;
        Some(Self {
            cargo: environment.program("cargo")?,
            rustc,
            builds_core: false,
        })
    }

    /// One without targets, but with the source of `core` and a linker of its own.
    pub(super) fn of_distribution(environment: &Environment, folder: &Path) -> Option<Self> {
        let rustc = Rustc::query(environment, &folder.join("rustc"))?;
        let cargo = folder.join("cargo");
        environment.program(DISTRIBUTION_LINKER)?;
        let can_build = rustc.has_source() && rustc.is_new_enough() && cargo.is_file();
        can_build.then_some(Self {
            cargo,
            rustc,
            builds_core: true,
        })
    }

    /// The compiler.
    #[must_use]
    pub fn rustc(&self) -> &Rustc {
        &self.rustc
    }

    /// Whether `core` must be built from its source.
    #[must_use]
    pub fn builds_core(&self) -> bool {
        self.builds_core
    }

    /// The program of cargo.
    #[must_use]
    pub fn cargo_path(&self) -> &Path {
        &self.cargo
    }

    /// Cargo, with nothing in its environment that changes images.
    #[must_use]
    pub fn cargo(&self, environment: &Environment) -> CommandSpec {
        let mut cargo = CommandSpec::new([&self.cargo]);
        cargo.env = environment
            .variables
            .iter()
            .filter(|name| changes_images(name))
            .map(|name| (name.clone(), None))
            .collect();
        if let Some(folder) = &environment.target_folder {
            cargo
                .env
                .push(("CARGO_TARGET_DIR".into(), Some(folder.clone().into())));
        }
        if let Some(color) = environment.color {
            cargo = cargo.env("CARGO_TERM_COLOR", Some(color));
        }
        if self.builds_core {
            cargo
                .env
                .push(("RUSTC".into(), Some(self.rustc.path.clone().into())));
            cargo = cargo
                .env("RUSTC_BOOTSTRAP", Some("1"))
                .env("FLIP_LINK_LINKER", Some(DISTRIBUTION_LINKER));
        }
        cargo
    }
}

/// Whether a variable of this name changes what is built from the same sources: it overrides a
/// setting of cargo's files, of the compiler, or of defmt.
fn changes_images(name: &OsStr) -> bool {
    const EXACTLY: [&str; 9] = [
        "RUSTC",
        "RUSTC_BOOTSTRAP",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_INCREMENTAL",
        "DEFMT_LOG",
        "FLIP_LINK_LINKER",
        "SOURCE_DATE_EPOCH",
    ];
    const BEGINNINGS: [&str; 4] = [
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_THUMB",
        "CARGO_UNSTABLE_",
    ];
    // These change how a build is done, and not its result.
    const HARMLESS: [&str; 3] = [
        "CARGO_BUILD_JOBS",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_BUILD_BUILD_DIR",
    ];
    let Some(name) = name.to_str() else {
        return false;
    };
    let begins = BEGINNINGS
        .iter()
        .any(|beginning| name.starts_with(beginning));
    EXACTLY.contains(&name) || begins && !HARMLESS.contains(&name)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_two_numbers() {
        assert!(major_minor("1.100.0") > major_minor("1.89"));
        assert!(major_minor("1.85.0") < major_minor("1.89"));
        assert!(major_minor("nightly") < major_minor("1.0"));
    }

    #[test]
    fn only_variables_that_change_images_are_removed_for_cargo() {
        let toolchain = RustToolchain {
            cargo: "cargo".into(),
            rustc: Rustc {
                path: "rustc".into(),
                version: String::new(),
                commit: None,
                host: String::new(),
                sysroot: PathBuf::new(),
            },
            builds_core: false,
        };
        let names = [
            "PATH",
            "DEFMT_LOG",
            "CARGO_PROFILE_RELEASE_OPT_LEVEL",
            "CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "CARGO_BUILD_RUSTFLAGS",
        ];
        let environment = Environment {
            variables: names.map(OsString::from).into(),
            ..Environment::default()
        };
        assert_eq!(
            toolchain.cargo(&environment).to_string(),
            "DEFMT_LOG= CARGO_PROFILE_RELEASE_OPT_LEVEL= \
             CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS= CARGO_BUILD_RUSTFLAGS= cargo"
        );
    }
}
