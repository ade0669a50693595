//! A test that cannot run here is ignored, with its reason beside its name, or fails where its bench
//! is required.

use std::env;

use libtest_mimic::{Failed, Trial};
use lockstep_hil::bench::VIRTUAL;
use lockstep_hil::bench::required::{REQUIRE, RequiredBenches};

/// How much of a reason stands beside the name of a test.
const SHORT: usize = 120;

/// The benches whose tests must run.
pub(crate) fn required() -> RequiredBenches {
    RequiredBenches::parse(env::var_os(REQUIRE))
}

/// A test on the virtual board that runs if nothing is missing. Otherwise it is ignored, or fails
/// where the virtual board is required.
pub(crate) fn trial(
    name: String,
    missing: Option<String>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let Some(reason) = missing else {
        return Trial::test(name, test);
    };
    if required().contains(VIRTUAL) {
        let failure = format!("{REQUIRE} names `{VIRTUAL}`, but {reason}");
        return Trial::test(name, move || Err(failure.into()));
    }
    ignored(&name, &reason)
}

/// A test that does not run here, and why.
pub(crate) fn ignored(name: &str, reason: &str) -> Trial {
    let failure = format!("not run: {reason}");
    // With `--include-ignored` what does not run must not pass.
    Trial::test(name, || Err(failure.into()))
        .with_ignored_flag(true)
        .with_kind(reason.chars().take(SHORT).collect::<String>())
}
