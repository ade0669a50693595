//! The enums of the lamp's state, for questions.

use lockstep_core::modes::{Mode as Enum, Modes};

use super::pattern::Pattern;
use super::{Lamp, Mode};

impl Modes for Lamp {
    const MODES: &'static [Enum] = &[
        Enum::new("mode", &["working", "safe"]),
        Enum::new("phase", Pattern::PHASES),
    ];

    fn variant(&self, mode: usize) -> usize {
        match (&self.mode, mode) {
            (Mode::Working { .. }, 0) => 0,
            (Mode::Safe(_), 0) => 1,
            (Mode::Working { light, .. }, _) => light.pattern_phase(),
            // It has no pattern there: that of a lamp that was just reset.
            (Mode::Safe(_), _) => Pattern::steady().phase(),
        }
    }
}
