//! What the tests that build images share: the environment, and how a test is left out.

mod environment;
pub(crate) mod trial;

use lockstep_images::toolchain::rust::RustToolchain;

pub(crate) use environment::{environment, root};
pub(crate) use trial::trial;

/// Why images for this target cannot be built here, with the commands that change it.
pub(crate) fn missing(target: &str) -> Option<String> {
    let missing = RustToolchain::find(&environment(), target).err()?;
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    Some(missing.join("; "))
}
