//! Benches: each describes one board and the probe that reaches it.
//!
//! - [`read`]: a bench file becomes a [`Bench`], or every problem in it with its line.
//! - [`find`]: the bench files of folders.
//! - [`overrides`]: environment variables that win over bench files, named as for `probe-rs`.
//! - [`probe_lookup`]: which plugged-in probe belongs to a bench.
//! - [`lock`]: a probe is used by one process at a time.
//! - [`plan`]: which tests a set of benches and scenarios makes.
//! - [`required`]: the benches that must be usable.

pub mod board_pins;
mod diagnostics;
mod file;
pub mod find;
pub mod lock;
pub mod overrides;
pub mod plan;
pub mod probe_lookup;
pub mod read;
pub mod required;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use lockstep_core::time::RunTicks;
use lockstep_pins::Pin;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};

use lockstep_images::board::Board;

/// The extension of bench files.
pub const BENCH: &str = "toml";

/// A board, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Its name: that of its file, without the extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The board.
    pub board: Board,
    /// The chip, as probe-rs names it.
    pub chip: String,
    /// What reaches the board.
    pub probe: Probe,
    /// The protocol between probe and chip.
    pub protocol: WireProtocol,
    /// The clock between probe and chip, in kHz; the probe's default where it is not given.
    pub speed: Option<u32>,
    /// Whether the chip is held in reset while the probe attaches.
    pub connect_under_reset: bool,
    /// The pins of the board that jumpers connect to its inputs, by input.
    pub wiring: BTreeMap<Pin, Pin>,
    /// How far from its tick a pin may be seen to move.
    pub tolerance: RunTicks,
    /// The serial port of this computer that the UART of the board is wired to.
    pub uart: Option<PathBuf>,
    /// What this bench cannot do.
    pub missing_capabilities: BTreeSet<Capability>,
}

impl Bench {
    /// How far from its tick anything may be on firmware that keeps its own time; 0 for other firmware.
    #[must_use]
    pub fn own_time_tolerance(&self) -> RunTicks {
        RunTicks(self.board.tolerance.into())
    }
}

/// What reaches a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The probe of a virtual board, which is started for the bench.
    Virtual,
    /// A probe that is plugged in.
    Real(ProbeMatcher),
}

/// What identifies a probe that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeMatcher {
    /// Its kind, and its serial number where it matters.
    pub selector: DebugProbeSelector,
    /// The prefixes that its serial number may have; any where the list is empty.
    pub serial_prefixes: Vec<String>,
}

/// What a bench can do unless its file says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Pressing buttons at their pins.
    Pins,
    /// Reading levels from the registers of the chip, through the probe.
    Register,
    /// Sampling levels from outside the chip.
    Outside,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pins, Self::Register, Self::Outside];

    /// Its name in a bench file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pins => "pins",
            Self::Register => "register",
            Self::Outside => "outside",
        }
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Virtual => f.pad(VIRTUAL),
            Self::Real(probe) => f.pad(&probe.selector.to_string()),
        }
    }
}

/// The name of a virtual board's probe in a bench file.
pub const VIRTUAL: &str = "virtual";
