//! What is needed from outside, what of it is there, and the command that adds the rest.

use std::fmt::Write;
use std::path::Path;

use super::Environment;
use super::rust::{self, FLIP_LINK, Rust, Rustc};

/// Something that is used from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is.
    pub what: String,
    /// The version of what was found, or where it comes from.
    pub found: Option<String>,
    /// What it is needed for.
    pub purpose: &'static str,
    /// Whether anything but a recipe of the documentation needs it.
    pub required: bool,
    /// The command that adds it.
    pub add: String,
}

impl Need {
    /// Whether something cannot be done without it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.required && self.found.is_none()
    }
}

/// Looks for everything that the images for these targets, and their tests, need.
#[must_use]
pub fn examine(environment: &Environment, targets: &[&str]) -> Vec<Need> {
    let rustc = environment
        .program("rustc")
        .and_then(|path| Rustc::ask(&path));
    let version = |name: &str| environment.program(name).map(|path| version_of(&path));
    let new_enough = rustc.as_ref().filter(|rustc| rustc.is_new_enough());
    let mut needs = vec![
        Need {
            what: match &rustc {
                Some(old) if new_enough.is_none() => {
                    format!("rustc {} ({} is too old)", rust::NEEDED, old.version)
                }
                _ => "rustc".to_owned(),
            },
            found: new_enough.map(|rustc| rustc.version.clone()),
            purpose: "everything",
            required: true,
            add: match &rustc {
                Some(_) => rust::UPDATE.to_owned(),
                None => rust::RUSTUP.to_owned(),
            },
        },
        Need {
            what: "cargo".to_owned(),
            found: version("cargo"),
            purpose: "everything",
            required: true,
            add: rust::RUSTUP.to_owned(),
        },
    ];
    let distribution = Rust::distribution(environment, Path::new("/usr/bin"));
    needs.extend(targets.iter().map(|target| Need {
        what: (*target).to_owned(),
        found: match (&rustc, &distribution) {
            (Some(rustc), _) if rustc.has_target(target) => Some("in the sysroot".to_owned()),
            (_, Some(rust)) => Some(format!("source of core {}", rust.rustc().version)),
            _ => None,
        },
        purpose: "images",
        required: true,
        add: rust::add_target(target),
    }));
    let llvm_tools = rustc.as_ref().and_then(|rustc| {
        let tools = rustc
            .sysroot
            .join("lib/rustlib")
            .join(&rustc.host)
            .join("bin");
        let size = tools.join(format!("llvm-size{}", std::env::consts::EXE_SUFFIX));
        size.is_file().then(|| "in the sysroot".to_owned())
    });
    needs.extend([("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")].map(
        |(component, program)| {
            Need {
                what: component.to_owned(),
                // rustup puts a program there whether or not it has the component.
                found: environment
                    .program(program)
                    .and_then(|path| rust::output(&path, &["--version"]))
                    .map(|told| version_in(&told)),
                purpose: "verify",
                required: true,
                add: format!("rustup component add {component}"),
            }
        },
    ));
    needs.extend([
        Need {
            what: FLIP_LINK.to_owned(),
            // It has no option that tells its version.
            found: environment.program(FLIP_LINK).map(|_| "in PATH".to_owned()),
            purpose: "images",
            required: true,
            add: "cargo install flip-link --locked".to_owned(),
        },
        Need {
            what: "qemu-system-arm".to_owned(),
            found: version("qemu-system-arm"),
            purpose: "virtual board",
            required: true,
            add: "apt-get install qemu-system-arm".to_owned(),
        },
        Need {
            what: "llvm-tools".to_owned(),
            found: llvm_tools,
            purpose: "recipes",
            required: false,
            add: "rustup component add llvm-tools".to_owned(),
        },
        Need {
            what: "cargo-binutils".to_owned(),
            found: version("cargo-size"),
            purpose: "recipes",
            required: false,
            add: "cargo install cargo-binutils --locked".to_owned(),
        },
    ]);
    needs
}

/// The first word of what the program says about its version that begins with a digit.
fn version_of(program: &Path) -> String {
    version_in(&rust::output(program, &["--version"]).unwrap_or_default())
}

fn version_in(told: &str) -> String {
    let mut words = told.lines().next().unwrap_or_default().split_whitespace();
    let version = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    version.unwrap_or("in PATH").to_owned()
}

/// A table for people.
#[must_use]
pub fn table(needs: &[Need]) -> String {
    let rows: Vec<[&str; 4]> = [["what", "found", "needed for", "command to add"]]
        .into_iter()
        .chain(needs.iter().map(|need| {
            let missing = if need.required {
                "MISSING"
            } else {
                "not there"
            };
            let add = match need.found {
                Some(_) => "-",
                None => need.add.as_str(),
            };
            let found = need.found.as_deref().unwrap_or(missing);
            [need.what.as_str(), found, need.purpose, add]
        }))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut table = String::new();
    for [what, found, purpose, add] in &rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{what:0$}  {found:1$}  {purpose:2$}  {add}",
            widths[0], widths[1], widths[2]
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_is_everything_is_missing_and_has_its_command() {
        let needs = examine(&Environment::default(), &["thumbv6m-none-eabi"]);
        let missing: Vec<_> = needs.iter().filter(|need| need.is_missing()).collect();
        let named = |what: &str| missing.iter().any(|need| need.what == what);
        assert!(named("rustc") && named(FLIP_LINK) && named("qemu-system-arm"));
        let table = table(&needs);
        assert!(table.contains("MISSING"), "{table}");
        assert!(
            table.contains("cargo install flip-link --locked"),
            "{table}"
        );
    }

    #[test]
    fn what_is_there_needs_no_command() {
        let need = Need {
            what: "tool".to_owned(),
            found: Some("1.2".to_owned()),
            purpose: "all",
            required: true,
            add: "add tool".to_owned(),
        };
        assert!(!need.is_missing());
        assert_eq!(
            table(&[need]),
            "what  found  needed for  command to add\ntool  1.2    all         -\n"
        );
    }
}
