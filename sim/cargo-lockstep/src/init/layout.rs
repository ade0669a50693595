//! Where the simulator of a project is, and how it is called.

use std::path::{Path, PathBuf};

use crate::cargo::{Cargo, CargoError};
use crate::inspect::Found;

/// The folder of a package beside the firmware.
pub(crate) const BESIDE: &str = "lockstep";

/// What calls the programs of a project from anywhere inside it, whatever cargo is set to.
pub(crate) const PASS_THROUGH: &str = "cargo lockstep";

/// The test that holds the goldens.
pub(crate) const TEST: &str = "scenarios";

/// Where the simulator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// In the package of the core: an example and a test of it, which boards do not build.
    Inside,
    /// In a package and workspace of its own, where no setting of the firmware reaches it.
    Beside,
}

/// What stands between `cargo run` and what is run, for a package beside the firmware in this folder.
pub(crate) fn selection_beside(found: &Found, folder: &str) -> Result<String, CargoError> {
    let target = match found.config.target {
        Some(_) => format!("--target {} ", Cargo::in_folder(&found.root).host_target()?),
        None => String::new(),
    };
    Ok(format!("--manifest-path {folder}/Cargo.toml {target}"))
}

/// Where the simulator of a project is, and how it is called from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) placement: Placement,
    /// The folder of its package, from the root.
    pub(crate) package: PathBuf,
    /// What stands between `cargo run` and what is run.
    selection: String,
    /// Whether cargo, called plainly, could not build it: it would get flags that are for a board.
    needs_pass_through: bool,
}

impl Layout {
    pub(crate) fn of(found: &Found, embassy: bool) -> Result<Self, CargoError> {
        let core = &found.package;
        let is_inside = core.runs_on_host() && found.config.target.is_none() && !embassy;
        let is_flagged = found.config.has_rustflags;
        if is_inside {
            let package = core
                .folder
                .strip_prefix(&found.root)
                .unwrap_or(Path::new(""));
            return Ok(Self {
                placement: Placement::Inside,
                package: package.to_owned(),
                selection: match found.has_workspace {
                    true => format!("-p {} ", core.name),
                    false => String::new(),
                },
                needs_pass_through: is_flagged,
            });
        }
        Ok(Self {
            placement: Placement::Beside,
            package: BESIDE.into(),
            selection: selection_beside(found, BESIDE)?,
            needs_pass_through: is_flagged,
        })
    }

    /// The folder of the package as `lockstep.toml` has it.
    pub(crate) fn folder(&self) -> String {
        match self.package.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => self.package.display().to_string(),
        }
    }

    /// The folder of the scenarios as `lockstep.toml` has it.
    pub(crate) fn scenarios(&self) -> PathBuf {
        self.package.join("scenarios")
    }

    /// The file of the simulator.
    pub(crate) fn simulator(&self) -> PathBuf {
        self.package.join(match self.placement {
            Placement::Inside => "examples/sim.rs",
            Placement::Beside => "src/bin/sim.rs",
        })
    }

    /// What the alias `sim` stands for, unless cargo called plainly would not do.
    pub(crate) fn alias(&self) -> Option<String> {
        let kind = match self.placement {
            Placement::Inside => "--example",
            Placement::Beside => "--bin",
        };
        let alias = format!("run {}{kind} sim --", self.selection);
        (!self.needs_pass_through).then_some(alias)
    }

    /// The command of the test that holds the goldens.
    pub(crate) fn test_command(&self) -> String {
        match self.needs_pass_through {
            true => format!("{PASS_THROUGH} test"),
            false => format!("cargo test {}--test {TEST}", self.selection),
        }
    }
}
