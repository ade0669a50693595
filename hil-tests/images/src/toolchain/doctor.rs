//! What is required from outside, what of it is installed, and the command that installs the rest.

use std::path::Path;
use std::time::Duration;

use super::Environment;
use super::rust::{self, FLIP_LINK, RustToolchain, Rustc, major_minor};
use crate::process::Termination;
use crate::text_table;

/// How long a tool may take to print its version.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is shown where a tool does not print its version.
const IN_PATH: &str = "in PATH";

/// Where a component of Rust is.
const IN_SYSROOT: &str = "in the sysroot";

/// Something that is required from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// What it is, and what is wrong with what was found.
    pub name: String,
    /// The version of what was found, or where it is.
    pub found: Option<String>,
    /// What it is needed for.
    pub needed_for: &'static str,
    /// Whether anything but a recipe of the documentation needs it.
    pub required: bool,
    /// The command that installs it.
    pub install_command: String,
}

impl Requirement {
    /// Whether something cannot be done without it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.required && self.found.is_none()
    }
}

/// A program that is required, and how its version is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// The program, which prints its version for `--version`.
    pub program: &'static str,
    /// The oldest version that will do: the first two numbers.
    pub minimum: Option<(u64, u64)>,
    /// What it is needed for.
    pub needed_for: &'static str,
    /// Whether anything but a recipe of the documentation needs it.
    pub required: bool,
    /// The command that installs it.
    pub install_command: &'static str,
}

impl Tool {
    /// Looks for the tool. It must print its version within some seconds.
    #[must_use]
    pub fn check(&self, environment: &Environment) -> Requirement {
        let found = match environment.program(self.program) {
            Some(path) => self.judge(&environment.query(&path, &["--version"], QUERY_TIMEOUT)),
            None => Err(None),
        };
        Requirement {
            name: match &found {
                Err(Some(reason)) => format!("{} ({reason})", self.program),
                _ => self.program.to_owned(),
            },
            found: found.ok(),
            needed_for: self.needed_for,
            required: self.required,
            install_command: self.install_command.to_owned(),
        }
    }

    /// The version that the tool printed, or why it will not do.
    fn judge(&self, printed: &Result<String, Termination>) -> Result<String, Option<String>> {
        let version = match printed {
            Ok(text) => version_in(text),
            Err(Termination::TimedOut(timeout)) => {
                return Err(Some(format!("no answer within {} s", timeout.as_secs())));
            }
            Err(_) => None,
        };
        let Some((major, minor)) = self.minimum else {
            return Ok(version.unwrap_or(IN_PATH).to_owned());
        };
        match version.map(|version| (version, major_minor(version))) {
            Some((version, Some(numbers))) if numbers >= (major, minor) => Ok(version.to_owned()),
            Some((version, Some(_))) => Err(Some(format!(
                "{version} is too old: {major}.{minor} or newer is needed"
            ))),
            _ => Err(Some(format!(
                "it does not print its version: {major}.{minor} or newer is needed"
            ))),
        }
    }
}

/// Looks for everything that images for these targets and their tests need, and for these tools.
#[must_use]
pub fn check(environment: &Environment, targets: &[&str], tools: &[Tool]) -> Vec<Requirement> {
    let rustc = Rustc::in_path(environment);
    let mut requirements = vec![check_rustc(rustc.as_ref())];
    requirements.push(CARGO.check(environment));
    let distribution = RustToolchain::of_distribution(environment, Path::new(rust::DISTRIBUTION));
    requirements.extend(targets.iter().map(|target| Requirement {
        name: (*target).to_owned(),
        found: match (&rustc, &distribution) {
            (Some(rustc), _) if rustc.has_target(target) => Some(IN_SYSROOT.to_owned()),
            (_, Some(distribution)) => {
                let version = &distribution.rustc().version;
                Some(format!("source of core {version}"))
            }
            _ => None,
        },
        needed_for: "images",
        required: true,
        install_command: rust::add_target(target),
    }));
    requirements.extend(COMPONENTS.map(|component| check_component(environment, component)));
    requirements.push(Requirement {
        name: FLIP_LINK.to_owned(),
        // It has no option that prints its version.
        found: environment.program(FLIP_LINK).map(|_| IN_PATH.to_owned()),
        needed_for: "images",
        required: true,
        install_command: rust::INSTALL_FLIP_LINK.to_owned(),
    });
    requirements.extend(tools.iter().map(|tool| tool.check(environment)));
    requirements.push(Requirement {
        name: "llvm-tools".to_owned(),
        found: rustc
            .as_ref()
            .filter(|rustc| has_llvm_tools(rustc))
            .map(|_| IN_SYSROOT.to_owned()),
        needed_for: "recipes",
        required: false,
        install_command: "rustup component add llvm-tools".to_owned(),
    });
    requirements.push(Requirement {
        name: "cargo-binutils".to_owned(),
        ..CARGO_SIZE.check(environment)
    });
    requirements
}

const CARGO: Tool = Tool {
    program: "cargo",
    minimum: None,
    needed_for: "everything",
    required: true,
    install_command: rust::INSTALL_RUSTUP,
};

/// A program of `cargo-binutils`.
const CARGO_SIZE: Tool = Tool {
    program: "cargo-size",
    minimum: None,
    needed_for: "recipes",
    required: false,
    install_command: "cargo install cargo-binutils --locked",
};

/// Components of Rust that checks need, and a program of each.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")];

