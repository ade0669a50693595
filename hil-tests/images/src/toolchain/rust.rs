//! Which Rust builds images: one with their target, or a distribution's with the source of `core`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Environment, Missing};
use crate::process::Call;

/// The linker that puts the stack below everything else.
pub const FLIP_LINK: &str = "flip-link";

/// The command that adds Rust, as <https://rustup.rs> has it.
pub const RUSTUP: &str = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh";

/// The oldest Rust that builds images.
pub const NEEDED: &str = env!("CARGO_PKG_RUST_VERSION");

/// The command that gives rustup's Rust its newest version.
pub const UPDATE: &str = "rustup update";

/// The linker of distributions.
const DISTRIBUTION_LINKER: &str = "ld.lld";

/// Where distributions put their Rust.
const DISTRIBUTION: &str = "/usr/bin";

/// A Rust that can build images for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rust {
    cargo: PathBuf,
    rustc: Rustc,
    /// Whether `core` must be built from its source.
    builds_core: bool,
}

/// A compiler, and what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rustc {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, without its name.
    pub version: String,
    /// The commit it was built from, if it knows.
    pub commit: Option<String>,
    /// The machine it runs on.
    pub host: String,
    /// Its folder of libraries and tools.
    pub sysroot: PathBuf,
}

impl Rustc {
    /// Asks a compiler about itself.
    #[must_use]
    pub fn ask(path: &Path) -> Option<Self> {
        let told = output(path, &["-vV"])?;
        let line = |key: &str| told.lines().find_map(|line| line.strip_prefix(key));
        let known = |text: &&str| *text != "unknown";
        Some(Self {
            path: path.to_owned(),
            version: line("release: ")?.to_owned(),
            commit: line("commit-hash: ").filter(known).map(str::to_owned),
            host: line("host: ")?.to_owned(),
            sysroot: output(path, &["--print", "sysroot"])?.trim().into(),
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

    /// Whether it is not older than the Rust that this was written for.
    #[must_use]
    pub fn is_new_enough(&self) -> bool {
        self.is_at_least(NEEDED)
    }

    /// Whether it is this version or a newer one.
    #[must_use]
    pub fn is_at_least(&self, version: &str) -> bool {
        numbers(&self.version) >= numbers(version)
    }

    /// Whether it has the source of `core`.
    #[must_use]
    pub fn has_source(&self) -> bool {
        self.source().join("library/core").is_dir()
    }

    /// Where the source of `core` would be.
    #[must_use]
    pub fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// What a program prints, if it succeeds.
pub(super) fn output(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// The command that adds a target to Rust.
#[must_use]
pub fn add_target(target: &str) -> String {
    format!("rustup target add {target}")
}

impl Rust {
    /// The Rust that builds for this target, with the linker it needs.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn find(environment: &Environment, target: &str) -> Result<Self, Vec<Missing>> {
        let rust = Self::with_target(environment, target)
            .or_else(|| Self::distribution(environment, Path::new(DISTRIBUTION)));
        let mut missing = Vec::new();
        if rust.is_none() {
            missing.push(Self::lacking(environment, target));
        }
        if environment.program(FLIP_LINK).is_none() {
            missing.push(Missing {
                what: FLIP_LINK.to_owned(),
                add: "cargo install flip-link --locked".to_owned(),
            });
        }
        match rust {
            Some(rust) if missing.is_empty() => Ok(rust),
            _ => Err(missing),
        }
    }

    /// What keeps the Rust in `PATH` from building for this target.
    fn lacking(environment: &Environment, target: &str) -> Missing {
        let absent = |name: &&&str| environment.program(name).is_none();
        let add_target = add_target(target);
        if let Some(name) = ["rustc", "cargo", "rustup"].iter().find(absent) {
            return Missing {
                what: (*name).to_owned(),
                add: format!("{RUSTUP}; {add_target}"),
            };
        }
        let rustc = environment.program("rustc");
        match rustc.and_then(|path| Rustc::ask(&path)) {
            Some(rustc) if !rustc.is_new_enough() => Missing {
                what: format!("Rust {NEEDED} (there is {})", rustc.version),
                add: format!("{UPDATE}; {add_target}"),
            },
            _ => Missing {
                what: format!("a Rust that builds for {target}"),
                add: add_target,
            },
        }
    }

    fn with_target(environment: &Environment, target: &str) -> Option<Self> {
        let rustc = Rustc::ask(&environment.program("rustc")?)?;
        (rustc.has_target(target) && rustc.is_new_enough()).then_some(())?;
        Some(Self {
            cargo: environment.program("cargo")?,
            rustc,
            builds_core: false,
        })
    }

    /// One without targets, but with the source of `core` and a linker of its own.
    pub(super) fn distribution(environment: &Environment, folder: &Path) -> Option<Self> {
        let rustc = Rustc::ask(&folder.join("rustc"))?;
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

    /// Cargo, with nothing in its environment that changes images.
    #[must_use]
    pub fn cargo(&self, environment: &Environment) -> Call {
        let set = environment.variables.iter();
        let mut call = Call::new([&self.cargo]);
        call.variables = set
            .filter(|name| changes_images(name))
            .map(|name| (name.clone(), None))
            .collect();
        if let Some(colour) = environment.colour {
            call = call.with("CARGO_TERM_COLOR", Some(colour));
        }
        if self.builds_core {
            call.variables
                .push(("RUSTC".into(), Some(self.rustc.path.clone().into())));
            call = call
                .with("RUSTC_BOOTSTRAP", Some("1"))
                .with("FLIP_LINK_LINKER", Some(DISTRIBUTION_LINKER));
        }
        call
    }
}

/// Whether a variable of this name would make other images of the same sources: those that
/// replace settings of cargo's files, of the compiler, and of defmt.
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
    // These say how a build is done, and not what comes of it.
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
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("1.100.0") > numbers("1.89"));
        assert!(numbers("1.85.0") < numbers("1.89"));
        assert!(numbers("nightly") < numbers("1.0"));
    }

    #[test]
    fn what_changes_images_is_taken_out_of_the_environment_and_nothing_else() {
        let rust = Rust {
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
            rust.cargo(&environment).to_string(),
            "DEFMT_LOG= CARGO_PROFILE_RELEASE_OPT_LEVEL= \
             CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS= CARGO_BUILD_RUSTFLAGS= cargo"
        );
    }
}
