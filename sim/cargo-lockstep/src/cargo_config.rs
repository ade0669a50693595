//! What `.cargo/config.toml` says: the target that everything is built for, and aliases.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

/// The settings of cargo that count in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CargoConfig {
    /// The target that everything is built for, if it is not that of the host.
    pub(crate) target: Option<String>,
    /// Whether flags for rustc are set for whatever is built.
    pub(crate) has_rustflags: bool,
    /// The chip of `probe-rs run --chip …`.
    pub(crate) chip: Option<String>,
}

impl CargoConfig {
    /// As cargo finds them: the nearest file counts.
    pub(crate) fn around(folder: &Path) -> Self {
        let mut config = Self::default();
        for folder in folder.ancestors() {
            let Some(text) = fs::read_to_string(path(folder)).ok() else {
                continue;
            };
            let Ok(document) = text.parse::<DocumentMut>() else {
                // Cargo itself says what is wrong with it.
                continue;
            };
            let build = document.get("build");
            let target = build.and_then(|build| first_text(build.get("target")?));
            config.target = config.target.or(target);
            config.has_rustflags |= build.is_some_and(|build| build.get("rustflags").is_some());
            config.chip = config.chip.or_else(|| chip(&document));
        }
        config.target = config.target.filter(|target| is_bare(target));
        config
    }
}

/// The file of a folder; cargo takes the name without an extension first.
pub(crate) fn path(folder: &Path) -> PathBuf {
    let folder = folder.join(".cargo");
    let old = folder.join("config");
    match old.is_file() {
        true => old,
        false => folder.join("config.toml"),
    }
}

/// Whether a target has no operating system: nothing that is built for it runs here.
fn is_bare(target: &str) -> bool {
    target.contains("-none") || target.ends_with(".json")
}

fn first_text(item: &Item) -> Option<String> {
    match item.as_array() {
        Some(targets) => targets.iter().find_map(Value::as_str).map(str::to_owned),
        None => item.as_str().map(str::to_owned),
    }
}

/// The chip that the runner of a target names.
fn chip(document: &DocumentMut) -> Option<String> {
    let targets = document.get("target")?.as_table_like()?;
    targets.iter().find_map(|(_, target)| {
        let runner = target.get("runner")?;
        let text = match runner.as_array() {
            Some(words) => {
                let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
                words.join(" ")
            }
            None => runner.as_str()?.to_owned(),
        };
        let text = text.replace("--chip=", "--chip ");
        let mut words = text.split_whitespace().skip_while(|it| *it != "--chip");
        let chip = words.nth(1)?;
        Some(chip.trim_matches(['"', '\'']).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> CargoConfig {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        fs::write(folder.path().join(".cargo/config.toml"), text).unwrap();
        CargoConfig::around(folder.path())
    }

    #[test]
    fn the_target_of_a_board_and_its_chip_are_found() {
        let found = config(
            "[build]\ntarget = \"thumbv6m-none-eabi\"\n\
             [target.thumbv6m-none-eabi]\nrunner = 'probe-rs run --chip \"RP2040\"'\n",
        );
        assert_eq!(found.target.as_deref(), Some("thumbv6m-none-eabi"));
        assert_eq!(found.chip.as_deref(), Some("RP2040"));
        assert!(!found.has_rustflags);
        let listed = config(
            "[build]\nrustflags = []\ntarget = [\"thumbv7em-none-eabi\"]\n\
             [target.'cfg(all())']\nrunner = [\"probe-rs\", \"run\", \"--chip=nRF52840_xxAA\"]\n",
        );
        assert_eq!(listed.target.as_deref(), Some("thumbv7em-none-eabi"));
        assert_eq!(listed.chip.as_deref(), Some("nRF52840_xxAA"));
        assert!(listed.has_rustflags);
    }

    #[test]
    fn a_target_that_runs_here_is_none_of_a_board() {
        let found = config("[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n");
        assert_eq!(found.target, None);
        assert_eq!(config("not toml"), CargoConfig::default());
    }
}
