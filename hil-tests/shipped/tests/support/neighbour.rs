//! How images of other projects are built: what they have in common with the boards of this repository is
//! built once.

use std::fs;
use std::path::PathBuf;

use lockstep_images::toolchain::Environment;

use super::support;

/// Where the boards of this repository are built.
pub(crate) fn boards_target() -> PathBuf {
    // The builds are in other folders.
    let root = fs::canonicalize(support::root()).unwrap();
    root.join("firmware-core/boards/target")
}

/// The environment that builds images of another project.
pub(crate) fn environment() -> Environment {
    Environment {
        target_folder: Some(boards_target()),
        ..support::environment()
    }
}
