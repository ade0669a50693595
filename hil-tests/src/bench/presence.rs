//! Which of the probes that are plugged in is that of a bench.

use probe_rs::probe::{DebugProbeInfo, DebugProbeSelector};
use thiserror::Error;

use super::RealProbe;

/// No probe can be taken for a bench: a reason to skip it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Absent {
    /// Nothing that is plugged in is like it.
    #[error("no probe `{selector}`{} is plugged in", beginning(.serials))]
    None {
        /// What was looked for.
        selector: String,
        /// How its serial number may begin.
        serials: Vec<String>,
    },
    /// More than one is like it.
    #[error(
        "{} probes are like `{selector}`: {}; name one with its serial number",
        .found.len(), .found.join(", ")
    )]
    Several {
        /// What was looked for.
        selector: String,
        /// All that are like it.
        found: Vec<String>,
    },
}

fn beginning(serials: &[String]) -> String {
    match serials {
        [] => String::new(),
        serials => format!(
            " with a serial number that begins with {}",
            serials.join(" or ")
        ),
    }
}

/// The one probe that is like the one looked for, named by its serial number.
///
/// # Errors
///
/// That there is none, or more than one.
pub fn resolve(
    wanted: &RealProbe,
    plugged_in: &[DebugProbeInfo],
) -> Result<DebugProbeSelector, Absent> {
    let begins = |info: &DebugProbeInfo| {
        let serial = info.serial_number.as_deref().unwrap_or_default();
        let mut serials = wanted.serials.iter();
        wanted.serials.is_empty() || serials.any(|begin| serial.starts_with(begin))
    };
    let fits = |info: &&DebugProbeInfo| wanted.selector.matches_probe(info) && begins(info);
    let mut found: Vec<DebugProbeSelector> = Vec::new();
    for info in plugged_in.iter().filter(fits) {
        let mut selector = DebugProbeSelector::from(info);
        // One probe may be found at several of its interfaces.
        selector.interface = wanted.selector.interface;
        if !found.contains(&selector) {
            found.push(selector);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Absent::None {
            selector: wanted.selector.to_string(),
            serials: wanted.serials.clone(),
        }),
        several => Err(Absent::Several {
            selector: wanted.selector.to_string(),
            found: several.iter().map(ToString::to_string).collect(),
        }),
    }
}
