//! Environment variables about probes, with the names and meanings that probe-rs's own command
//! line gives them.
//!
//! They apply to every bench with a real probe: a virtual board brings its own.

use std::ffi::OsString;

use lockstep_engine::sanitize::excerpt;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};
use thiserror::Error;

use super::read::{MAX_SPEED, is_name, selector};
use super::{Bench, Probe};

/// Which probe: VID:PID or VID:PID:SERIAL.
pub const PROBE: &str = "PROBE_RS_PROBE";
/// Which chip.
pub const CHIP: &str = "PROBE_RS_CHIP";
/// The clock between probe and chip, in kHz.
pub const SPEED: &str = "PROBE_RS_SPEED";
/// The protocol between them: `swd` or `jtag`.
pub const PROTOCOL: &str = "PROBE_RS_PROTOCOL";
/// Whether the chip is held in reset while the probe attaches: `true` or `false`.
pub const CONNECT_UNDER_RESET: &str = "PROBE_RS_CONNECT_UNDER_RESET";

/// A variable with a value that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error("`{variable}` is `{}`: expected {expected}", excerpt(.value))]
pub struct OverrideError {
    /// Its name.
    pub variable: &'static str,
    /// Its value.
    pub value: String,
    /// What was expected.
    pub expected: String,
}

/// Values that win over those of bench files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    probe: Option<DebugProbeSelector>,
    chip: Option<String>,
    speed: Option<u32>,
    protocol: Option<WireProtocol>,
    connect_under_reset: Option<bool>,
}

impl Overrides {
    /// Reads the variables; `variable` gives the value of one.
    ///
    /// # Errors
    ///
    /// The first that is not valid. As for probe-rs, an empty variable is set.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, OverrideError> {
        Ok(Self {
            probe: parsed(&variable, PROBE, "VID:PID or VID:PID:SERIAL", |text| {
                selector(text).ok()
            })?,
            chip: parsed(&variable, CHIP, "the name of a chip", |text| {
                is_name(text).then(|| text.to_owned())
            })?,
            speed: parsed(
                &variable,
                SPEED,
                &format!("a number of kHz from 1 to {MAX_SPEED}"),
                |text| {
                    let speed = text.parse().ok();
                    speed.filter(|speed| (1..=MAX_SPEED).contains(speed))
                },
            )?,
            protocol: parsed(&variable, PROTOCOL, "`swd` or `jtag`", |text| {
                text.parse().ok()
            })?,
            connect_under_reset: parsed(
                &variable,
                CONNECT_UNDER_RESET,
                "`true` or `false`",
                |text| text.parse().ok(),
            )?,
        })
    }

    /// Changes the bench. Prefixes of serial numbers belong to one kind of probe: they do not
    /// hold for another kind.
    pub fn apply(&self, bench: &mut Bench) {
        let Probe::Real(probe) = &mut bench.probe else {
            return;
        };
        if let Some(selector) = &self.probe {
            let kind = |of: &DebugProbeSelector| (of.vendor_id, of.product_id);
            if kind(selector) != kind(&probe.selector) {
                probe.serial_prefixes.clear();
            }
            probe.selector = selector.clone();
        }
        if let Some(chip) = &self.chip {
            bench.chip.clone_from(chip);
        }
        bench.speed = self.speed.or(bench.speed);
        bench.protocol = self.protocol.unwrap_or(bench.protocol);
        bench.connect_under_reset = self
            .connect_under_reset
            .unwrap_or(bench.connect_under_reset);
    }
}

fn parsed<T>(
    variable: impl Fn(&str) -> Option<OsString>,
    name: &'static str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, OverrideError> {
    let Some(value) = variable(name) else {
        return Ok(None);
    };
    match value.to_str().and_then(parse) {
        Some(value) => Ok(Some(value)),
        None => Err(OverrideError {
            variable: name,
            value: value.to_string_lossy().into_owned(),
            expected: expected.to_owned(),
        }),
    }
}
