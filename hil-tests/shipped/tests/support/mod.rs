//! What the tests that build images share: the environment, and how a test is left out.

use std::env;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use lockstep_images::toolchain::Environment;
use lockstep_images::toolchain::rust::RustToolchain;

/// Names the worlds whose tests must run: one that cannot is then a failure.
pub(crate) const REQUIRE: &str = "LOCKSTEP_REQUIRE";

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

/// Whether tests of this world must run.
pub(crate) fn is_required(world: &str) -> bool {
    env::var(REQUIRE).is_ok_and(|worlds| worlds.split(',').any(|name| name.trim() == world))
}

/// A test that runs if nothing is missing. Otherwise it is ignored and says why, or fails
/// where it is required.
pub(crate) fn trial(
    name: String,
    missing: Option<String>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let Some(reason) = missing else {
        return Trial::test(name, test);
    };
    if is_required("virtual") {
        let failure = format!("{REQUIRE} names `virtual`, and {reason}");
        return Trial::test(name, move || Err(failure.into()));
    }
    eprintln!("skipped: {name}: {reason}");
    let skipped = format!("it is skipped: {reason}");
    // Whoever runs ignored tests all the same must not see a pass of what was not run.
    Trial::test(name, || Err(skipped.into())).with_ignored_flag(true)
}
