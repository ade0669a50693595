//! Where this repository is, and the environment that builds its images.

use std::env;
use std::path::{Path, PathBuf};

use lockstep_images::toolchain::Environment;

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
