//! Benches: one described board each, and the probe that reaches it.
//!
//! - [`read`]: a bench file becomes a [`Bench`], or every problem in it with its place.
//! - [`find`]: the bench files of folders.
//! - [`overrides`]: what the environment says instead, as it says it to `probe-rs`.
//! - [`presence`]: which plugged-in probe is that of a bench.
//! - [`lock`]: one process a probe.
//! - [`plan`]: which tests a set of benches and scenarios makes.

mod fields;
pub mod find;
pub mod inputs;
pub mod lock;
pub mod overrides;
pub mod plan;
pub mod presence;
pub mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use lockstep_core::time::Ticks;
use lockstep_pins::Pin;
use probe_rs::probe::{DebugProbeSelector, WireProtocol};

use lockstep_images::board::Board;

/// The ending of bench files.
pub const BENCH: &str = "toml";

/// A described board, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bench {
    /// Its name: that of its file, without the ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The board.
    pub board: Board,
    /// The chip, as probe-rs names it.
    pub chip: String,
    /// What reaches the board.
    pub probe: Probe,
    /// What the probe speaks to the chip.
    pub protocol: WireProtocol,
    /// The clock of that, in kHz; the probe's own choice where nothing is said.
    pub speed: Option<u32>,
    /// Whether the chip is held in reset while the probe attaches.
    pub connect_under_reset: bool,
    /// The pins of the board that jumpers join to its inputs, by input.
    pub wiring: BTreeMap<Pin, Pin>,
    /// How far from its tick a pin may be seen to move.
    pub tolerance: Ticks,
    /// What cannot be done here.
    pub cannot: BTreeSet<Ability>,
}

/// What reaches a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The probe of a virtual board, which is started for the bench.
    Virtual,
    /// A probe that is plugged in.
    Real(RealProbe),
}

/// A probe as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealProbe {
    /// Its kind, and its serial number where it matters.
    pub selector: DebugProbeSelector,
    /// How its serial number may begin; in any way where nothing is said.
    pub serials: Vec<String>,
}

/// What a bench can do unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Pressing buttons at their pins.
    Pins,
    /// Reading levels from the registers of the chip, through the probe.
    Register,
    /// Sampling levels from outside the chip.
    Outside,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pins, Self::Register, Self::Outside];

    /// The word for it in a bench file.
    #[must_use]
    pub const fn word(self) -> &'static str {
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

/// The word for a virtual board's probe in a bench file.
pub const VIRTUAL: &str = "virtual";
