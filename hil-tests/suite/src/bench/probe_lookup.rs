//! Which of the probes that are plugged in belongs to a bench.

use std::net::SocketAddr;

use probe_rs::probe::{DebugProbeInfo, DebugProbeSelector};
use thiserror::Error;

use super::ProbeMatcher;

/// VID and PID of Black Magic probes.
const BLACK_MAGIC: (u16, u16) = (0x1d50, 0x6018);

/// The probe of a bench cannot be determined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProbeLookupError {
    /// No probe that is plugged in matches.
    #[error("no probe `{selector}`{} is plugged in", condition(.serial_prefixes))]
    #[non_exhaustive]
    NotFound {
        /// What was looked for.
        selector: String,
        /// The prefixes that its serial number may have.
        serial_prefixes: Vec<String>,
    },
    /// More than one probe matches.
    #[error(
        "{} probes match `{selector}`: {}; add the serial number of one to the bench file",
        .found.len(), .found.join(", ")
    )]
    #[non_exhaustive]
    Ambiguous {
        /// What was looked for.
        selector: String,
        /// All probes that match.
        found: Vec<String>,
    },
}

fn condition(serial_prefixes: &[String]) -> String {
    match serial_prefixes {
        [] => String::new(),
        prefixes => format!(
            " with a serial number that begins with {}",
            prefixes.join(" or ")
        ),
    }
}

/// Whether it is a Black Magic probe, or one with its protocol such as that of a virtual board,
/// whose serial number is a network address: probe-rs connects to that address.
#[must_use]
pub fn is_on_network(selector: &DebugProbeSelector) -> bool {
    let is_black_magic = (selector.vendor_id, selector.product_id) == BLACK_MAGIC;
    let serial = selector.serial_number.as_deref();
    is_black_magic && serial.is_some_and(|serial| serial.parse::<SocketAddr>().is_ok())
}

/// The one probe that matches, by its serial number. A probe on the network is not looked for:
/// whether it is there shows when it is opened.
///
/// # Errors
///
/// That there is none, or more than one.
pub fn resolve(
    wanted: &ProbeMatcher,
    plugged_in: &[DebugProbeInfo],
) -> Result<DebugProbeSelector, ProbeLookupError> {
    if is_on_network(&wanted.selector) {
        return Ok(wanted.selector.clone());
    }
    let begins = |info: &DebugProbeInfo| {
        let serial = info.serial_number.as_deref().unwrap_or_default();
        let mut prefixes = wanted.serial_prefixes.iter();
        wanted.serial_prefixes.is_empty() || prefixes.any(|prefix| serial.starts_with(prefix))
    };
    let matches = |info: &&DebugProbeInfo| wanted.selector.matches_probe(info) && begins(info);
    let mut found: Vec<DebugProbeSelector> = Vec::new();
    for info in plugged_in.iter().filter(matches) {
        let mut selector = DebugProbeSelector::from(info);
        // A probe may be listed once for each of its interfaces.
        selector.interface = wanted.selector.interface;
        if !found.contains(&selector) {
            found.push(selector);
        }
    }
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(ProbeLookupError::NotFound {
            selector: wanted.selector.to_string(),
            serial_prefixes: wanted.serial_prefixes.clone(),
        }),
        several => Err(ProbeLookupError::Ambiguous {
            selector: wanted.selector.to_string(),
            found: several.iter().map(ToString::to_string).collect(),
        }),
    }
}
