//! Keypads of which one number is another by one.

use lockstep_apps::keypad::{Keypad, Tuning};
use lockstep_core::time::Instant;
use lockstep_engine::capabilities::Capabilities;
use lockstep_engine::registry::{AppEntry, Mutant};

use crate::by_one::{ByOne, mutants, numbers};

/// All keypads of which one number is one more, or one less.
pub(crate) fn keypad_mutants() -> Vec<Mutant> {
    let numbers = numbers![
        Tuning;
        settle, most_codes, first_usage, error_roll_over, left_shift
    ];
    mutants(Tuning::SHIPPED, numbers, with_tuning)
}

fn with_tuning(tuning: &'static Tuning) -> AppEntry {
    AppEntry::with_builder(
        move |clock| Some(Keypad::with_tuning_at(tuning, clock)),
        move || Keypad::with_tuning_at(tuning, Instant::ZERO),
        Capabilities::<Keypad>::none()
            .with_copies()
            .with_state()
            .with_comparison(),
    )
}
