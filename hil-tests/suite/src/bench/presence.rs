//! Which of the probes that are plugged in is that of a bench.

use std::net::SocketAddr;

use probe_rs::probe::{DebugProbeInfo, DebugProbeSelector};
use thiserror::Error;

use super::RealProbe;

/// VID and PID of Black Magic probes.
const BLACK_MAGIC: (u16, u16) = (0x1d50, 0x6018);

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

/// Whether it is a Black Magic probe, or one that speaks its protocol such as a virtual board's,
/// whose serial number is an address: probe-rs connects to that.
#[must_use]
pub fn is_on_network(selector: &DebugProbeSelector) -> bool {
    let is_black_magic = (selector.vendor_id, selector.product_id) == BLACK_MAGIC;
    let serial = selector.serial_number.as_deref();
    is_black_magic && serial.is_some_and(|serial| serial.parse::<SocketAddr>().is_ok())
}

/// The one probe that is like the one looked for, named by its serial number. One that is reached
/// over the network is taken by its word: whether it is there shows when it is opened.
///
/// # Errors
///
/// That there is none, or more than one.
pub fn resolve(
    wanted: &RealProbe,
    plugged_in: &[DebugProbeInfo],
) -> Result<DebugProbeSelector, Absent> {
    if is_on_network(&wanted.selector) {
        return Ok(wanted.selector.clone());
    }
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