fn check_rustc(rustc: Option<&Rustc>) -> Requirement {
    let new_enough = rustc.filter(|rustc| rustc.is_new_enough());
    Requirement {
        name: match rustc {
            Some(rustc) if new_enough.is_none() => format!(
                "rustc ({} is too old: {} or newer is needed)",
                rustc.version,
                rust::MINIMUM_RUST
            ),
            _ => "rustc".to_owned(),
        },
        found: new_enough.map(|rustc| rustc.version.clone()),
        needed_for: "everything",
        required: true,
        install_command: match rustc {
            Some(_) => rust::UPDATE_RUST.to_owned(),
            None => rust::INSTALL_RUSTUP.to_owned(),
        },
    }
}

/// rustup installs the program of a component whether or not the component is there: only one
/// that answers counts.
fn check_component(environment: &Environment, (component, program): (&str, &str)) -> Requirement {
    let version = environment.program(program).and_then(|path| {
        let printed = environment.query(&path, &["--version"], rust::RUST_QUERY_TIMEOUT);
        printed.ok()
    });
    Requirement {
        name: component.to_owned(),
        found: version.map(|text| version_in(&text).unwrap_or(IN_PATH).to_owned()),
        needed_for: "verify",
        required: true,
        install_command: format!("rustup component add {component}"),
    }
}

fn has_llvm_tools(rustc: &Rustc) -> bool {
    let libraries = rustc.sysroot.join("lib/rustlib");
    let tools = libraries.join(&rustc.host).join("bin");
    tools.join("llvm-size").is_file()
}

/// The first word of the first line that begins with a digit.
fn version_in(text: &str) -> Option<&str> {
    let mut words = text.lines().next()?.split_whitespace();
    words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The requirements as a table for people.
#[must_use]
pub fn table(requirements: &[Requirement]) -> String {
    let mut table = text_table::new();
    table.set_header(["what", "found", "needed for", "command to add"]);
    for requirement in requirements {
        let missing = match requirement.required {
            true => "MISSING",
            false => "not there",
        };
        table.add_row([
            requirement.name.as_str(),
            requirement.found.as_deref().unwrap_or(missing),
            requirement.needed_for,
            match requirement.found {
                Some(_) => "-",
                None => &requirement.install_command,
            },
        ]);
    }
    text_table::render(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMULATOR: Tool = Tool {
        program: "emulator",
        minimum: Some((7, 2)),
        needed_for: "virtual board",
        required: true,
        install_command: "install emulator",
    };

    fn exited() -> Termination {
        Termination::Exited {
            code: 1,
            stderr_tail: Vec::new(),
        }
    }

    #[test]
    fn with_an_empty_path_everything_is_missing_and_has_its_command() {
        let requirements = check(
            &Environment::default(),
            &["thumbv6m-none-eabi"],
            &[EMULATOR],
        );
        let missing: Vec<_> = requirements
            .iter()
            .filter(|requirement| requirement.is_missing())
            .map(|requirement| requirement.name.as_str())
            .collect();
        let expected = [
            "rustc",
            "cargo",
            "thumbv6m-none-eabi",
            "rustfmt",
            "clippy",
            FLIP_LINK,
            "emulator",
        ];
        assert_eq!(missing, expected);
        let table = table(&requirements);
        assert!(table.contains("MISSING"), "{table}");
        assert!(table.contains(rust::INSTALL_FLIP_LINK), "{table}");
    }

    #[test]
    fn a_tool_must_print_a_version_that_is_new_enough() {
        let judge = |printed: &str| EMULATOR.judge(&Ok(printed.to_owned()));
        assert_eq!(
            judge("QEMU emulator version 7.2.22 (Debian 1:7.2)\nCopyright 2003"),
            Ok("7.2.22".to_owned())
        );
        assert_eq!(judge("emulator 10.0"), Ok("10.0".to_owned()));
        for (printed, reason) in [
            ("emulator 7.1.9", "7.1.9 is too old: 7.2 or newer is needed"),
            (
                "emulator",
                "it does not print its version: 7.2 or newer is needed",
            ),
        ] {
            assert_eq!(judge(printed), Err(Some(reason.to_owned())));
        }
        assert!(EMULATOR.judge(&Err(exited())).is_err());
        let timed_out = Err(Termination::TimedOut(Duration::from_secs(10)));
        assert_eq!(
            EMULATOR.judge(&timed_out),
            Err(Some("no answer within 10 s".to_owned()))
        );
    }

    #[test]
    fn a_tool_without_a_minimum_only_has_to_answer_in_time() {
        assert_eq!(
            CARGO.judge(&Ok("cargo 1.89.0".to_owned())),
            Ok("1.89.0".to_owned())
        );
        assert_eq!(CARGO.judge(&Err(exited())), Ok(IN_PATH.to_owned()));
        let timed_out = Err(Termination::TimedOut(Duration::from_secs(10)));
        assert!(CARGO.judge(&timed_out).is_err());
    }

    #[test]
    fn what_is_installed_needs_no_command() {
        let requirement = Requirement {
            name: "tool".to_owned(),
            found: Some("1.2".to_owned()),
            needed_for: "all",
            required: true,
            install_command: "add tool".to_owned(),
        };
        assert!(!requirement.is_missing());
        assert_eq!(
            table(&[requirement]),
            "what  found  needed for  command to add\ntool  1.2    all         -\n"
        );
    }
}
