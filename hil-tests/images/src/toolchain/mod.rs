//! The tools that are used from outside: which are there, and the command that adds one.

pub mod doctor;
pub mod rust;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where tools are looked for: what the process was told by its environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The folders programs are in, as `PATH` lists them.
    pub path: OsString,
    /// Where cargo keeps the sources of dependencies, if it is known.
    pub cargo_home: Option<PathBuf>,
    /// The program `hil`, which cargo runs as [`wrapper`](crate::images::wrapper).
    pub wrapper: Option<PathBuf>,
    /// The names of all variables that are set.
    pub variables: Vec<OsString>,
    /// When cargo is to use colour, if that was said: `always` or `never`.
    pub colour: Option<&'static str>,
    /// Becomes true once somebody interrupts the process.
    pub interrupted: Arc<AtomicBool>,
}

impl Environment {
    /// The program of this name, if it is in one of the folders.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path)
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|path| path.is_file())
    }
}

/// A tool that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What it is.
    pub what: String,
    /// The command that adds it.
    pub add: String,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is missing: `{}` adds it", self.what, self.add)
    }
}
