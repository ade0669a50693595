//! What the tests that build images share: the environment, and how a test is left out.

pub(crate) mod trial;

use std::env;
use std::path::{Path, PathBuf};

use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::rust::RustToolchain;

pub(crate) use trial::trial;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn environment() -> Environment {
    Environment {
        path: env::var_os("PATH").unwrap_or_default(),
        cargo_home: env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo"))),
        wrapper: Some(env!("CARGO_BIN_EXE_hil").into()),
        variables: env::vars_os().map(|(name, _)| name).collect(),
        ..Environment::default()
    }
}

/// Why images for this target cannot be built here, with the commands that change it.
pub(crate) fn missing(target: &str) -> Option<String> {
    let missing = RustToolchain::find(&environment(), target).err()?;
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    Some(missing.join("; "))
}
